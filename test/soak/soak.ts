import { setTimeout as pause } from 'node:timers/promises';
import { Secret } from '../../src/kit/errors/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { WEB_CLIENT } from '../../src/sandbox/sage-id/index.ts';
import { openVault, type Vault } from '../../src/tokens/index.ts';
import type { CrewReport, SoakCrew } from './crew.ts';
import { dumpDatabase } from './dump-database.ts';
import { createGatewayCrew } from './gateway-crew.ts';
import { type Failure, judge, type Kill, type Verdict } from './judge.ts';
import { type Finding, type Place, searchMarkers } from './marker-search.ts';
import { createPerson } from './person.ts';
import { type SageIdWitness, startSageIdWitness } from './sage-id-witness.ts';
import { createSourceCrew } from './source-crew.ts';

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
  /** Share of the kills that wait until somebody renews and then meet that one, which chance alone does seldom. @default 0.5 */
  readonly aimedShare?: number;
  /** How long Sage ID takes to answer, ms. @default 150 */
  readonly answerMs?: number;
}

export interface SoakReport extends Pick<CrewReport, 'calls' | 'cut' | 'spent' | 'crashed'>, Verdict {
  readonly kills: number;
  readonly renewals: number;
  /** Fewer would say little. */
  readonly neededKills: number;
  /** Two renewals of one connection at the same time. */
  readonly overlapping: number;
  /** Where secrets were searched, and in how many characters each. */
  readonly searched: Readonly<Record<string, number>>;
  readonly secrets: number;
  readonly findings: readonly Finding[];
}

const VAULT_KEY = Buffer.alloc(32, 5).toString('base64');
/** Of token sources; gateways have what is built in. */
const LEASE = { leaseMs: 3_000, takeoverPauseMs: 500 };
/** Sage ID waits so long before it does anything, so that kills meet renewals under way. */
const ANSWER_MS = 150;
/** Callers wait 20 s for a token: of answers that take longer than this, with a kill or a busy machine, some come later. */
const PROMPT_ANSWER_MS = 10_000;
/** After the last kill something may still go wrong, and shall show. */
const QUIET_END_MS = 1_500;

/**
 * Processes that share one vault, killed at random moments, before a Sage ID that rotates refresh tokens and
 * ends a sign-in when one is used twice. What must not happen is counted, and what cannot be helped is told apart.
 */
export async function runSoak(settings: SoakSettings): Promise<SoakReport> {
  const { vaultUrl, processes, forMs, killEveryMs, accessTokenSeconds = 2, answerMs = ANSWER_MS } = settings;
  await using sandbox = await startSandbox({ customers: 5 });
  const { sageId } = sandbox;
  sageId.clock.set({ accessTokenSeconds });
  sageId.fault({ match: '/oauth/token', kind: 'delay', delayMs: answerMs, times: 0 });
  const vault = await openVault({ url: vaultUrl, key: new Secret(VAULT_KEY) });
  const person = createPerson(sageId, vault);
  await person.signIn();
  const { tokenUrl } = sandbox.credentials.sageId;
  await using witness = await startSageIdWitness({ tokenUrl, readStored: person.readStored });
  const { tokenUrlOf } = witness;
  await using crew: SoakCrew & { readonly secrets?: ReadonlyMap<string, string> } =
    settings.of === 'gateways'
      ? await createGatewayCrew({ ...settings, sandbox, vaultKey: VAULT_KEY, tokenUrlOf })
      : await createSourceCrew({
          ...LEASE,
          vaultUrl,
          vaultKey: VAULT_KEY,
          issuer: sageId.issuer,
          tokenUrlOf,
          clientId: WEB_CLIENT.id,
          clientSecret: WEB_CLIENT.secret,
          callers: Math.ceil(settings.callers / processes),
        });
  for (let index = 0; index < processes; index += 1) await crew.start();

  const startedAt = Date.now();
  const looking = lookAfter(person, startedAt + forMs);
  const kills = await killOften(settings, { crew, witness, person, endsAt: startedAt + forMs });
  await looking;
  const report = await crew.stop();
  await person.lookAfter();
  person.finish();

  const secrets = withoutRepeats([...witness.secrets, ...person.secrets, ...(crew.secrets ?? [])]);
  const places = [...report.places, ...(await readAudit(vault)), ...(await dumpDatabase(vaultUrl))];
  await vault.close();
  const renewals = sageId.renewals();
  const isLate = ({ code }: Failure) => code === 'UPSTREAM_TIMEOUT' && answerMs > PROMPT_ANSWER_MS;
  const failures = report.failures.filter((failure) => !isLate(failure));
  return {
    ...judge({ ...person, presentations: witness.presentations, kills, failures }),
    calls: report.calls,
    cut: report.cut,
    spent: report.spent,
    crashed: report.crashed,
    kills: kills.length,
    // On a loaded machine a killed one may take longer to start again than the next kill is away.
    neededKills: Math.floor((forMs - QUIET_END_MS) / killEveryMs / 2),
    renewals: renewals.length,
    overlapping: renewals.filter(({ overlapping }) => overlapping).length,
    searched: sizesOf(places),
    secrets: secrets.size,
    findings: searchMarkers(places, secrets),
  };
}

