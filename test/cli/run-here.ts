import { Readable, Writable } from 'node:stream';
import { run } from '../../src/cli/run.ts';

/** A command line in this process. */
export const runHere = (...args: string[]) => runHereWith({}, ...args);

/** With variables of an environment. */
export async function runHereWith(env: Readonly<Record<string, string>>, ...args: string[]) {
  const output = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof output) =>
    new Writable({
      write(chunk, _encoding, done) {
        output[name] += String(chunk);
        done();
      },
    });
  const code = await run({ args, env, stdin: Readable.from([]), stdout: sink('stdout'), stderr: sink('stderr') });
  return { code, ...output };
}
