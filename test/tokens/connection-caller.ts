import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { createHttp } from '../../src/kit/http/index.ts';
import { createConnectionTokenSource, createSageIdClient, openVault } from '../../src/tokens/index.ts';
import { consentIn, VAULT_KEY } from './world.ts';

// A gateway process in small: some callers that ask for a token again and again, for as long as it is told.
const [url = '', tokenUrl = '', forMs = '0', callers = '20'] = process.argv.slice(2);
const vault = await openVault({ url, key: VAULT_KEY });
const http = createHttp();
const client = createSageIdClient({
  issuer: 'https://id.sage.com/',
  tokenUrl,
  bodyEncoding: 'form',
  clientId: 'gateway',
  send: http.send,
});
const log = pino({ level: 'silent' });
const tokens = createConnectionTokenSource({ consent: await consentIn(vault), vault, client, log, leaseMs: 30_000 });
const report = { calls: 0, spent: 0, failures: [] as string[] };
const endsAt = Date.now() + Number(forMs);

const call = async () => {
  while (Date.now() < endsAt) {
    report.calls += 1;
    try {
      const token = await tokens.get();
      if (token.expiresAt <= Date.now() - 50) report.spent += 1;
    } catch (error) {
      if (report.failures.length < 10) report.failures.push(String(error));
    }
    await pause(5);
  }
};

await Promise.all(Array.from({ length: Number(callers) }, call));
await tokens.close();
await vault.close();
await http.close();
process.send?.(report, () => process.disconnect());
