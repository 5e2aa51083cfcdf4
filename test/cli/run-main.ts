import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../bin/gateway.js', import.meta.url));

export interface RunOptions {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningMain {
  /** Waits until it printed `words`. @returns all it printed so far */
  says(words: string): Promise<string>;
  /** Sends a signal and waits for the end. */
  stop(signal: NodeJS.Signals): Promise<RunResult>;
  readonly ended: Promise<RunResult>;
  readonly pid: number | undefined;
  /** What it printed so far. */
  output(): string;
}

/** The log line that says where everything is. */
export function readyLine(text: string): Record<string, unknown> {
  const line = text.split('\n').find((candidate) => candidate.includes('"msg":"ready"')) ?? '{}';
  return JSON.parse(line);
}

/** Whether something listens there. */
export const isReachable = (url: string): Promise<boolean> =>
  fetch(`${url}/healthz`, { headers: { connection: 'close' } }).then(
    () => true,
    () => false,
  );

/** The program in a process of its own, without the variables that would change what it does. */
export function startMain(args: readonly string[], { env = {}, stdin = '' }: RunOptions = {}): RunningMain {
  const { PORT: _port, HOST: _host, GATEWAY_CONFIG: _config, ...inherited } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...inherited, ...env } });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += String(chunk);
  });
  // A command that ends without reading what it is given closes the pipe: that is its right.
  child.stdin.on('error', () => {});
  child.stdin.end(stdin);
  const ended = new Promise<RunResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...output }));
  });
  return {
    ended,
    pid: child.pid,
    output: () => output.stdout,
    says: (words) =>
      new Promise((resolve, reject) => {
        const look = () => output.stdout.includes(words) && resolve(output.stdout);
        child.stdout.on('data', look);
        child.on('close', () => reject(new Error(`it ended without saying "${words}": ${output.stderr}`)));
        look();
      }),
    stop: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs it to its end. */
export function runMain(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return startMain(args, options).ended;
}
