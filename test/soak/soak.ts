import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Secret } from '../../src/errors/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import type { SageIdSandbox } from '../../src/sandbox/sage-id/index.ts';
import { WEB_CLIENT } from '../../src/sandbox/sage-id/provider/clients.ts';
import { importConnection, openVault, type Vault } from '../../src/tokens/index.ts';
import { createGatewayCrew } from './gateway-crew.ts';

export interface SoakSettings {
  readonly vaultUrl: string;
  /** Whole gateways over HTTP, or token sources in processes of their own, which start sooner. @default 'sources' */
  readonly of?: 'gateways' | 'sources';
  readonly processes: number;
  /** Over all processes. */
  readonly callers: number;
  readonly forMs: number;
  readonly killEveryMs: number;
  /** Life of access tokens. @default 2 */
  readonly accessTokenSeconds?: number;
}

export interface SoakProcessSettings {
  readonly vaultUrl: string;
  readonly vaultKey: string;
  readonly issuer: string;
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly callers: number;
  readonly leaseMs: number;
  readonly takeoverPauseMs: number;
}

/** The processes, and their end. */
export interface SoakCrew {
  start(): Promise<void>;
  /** Ends one at random with SIGKILL and starts another in its place. */
  killOne(): Promise<void>;
  stop(): Promise<readonly SoakProcessReport[]>;
  kills(): number;
  /** What the processes wrote. */
  log(): string;
}

export interface SoakProcessReport {
  readonly calls: number;
  /** Tokens handed out after their end. */
  readonly spent: number;
  /** By error code. */
  readonly failures: Record<string, number>;
}

export interface SoakReport extends SoakProcessReport {
  readonly kills: number;
  readonly renewals: number;
  /** Two renewals of one connection at the same time. */
  readonly overlapping: number;
  /** A refresh token presented after its answer had arrived, with no kill between sending and writing that explains it. */
  readonly unexplainedReuses: number;
  /** A killed process took the only copy of a pair with it: a renewal that Sage ID carried out and no vault holds. */
  readonly lostInKill: number;
  /** The person had to sign in again, for every reason. */
  readonly forcedConsents: number;
  readonly unexplainedConsents: number;
  /** Lines of the processes' logs. */
  readonly log: string;
  /** Every token there was, to look for in the log. */
  readonly secrets: readonly string[];
}

const VAULT_KEY = Buffer.alloc(32, 5).toString('base64');
const LEASE_MS = 3_000;
/** Sage ID waits so long before it does anything, so that kills meet renewals under way. */
const TOKEN_DELAY_MS = 150;
/** What a loaded machine needs to notice and to write. */
const SLACK_MS = 300;

/**
 * Processes that share one vault, killed at random moments, before a Sage ID that rotates refresh tokens and
 * ends a sign-in when one is used twice. What must not happen is counted, and what cannot be helped is told apart.
 */
export async function runSoak(settings: SoakSettings): Promise<SoakReport> {
  const { vaultUrl, processes, callers, forMs, killEveryMs, accessTokenSeconds = 2, of = 'sources' } = settings;
  const sandbox = await startSandbox({ customers: 5 });
  const { sageId } = sandbox;
  sageId.clock.set({ accessTokenSeconds });
  sageId.fault({ match: '/oauth/token', kind: 'delay', delayMs: TOKEN_DELAY_MS, times: 0 });
  const vault = await openVault({ url: vaultUrl, key: new Secret(VAULT_KEY) });
  const person = createPerson(sageId, vault);
  await person.signIn();
  const crew =
    of === 'gateways'
      ? await createGatewayCrew({ sandbox, vaultUrl, vaultKey: VAULT_KEY, callers })
      : createSourceCrew({
          vaultUrl,
          vaultKey: VAULT_KEY,
          issuer: sageId.issuer,
          tokenUrl: `${sageId.url}/oauth/token`,
          clientId: WEB_CLIENT.id,
          clientSecret: WEB_CLIENT.secret,
          callers: Math.ceil(callers / processes),
          leaseMs: LEASE_MS,
          takeoverPauseMs: 500,
        });
  for (let index = 0; index < processes; index += 1) await crew.start();

  const endsAt = Date.now() + forMs;
  const killedAt: number[] = [];
  let killAt = Date.now() + killEveryMs * Math.random();
  while (Date.now() < endsAt) {
    await pause(25);
    await person.lookAfter(killedAt);
    if (Date.now() < killAt || endsAt - Date.now() < LEASE_MS) continue;
    // At a random moment of each period, so that no phase of a renewal is spared.
    killAt += killEveryMs;
    await pause(Math.random() * Math.min(killEveryMs, 1_000));
    killedAt.push(Date.now());
    await crew.killOne();
  }
  const reports = await crew.stop();
  await person.lookAfter(killedAt);

  const renewals = sageId.renewals();
  const secrets = person.secrets();
  const { lost, lostAnswered, consents, unexplained } = person.account();
  const reused = renewals.filter((renewal) => renewal.reused).length;
  await vault.close();
  await sandbox.close();
  return {
    ...sum(reports),
    kills: crew.kills(),
    renewals: renewals.length,
    overlapping: renewals.filter(({ overlapping }) => overlapping).length,
    unexplainedReuses: Math.max(0, reused - lostAnswered),
    lostInKill: lost,
    forcedConsents: consents,
    unexplainedConsents: unexplained,
    log: crew.log(),
    secrets,
  };
}

