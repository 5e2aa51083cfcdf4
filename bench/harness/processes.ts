import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface StartOptions {
  /** File descriptor for what it prints; left out, the caller reads it. */
  readonly output?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts processes and ends all of them together. */
export function createProcesses() {
  const children: ChildProcess[] = [];
  return {
    start(args: readonly string[], { output, env }: StartOptions = {}): ChildProcess {
      const child = spawn(process.execPath, args, {
        cwd: ROOT,
        stdio: ['ignore', output ?? 'pipe', 'inherit'],
        env: { ...process.env, ...env },
      });
      children.push(child);
      return child;
    },
    stop,
    async [Symbol.asyncDispose]() {
      await Promise.all(children.map(stop));
    },
  };
}

export type Processes = ReturnType<typeof createProcesses>;

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  // A peer that cannot end by itself ends all the same.
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(timer);
}

/** What a process prints first: here, where it listens. @throws Error when it ends without a word */
export async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('What this process prints is not read here.');
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    lines.close();
    child.stdout.resume();
    return line.trim();
  }
  throw new Error('A process of the comparison ended before it was ready.');
}

/** CPU time that a process has used, in ms, in steps of 10; NaN where there is no /proc. */
export const cpuMs = ({ pid }: ChildProcess): number => cpuMsOf(pid);

/** The same with its workers. */
export const cpuMsOfAll = ({ pid }: ChildProcess): number =>
  readProc(pid, `task/${pid}/children`)
    .split(' ')
    .filter(Boolean)
    .reduce((sum, worker) => sum + cpuMsOf(Number(worker)), cpuMsOf(pid));

function cpuMsOf(pid: number | undefined): number {
  const stat = readProc(pid, 'stat');
  // The name in parentheses may hold spaces; user and system time are the 12th and 13th behind it.
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return (Number(user) + Number(system)) * 10;
}

/** Resident memory of a process in MB; NaN where there is no /proc. */
export function residentMb({ pid }: ChildProcess): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readProc(pid, 'status'))?.[1]) / 1_024;
}

/** The most that was resident of a process since it began or since `forgetMostResident`, in MB; NaN where there is no /proc. */
export function mostResidentMb({ pid }: ChildProcess): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readProc(pid, 'status'))?.[1]) / 1_024;
}

/** The most from now on; where there is no /proc, or no right to it, nothing changes. */
export function forgetMostResident({ pid }: ChildProcess): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {}
}

function readProc(pid: number | undefined, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
