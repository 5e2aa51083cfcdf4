import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { GatewayError, Secret } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import {
  createConnectionEvents,
  createConnectionTokenSource,
  createSageIdClient,
  openVault,
} from '../../src/tokens/index.ts';
import { consentIn } from '../tokens/world.ts';
import type { SourceReport, SourceSettings } from './source-crew.ts';

// One gateway as far as tokens go: callers that ask again and again, until the process is killed or told to stop.
const settings = JSON.parse(process.argv[2] ?? '{}') as SourceSettings;
const { vaultUrl, vaultKey, pendingFolder, clientSecret, callers } = settings;
const vault = await openVault({ url: vaultUrl, key: new Secret(vaultKey), pendingFolder });
const http = createHttp();
const client = createSageIdClient({
  ...settings,
  bodyEncoding: 'form',
  clientSecret: new Secret(clientSecret),
  send: http.send,
});
const log = pino({ level: 'trace' }, process.stdout);
const events = createConnectionEvents({ audit: vault.audit, log });
const tokens = createConnectionTokenSource({
  ...settings,
  consent: await consentIn(vault),
  vault,
  client,
  log,
  onEvent: events.emit,
});
let stopping = false;
let report: SourceReport = { calls: 0, spent: 0, failures: [] };

const call = async () => {
  while (!stopping) {
    const from = Date.now();
    const outcome = await tokens.get().catch((error: unknown) => error);
    const isToken = typeof outcome === 'object' && outcome !== null && 'expiresAt' in outcome;
    const code = outcome instanceof GatewayError ? outcome.code : String(outcome);
    report = {
      calls: report.calls + 1,
      // Of a token that is good, the end lies after the question.
      spent: report.spent + (isToken && Number(outcome.expiresAt) <= from ? 1 : 0),
      failures: isToken ? report.failures : [...report.failures, { code, from, to: Date.now() }],
    };
    await pause((isToken ? 10 : 60) + Math.random() * 20);
  }
};

/** What happened since the last time: a process that is killed loses a moment's counts, not all of them. */
const tell = () => {
  process.send?.(report);
  report = { calls: 0, spent: 0, failures: [] };
};

const telling = setInterval(tell, 200);
process.once('message', () => {
  stopping = true;
});
process.once('disconnect', () => process.exit());
await Promise.all(Array.from({ length: callers }, call));
clearInterval(telling);
await tokens.close();
await events.close();
await vault.close();
await http.close();
tell();
process.disconnect?.();
