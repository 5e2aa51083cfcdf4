import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Secret } from '../../src/errors/index.ts';
import { type SageIdSandbox, startSageIdSandbox } from '../../src/sandbox/sage-id/index.ts';
import { WEB_CLIENT } from '../../src/sandbox/sage-id/provider/clients.ts';
import { importConnection, openVault, type Vault } from '../../src/tokens/index.ts';

export interface SoakSettings {
  readonly vaultUrl: string;
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

/**
 * Processes that share one vault, killed at random moments, before a Sage ID that rotates refresh tokens and
 * ends a sign-in when one is used twice. What must not happen is counted, and what cannot be helped is told apart.
 */
export async function runSoak(settings: SoakSettings): Promise<SoakReport> {
  const { vaultUrl, processes, callers, forMs, killEveryMs, accessTokenSeconds = 2 } = settings;
  const sageId = await startSageIdSandbox({ companies: [] });
  sageId.clock.set({ accessTokenSeconds });
  // Long enough that kills meet renewals under way.
  sageId.fault({ match: '/oauth/token', kind: 'delay', delayMs: 150, times: 0 });
  const vault = await openVault({ url: vaultUrl, key: new Secret(VAULT_KEY) });
  const person = createPerson(sageId, vault);
  await person.signIn();
  const childSettings: SoakProcessSettings = {
    vaultUrl,
    vaultKey: VAULT_KEY,
    issuer: sageId.issuer,
    tokenUrl: `${sageId.url}/oauth/token`,
    clientId: WEB_CLIENT.id,
    clientSecret: WEB_CLIENT.secret,
    callers: Math.ceil(callers / processes),
    leaseMs: LEASE_MS,
    takeoverPauseMs: 500,
  };
  const crew = createCrew(childSettings);
  for (let index = 0; index < processes; index += 1) crew.start();

  const endsAt = Date.now() + forMs;
  let killAt = Date.now() + killEveryMs * Math.random();
  while (Date.now() < endsAt) {
    await pause(25);
    await person.lookAfter();
    if (Date.now() < killAt || endsAt - Date.now() < LEASE_MS) continue;
    // At a random moment of each period, so that no phase of a renewal is spared.
    killAt += killEveryMs;
    await pause(Math.random() * Math.min(killEveryMs, 1_000));
    await crew.killOne();
  }
  const reports = await crew.stop();
  await person.lookAfter();

  const renewals = sageId.renewals();
  const secrets = person.secrets();
  const { lost, consents, unexplained } = person.account();
  const reused = renewals.filter((renewal) => renewal.reused).length;
  await vault.close();
  await sageId[Symbol.asyncDispose]();
  return {
    ...sum(reports),
    kills: crew.kills(),
    renewals: renewals.length,
    overlapping: renewals.filter(({ overlapping }) => overlapping).length,
    unexplainedReuses: Math.max(0, reused - lost),
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
    async lookAfter() {
      const row = await vault.connections.read('finance');
      for (const secret of [row?.refreshToken, row?.accessToken?.value]) if (secret) secrets.add(secret.reveal());
      if (row?.state !== 'needs_consent') return;
      consents += 1;
      // What Sage ID carried out for this sign-in, against what arrived in the vault.
      const renewed = sageId
        .renewals()
        .slice(seen)
        .filter(({ status }) => status === 200).length;
      const isLost = renewed === row.generation - firstGeneration + 1;
      if (isLost) lost += 1;
      else unexplained += 1;
      seen = sageId.renewals().length;
      await signIn();
    },
    account: () => ({ consents, lost, unexplained }),
    secrets: () => [...secrets],
  };
}

/** The processes, and their end. */
function createCrew(settings: SoakProcessSettings) {
  const running = new Set<ChildProcess>();
  const reports: SoakProcessReport[] = [];
  let log = '';
  let kills = 0;

  const start = () => {
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
      start();
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
  const unforeseen = Object.entries(failures).filter(([code]) => code !== 'NEEDS_CONSENT' || forcedConsents === 0);
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
