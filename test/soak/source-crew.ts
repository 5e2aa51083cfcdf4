import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMembers, type Member, type SoakCrew } from './crew.ts';
import type { Failure } from './judge.ts';

const PROGRAM = fileURLToPath(new URL('./soak-process.ts', import.meta.url));

export interface SourceCrewSettings {
  readonly vaultUrl: string;
  readonly vaultKey: string;
  readonly issuer: string;
  readonly tokenUrlOf: (process: string) => string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** In each process. */
  readonly callers: number;
  readonly leaseMs: number;
  readonly takeoverPauseMs: number;
}

export type SourceSettings = Omit<SourceCrewSettings, 'tokenUrlOf'> & {
  readonly tokenUrl: string;
  readonly pendingFolder: string;
};

/** What a process tells from time to time: what happened since the last time. */
export interface SourceReport {
  readonly calls: number;
  readonly spent: number;
  readonly failures: readonly Failure[];
}

/** Token sources, each in a process of its own with its share of the callers. */
export async function createSourceCrew({ tokenUrlOf, ...settings }: SourceCrewSettings): Promise<SoakCrew> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-soak-'));
  const members = createMembers<Member>(folder);
  const reports: SourceReport[] = [];

  const start = async () => {
    const name = members.nextName();
    const own: SourceSettings = { ...settings, tokenUrl: tokenUrlOf(name), pendingFolder: join(folder, 'pending') };
    const child = await members.spawn(name, [PROGRAM, JSON.stringify(own)], {}, ['ipc']);
    child.on('message', (report) => reports.push(report as SourceReport));
    // On a loaded machine a start takes longer than the next kill is away: only those that run are killed.
    await Promise.race([once(child, 'message'), once(child, 'exit')]);
    if (child.exitCode === null && child.signalCode === null) members.add({ name, child });
  };

  return {
    start,
    async killOne(process) {
      const member = members.find(process) ?? members.any();
      if (!member) return undefined;
      const kill = await members.kill(member);
      void start();
      return kill;
    },
    async stop() {
      await members.endAll((child: ChildProcess) => void child.send('stop'));
      const places = await members.outputs();
      await rm(folder, { recursive: true, force: true });
      return {
        calls: total(reports, ({ calls }) => calls),
        cut: 0,
        spent: total(reports, ({ spent }) => spent),
        failures: reports.flatMap(({ failures }) => failures),
        crashed: members.crashed(),
        places,
      };
    },
    [Symbol.asyncDispose]: members.killAll,
  };
}

const total = (reports: readonly SourceReport[], of: (report: SourceReport) => number) =>
  reports.reduce((sum, report) => sum + of(report), 0);
