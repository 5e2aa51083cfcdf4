import { execFileSync, spawn } from 'node:child_process';
import { constants, createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { inTurns } from '../support/in-turns.ts';
import { readyLine } from './run-main.ts';

const MAIN = fileURLToPath(new URL('../../bin/gateway.js', import.meta.url));
/** Each makes a line of some 450 characters: together more than is kept for a reader that is behind. */
const REQUESTS = 2_200;
/** Enough to fill what the system keeps for a reader. */
const FEWER = 600;
const LONG_PATH = `/${'x'.repeat(250)}`;

interface Output extends AsyncDisposable {
  /** For the process's standard output. */
  readonly fd: number;
  readonly reader: Readable;
}

async function pipe(): Promise<Output> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-log-'));
  const path = join(folder, 'out');
  execFileSync('mkfifo', [path]);
  // Both ends at once, so that opening waits for nobody.
  const end = await open(path, constants.O_RDWR);
  const reader = createReadStream(path);
  return {
    fd: end.fd,
    reader,
    async [Symbol.asyncDispose]() {
      reader.destroy();
      await end.close();
      await rm(folder, { recursive: true });
    },
  };
}

test.each(['a pipe', 'a socket'])('a log that nobody reads, written to %s, delays nobody', async (kind) => {
  await using output = kind === 'a pipe' ? await pipe() : undefined;
  const child = spawn(process.execPath, [MAIN, 'serve'], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', output?.fd ?? 'pipe', 'inherit'],
  });
  await using stack = new AsyncDisposableStack();
  stack.defer(() => void child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const reader = output?.reader ?? child.stdout;
  if (!reader) throw new Error('there is nothing to read');
  let text = '';
  reader.on('data', (chunk) => {
    text += String(chunk);
  });
  await expect.poll(() => text).toContain('"msg":"ready"');
  const url = String(readyLine(text)['url']);

  reader.pause();
  const ask = async () => (await fetch(url + LONG_PATH)).text();
  await inTurns(REQUESTS, 8, ask);
  reader.resume();
  await expect.poll(() => text).toContain('log lines were dropped');
  reader.pause();
  await inTurns(FEWER, 8, ask);
  child.kill('SIGINT');
  const exited = await Promise.race([new Promise((resolve) => child.once('exit', resolve)), ended]);

  reader.resume();
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line));
  const told = lines.find(({ dropped }) => dropped !== undefined);
  const before = lines.slice(0, lines.indexOf(told)).filter(({ msg }) => msg === 'request');
  expect(exited).toBe(0);
  expect(told).toMatchObject({ level: 'warn', dropped: REQUESTS - before.length });
});
