import { setTimeout as pause } from 'node:timers/promises';
import { ConfigError, type Environment, loadConfig, readDocuments } from '../config/index.ts';
import { toPrintable, toPrintableJson } from '../kit/text/index.ts';
import type { ReloadHearing, ReloadRequests } from '../tokens/index.ts';
import { type Command, parseOptions, UsageError } from './command.ts';
import { printTable } from './print-table.ts';
import { terminalCaller } from './terminal-caller.ts';

/** How long gateways may take to notice a request, ms: each checks once a second. */
const HEARD_WITHIN_MS = 3_000;
/** How long a gateway that noticed it may take to answer, ms: a little longer than its workers may take. */
const ANSWERED_WITHIN_MS = 70_000;
const LOOK_EVERY_MS = 100;

/**
 * Asks every gateway on the vault of a configuration to reload its own configuration. The file is checked first; if it is faulty, no
 * gateway is asked. The exit code is 0 if at least one gateway noticed the request, and all that did applied their configuration.
 */
export const configReload: Command = async ({ args, env, stdout }) => {
  const { values } = parseOptions(args, { config: { type: 'string' }, json: { type: 'boolean' } });
  const path = values.config ?? env['GATEWAY_CONFIG'];
  if (!path) throw new UsageError('There is no configuration to check; write --config FILE, or set GATEWAY_CONFIG.');
  const write = (result: object) => stdout.write(`${toPrintableJson(JSON.stringify(result, null, 2))}\n`);
  try {
    const { request, hearings } = await askGateways(path, env);
    if (values.json) write({ request, faults: [], gateways: hearings.map(toEntry) });
    else stdout.write(print(hearings));
    return outcomeOf(hearings) === 'DONE' ? 0 : 1;
  } catch (error) {
    if (!(error instanceof ConfigError) || !values.json) throw error;
    write({ request: null, faults: error.faults, gateways: [] });
    return 1;
  }
};

/** @throws ConfigError before any gateway is asked */
async function askGateways(path: string, env: Environment) {
  const { vault: settings, documents } = loadConfig({ path, env });
  readDocuments(documents.files);
  const { openVault } = await import('../tokens/index.ts');
  const { keyFile, ...options } = settings;
  const vault = await openVault({ ...options, makeKey: keyFile });
  try {
    const entry = { kind: 'act', action: 'reload_config', caller: terminalCaller() } as const;
    const end = await vault.audit.begin({ ...entry, at: Date.now() });
    const request = await vault.reloads.ask();
    const hearings = await waitForAnswers(vault.reloads, request);
    await end({ outcome: outcomeOf(hearings) });
    return { request, hearings };
  } finally {
    await vault.close();
  }
}

/** The number of gateways is unknown, so it waits for those that notice the request in time. */
async function waitForAnswers(requests: ReloadRequests, request: number): Promise<readonly ReloadHearing[]> {
  const from = performance.now();
  for (;;) {
    await pause(LOOK_EVERY_MS);
    const hearings = await requests.hearings(request);
    const tookMs = performance.now() - from;
    const isAnswered = hearings.every(({ answer }) => answer);
    if (tookMs > (isAnswered ? HEARD_WITHIN_MS : ANSWERED_WITHIN_MS)) return hearings;
  }
}

function outcomeOf(hearings: readonly ReloadHearing[]): string {
  const applied = hearings.filter(({ answer }) => answer?.applied).length;
  if (applied === 0) return hearings.some(({ answer }) => answer) ? 'MISCONFIGURED' : 'UNFINISHED';
  return applied === hearings.length ? 'DONE' : 'PARTIAL';
}

const toEntry = ({ gateway, answer }: ReloadHearing) => ({
  gateway,
  answered: answer !== undefined,
  applied: answer?.applied ?? null,
  needsRestart: answer?.needsRestart ?? [],
  faults: answer?.faults ?? [],
});

function print(hearings: readonly ReloadHearing[]): string {
  if (hearings.length === 0)
    return 'No gateway on this vault has noticed the request: none is running, or its version is too old.\n';
  const rows = hearings.map(({ gateway, answer }) => [gateway, saysOf(answer), answer?.needsRestart.join(', ') || '-']);
  const faults = hearings.flatMap(({ gateway, answer }) =>
    (answer?.faults ?? []).map((fault) => `${gateway}: ${toPrintable(fault)}\n`),
  );
  return `${printTable(['gateway', 'configuration', 'needs a restart'], rows)}${faults.join('')}`;
}

function saysOf(answer: ReloadHearing['answer']): string {
  if (!answer) return 'no answer yet';
  return answer.applied ? 'in use' : 'NOT in use';
}