/** Signs in at the start and whenever the connection needs it, and finds out why it did. */
function createPerson(sageId: SageIdSandbox, vault: Vault) {
  const secrets = new Set<string>();
  let firstGeneration = 0;
  let consents = 0;
  let lost = 0;
  let lostAnswered = 0;
  let unexplained = 0;
  let seen = 0;

  const signIn = async () => {
    const refreshToken = await sageId.issueRefreshToken();
    secrets.add(refreshToken);
    await importConnection(vault, {
      name: 'finance',
      refreshToken: new Secret(refreshToken),
      refreshLifetimeMs: 86_400_000,
    });
    firstGeneration = (await vault.connections.read('finance'))?.generation ?? 0;
  };

  return {
    signIn,
    async lookAfter(killedAt: readonly number[]) {
      const row = await vault.connections.read('finance');
      for (const secret of [row?.refreshToken, row?.accessToken?.value]) if (secret) secrets.add(secret.reveal());
      if (row?.state !== 'needs_consent') return;
      consents += 1;
      // What Sage ID carried out for this sign-in, against what arrived in the vault.
      const renewed = sageId
        .renewals()
        .slice(seen)
        // 0: the client died while Sage ID worked; the token is spent all the same.
        .filter(({ status }) => status === 200 || status === 0);
      const isOneMissing = renewed.length === row.generation - firstGeneration + 1;
      // Found out only when the dead one's lease has run out, so that others may have been killed since.
      // Under way when somebody was killed: sent, and not stored yet. Sage ID carries out what it was sent, also for the dead.
      const { startedAt = 0, endedAt = 0, status } = renewed.at(-1) ?? {};
      const sentAt = startedAt - TOKEN_DELAY_MS - SLACK_MS;
      const isLost = isOneMissing && killedAt.some((at) => sentAt <= at && at <= endedAt + SLACK_MS);
      if (isLost) {
        lost += 1;
        // Only then does presenting the token again count as a reuse at Sage ID.
        if (status === 200) lostAnswered += 1;
      } else {
        unexplained += 1;
        const stored = row.generation - firstGeneration;
        process.stderr.write(
          `unexplained: ${JSON.stringify({ killedAt, startedAt, endedAt, renewed: renewed.length, stored })}\n`,
        );
      }
      seen = sageId.renewals().length;
      await signIn();
    },
    account: () => ({ consents, lost, lostAnswered, unexplained }),
    secrets: () => [...secrets],
  };
}

/** Token sources, each in a process of its own with its share of the callers. */
function createSourceCrew(settings: SoakProcessSettings): SoakCrew {
  const running = new Set<ChildProcess>();
  const reports: SoakProcessReport[] = [];
  let log = '';
  let kills = 0;

  const start = async () => {
    const child = fork(new URL('./soak-process.ts', import.meta.url), [JSON.stringify(settings)], { silent: true });
    child.on('message', (report) => reports.push(report as SoakProcessReport));
    child.stderr?.on('data', (chunk) => {
      log += String(chunk);
    });
    running.add(child);
  };

  return {
    start,
    async killOne() {
      const all = [...running];
      const child = all[Math.floor(Math.random() * all.length)];
      if (!child) return;
      running.delete(child);
      child.kill('SIGKILL');
      await once(child, 'exit');
      kills += 1;
      await start();
    },
    async stop() {
      await Promise.all(
        [...running].map(async (child) => {
          const exit = once(child, 'exit');
          child.send('stop');
          await exit;
        }),
      );
      return reports;
    },
    kills: () => kills,
    log: () => log,
  };
}

function sum(reports: readonly SoakProcessReport[]): SoakProcessReport {
  const failures: Record<string, number> = {};
  for (const report of reports) {
    for (const [code, count] of Object.entries(report.failures)) failures[code] = (failures[code] ?? 0) + count;
  }
  return {
    calls: reports.reduce((total, { calls }) => total + calls, 0),
    spent: reports.reduce((total, { spent }) => total + spent, 0),
    failures,
  };
}

/** Whole gateways on a loaded machine may run out of an operation's time; that costs no sign-in. */
const TOLERATED = new Set(['UPSTREAM_TIMEOUT']);

/** What must hold, in words; empty when it does. */
export function faultsOf({
  unexplainedReuses,
  unexplainedConsents,
  overlapping,
  spent,
  failures,
  log,
  secrets,
  ...rest
}: SoakReport): string[] {
  const { forcedConsents, calls, renewals } = rest;
  const unforeseen = Object.entries(failures).filter(
    ([code]) => !TOLERATED.has(code) && (code !== 'NEEDS_CONSENT' || forcedConsents === 0),
  );
  return [
    ...(calls === 0 || renewals === 0 ? ['nothing happened'] : []),
    ...(unexplainedReuses > 0
      ? [`${unexplainedReuses} refresh tokens were presented after their answer had arrived`]
      : []),
    ...(unexplainedConsents > 0 ? [`${unexplainedConsents} sign-ins were lost without a kill that explains it`] : []),
    ...(overlapping > 0 ? [`${overlapping} renewals ran at the same time as another`] : []),
    ...(spent > 0 ? [`${spent} spent tokens were handed out`] : []),
    ...unforeseen.map(([code, count]) => `${count} callers got ${code}`),
    ...(secrets.some((secret) => log.includes(secret)) ? ['a token stands in the log'] : []),
  ];
}
