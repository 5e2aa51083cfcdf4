import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Failure, Kill } from './judge.ts';
import type { Place } from './marker-search.ts';

/** The processes of a run, and their end. */
export interface SoakCrew extends AsyncDisposable {
  /** Starts one more. */
  start(): Promise<void>;
  /** Ends one with SIGKILL, the named one or any, and starts another in its place. Undefined: there was none. */
  killOne(process?: string): Promise<Kill | undefined>;
  stop(): Promise<CrewReport>;
}

export interface CrewReport {
  readonly calls: number;
  /** Calls that were under way in a process when it was killed. */
  readonly cut: number;
  /** Tokens handed out after their end. */
  readonly spent: number;
  readonly failures: readonly Failure[];
  /** Processes that ended without being told to. */
  readonly crashed: number;
  /** Everything the processes gave away, those that were killed included. */
  readonly places: readonly Place[];
}

export interface Member {
  /** Its own, also among those that came before. */
  readonly name: string;
  readonly child: ChildProcess;
}

/** Processes whose output goes to files, so that nothing of it is lost with them. */
export function createMembers<Kind extends Member>(folder: string) {
  const running = new Map<string, Kind>();
  const children = new Set<ChildProcess>();
  let count = 0;
  let crashed = 0;
  let isEnding = false;
  const endAll = async (end: (child: ChildProcess) => void): Promise<void> => {
    isEnding = true;
    await Promise.all(
      [...children].map(async (child) => {
        const exit = once(child, 'exit');
        end(child);
        await exit;
      }),
    );
  };
  return {
    nextName: () => {
      count += 1;
      return `p${count}`;
    },
    async spawn(
      name: string,
      args: readonly string[],
      env: Readonly<Record<string, string>>,
      stdio: readonly 'ipc'[] = [],
    ) {
      await using output = await open(join(folder, `${name}.out`), 'a');
      const child = spawn(process.execPath, [...args], {
        cwd: folder,
        env: { ...process.env, ...env },
        stdio: ['ignore', output.fd, output.fd, ...stdio],
      });
      children.add(child);
      child.once('exit', (code) => {
        children.delete(child);
        // Who was ended by a signal has no code.
        if (code !== null && (code !== 0 || !isEnding)) crashed += 1;
      });
      return child;
    },
    add: (member: Kind) => void running.set(member.name, member),
    any: (): Kind | undefined => [...running.values()][Math.floor(Math.random() * running.size)],
    all: (): readonly Kind[] => [...running.values()],
    /** The killed one is not given to callers any more, and gone when this returns. */
    async kill(member: Kind): Promise<Kill> {
      running.delete(member.name);
      const exit = once(member.child, 'exit');
      const at = Date.now();
      member.child.kill('SIGKILL');
      await exit;
      return { process: member.name, at, deadAt: Date.now() };
    },
    find: (name: string | undefined): Kind | undefined => (name === undefined ? undefined : running.get(name)),
    /** Those that are just starting too. */
    endAll,
    killAll: () => endAll((child) => void child.kill('SIGKILL')),
    crashed: () => crashed,
    outputs: (): Promise<Place[]> => readPlaces(folder, (name) => name.endsWith('.out')),
  };
}

/** The files of a folder as places to be searched. */
export async function readPlaces(folder: string, isWanted: (name: string) => boolean): Promise<Place[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const wanted = entries.filter((entry) => entry.isFile() && isWanted(entry.name));
  return Promise.all(
    wanted.map(async ({ parentPath, name }) => ({ name, text: await readFile(join(parentPath, name), 'latin1') })),
  );
}