async function lookAfter(person: ReturnType<typeof createPerson>, endsAt: number): Promise<void> {
  while (Date.now() < endsAt) {
    await pause(25);
    await person.lookAfter();
  }
}

interface Killing {
  readonly crew: SoakCrew;
  readonly witness: SageIdWitness;
  readonly person: ReturnType<typeof createPerson>;
  readonly endsAt: number;
}

/** One kill in each period: at a random moment of it, or at a random moment of the next renewal. */
async function killOften(
  { killEveryMs, aimedShare = 0.5, answerMs = ANSWER_MS }: SoakSettings,
  { crew, witness, person, endsAt }: Killing,
): Promise<Kill[]> {
  const kills: Kill[] = [];
  for (let periodAt = Date.now(); periodAt + killEveryMs < endsAt - QUIET_END_MS; periodAt += killEveryMs) {
    const isAimed = Math.random() < aimedShare;
    const lastMoment = periodAt + killEveryMs - Date.now();
    const sender = isAimed
      ? await Promise.race([witness.nextSender(), pause(Math.max(0, lastMoment), undefined)])
      : undefined;
    await pause(sender ? Math.random() * answerMs * 1.5 : isAimed ? 0 : Math.random() * Math.max(0, lastMoment));
    // Nobody there: they are all starting, and the first one up is killed.
    let kill = await crew.killOne(sender);
    for (; !kill && Date.now() < periodAt + killEveryMs; kill = await crew.killOne()) await pause(50);
    if (kill) {
      kills.push(kill);
      await person.afterKill(kill.at);
    }
    await pause(Math.max(0, periodAt + killEveryMs - Date.now()));
  }
  return kills;
}

async function readAudit(vault: Vault): Promise<Place[]> {
  const limit = 1_000_000;
  return [
    { name: 'audit events', text: JSON.stringify(await vault.audit.list({ limit })) },
    { name: 'audited writes', text: JSON.stringify(await vault.audit.list({ kind: 'mutation', limit })) },
  ];
}

/** What two of us saw has one name. */
function withoutRepeats(secrets: readonly (readonly [string, string])[]): Map<string, string> {
  const byValue = new Map(secrets.map(([name, value]) => [value, name]));
  return new Map([...byValue].map(([value, name]) => [name, value]));
}

/** Of the processes' outputs together. */
function sizesOf(places: readonly Place[]): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const { name, text } of places) {
    const kind = name.endsWith('.out') ? 'output of the processes' : name;
    sizes[kind] = (sizes[kind] ?? 0) + text.length;
  }
  return sizes;
}

/** What must hold, in words; empty when it does. */
export function faultsOf({
  calls,
  crashed,
  renewals,
  kills,
  neededKills,
  overlapping,
  spent,
  broken,
  findings,
}: SoakReport): string[] {
  return [
    ...(calls === 0 || renewals === 0 ? ['nothing happened'] : []),
    ...(kills < neededKills ? [`only ${kills} processes were killed`] : []),
    ...(crashed > 0 ? [`${crashed} processes ended by themselves`] : []),
    ...broken,
    ...(overlapping > 0 ? [`${overlapping} renewals ran at the same time as another`] : []),
    ...(spent > 0 ? [`${spent} spent tokens were handed out`] : []),
    ...findings.map(({ secret, place, form }) => `${secret} stands in ${place}, ${form}`),
  ];
}
