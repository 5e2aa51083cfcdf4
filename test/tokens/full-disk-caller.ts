import { pino } from 'pino';
import { GatewayError } from '../../src/kit/errors/index.ts';
import { createHttp } from '../../src/kit/http/index.ts';
import { createConnectionTokenSource, createSageIdClient, openVault } from '../../src/tokens/index.ts';
import { consentIn, VAULT_KEY } from './world.ts';

// A process whose files cannot grow, at once or from some moment on: asks for one token and says how that ended.
const [url = '', tokenUrl = ''] = process.argv.slice(2);
const outcome = await (async () => {
  const vault = await openVault({ url, key: VAULT_KEY });
  const http = createHttp();
  const client = createSageIdClient({
    issuer: 'https://id.sage.com/',
    tokenUrl,
    bodyEncoding: 'form',
    clientId: 'gateway',
    send: http.send,
  });
  const tokens = createConnectionTokenSource({
    consent: await consentIn(vault),
    vault,
    client,
    log: pino({ level: 'error' }, process.stderr),
  });
  await tokens.get();
  return 'a token';
})().catch((error: unknown) => (error instanceof GatewayError ? error.code : String(error)));
process.stdout.write(outcome, () => process.exit());
