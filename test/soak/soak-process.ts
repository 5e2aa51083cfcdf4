import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { GatewayError, Secret } from '../../src/errors/index.ts';
import { createHttp } from '../../src/http/index.ts';
import { createConnectionTokenSource, createSageIdClient, openVault } from '../../src/tokens/index.ts';
import type { SoakProcessReport, SoakProcessSettings } from './soak.ts';

// One gateway as far as tokens go: callers that ask again and again, until the process is killed or told to stop.
const settings = JSON.parse(process.argv[2] ?? '{}') as SoakProcessSettings;
const vault = await openVault({ url: settings.vaultUrl, key: new Secret(settings.vaultKey) });
const http = createHttp();
const client = createSageIdClient({
  issuer: settings.issuer,
  tokenUrl: settings.tokenUrl,
  bodyEncoding: 'form',
  clientId: settings.clientId,
  clientSecret: new Secret(settings.clientSecret),
  send: http.send,
});
const tokens = createConnectionTokenSource({
  name: 'finance',
  vault,
  client,
  log: pino({ level: 'trace' }, process.stderr),
  leaseMs: settings.leaseMs,
  takeoverPauseMs: settings.takeoverPauseMs,
});
let stopping = false;
let report: SoakProcessReport = { calls: 0, spent: 0, failures: {} };

const call = async () => {
  while (!stopping) {
    const failures = { ...report.failures };
    try {
      const token = await tokens.get();
      report = {
        ...report,
        calls: report.calls + 1,
        spent: report.spent + (token.expiresAt <= Date.now() - 250 ? 1 : 0),
      };
    } catch (error) {
      const code = error instanceof GatewayError ? error.code : String(error);
      failures[code] = (failures[code] ?? 0) + 1;
      report = { ...report, calls: report.calls + 1, failures };
      await pause(50);
    }
    await pause(10 + Math.random() * 20);
  }
};

/** What happened since the last time: a process that is killed loses a moment's counts, not all of them. */
const tell = () => {
  process.send?.(report);
  report = { calls: 0, spent: 0, failures: {} };
};

const telling = setInterval(tell, 200);
process.once('message', () => {
  stopping = true;
});
process.once('disconnect', () => process.exit());
await Promise.all(Array.from({ length: settings.callers }, call));
clearInterval(telling);
await tokens.close();
await vault.close();
await http.close();
tell();
process.disconnect?.();
