import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { pino } from 'pino';
import { expect } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { startGateway } from '../../src/gateway.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { fromNewAddress } from '../support/new-address.ts';
import { type TestConfig, toClient, writeTestConfig } from '../support/test-gateway.ts';

export const [boss, reader, shop] = [createApiKey('boss'), createApiKey('reader'), createApiKey('shop')];
export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

export const ERRORS = 'userErrors { code message inputPath }';
export const ME = '{ gateway { me { id readOnly admin tenants companies { site company } } } }';

type Variables = Record<string, unknown>;
type Client = ReturnType<typeof toClient>;

export interface ClientsWorld extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly config: TestConfig;
  /** What both gateways logged so far. */
  readonly lines: readonly string[];
  /** What the webhook was told so far. */
  readonly events: readonly { readonly type: string; readonly connection: string }[];
  readonly here: Client;
  readonly there: Client;
  readonly ask: (gateway: Client, query: string, key: string, variables?: Variables) => ReturnType<Client['query']>;
  /** A mutation as an administrator. @returns its one field */
  readonly administer: (field: string) => Promise<Record<string, never>>;
  readonly put: (input: string, rest?: string) => Promise<Record<string, never>>;
  readonly newKey: (client: string, name: string, rest?: string) => Promise<string>;
  /** The tenant of the sandbox that the configuration does not have. */
  readonly globexErp: () => string;
}

/** Two gateways on one vault, with keys of an administrator, one who only reads, and a program. */
export async function startClientsWorld(): Promise<ClientsWorld> {
  const sandbox = await startSandbox({ customers: 5 });
  const events: ClientsWorld['events'][number][] = [];
  const receiver = createServer(async (request, response) => {
    events.push((await json(request)) as ClientsWorld['events'][number]);
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const eventsUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
  const config = await writeTestConfig({
    sandbox,
    connections: { adopted: 'alice', bolt: 'bob' },
    edit: (file) => {
      file['server'] = { ...file['server'], returnOrigins: ['https://portal.example'], trustProxy: true };
      file['events'] = { url: eventsUrl, secret: 'shared with the receiver' };
      const { tokenUrl } = sandbox.credentials.erp[0] ?? {};
      file['erp'] = {
        ...file['erp'],
        tenants: sandbox.credentials.erp.filter(({ name }) => name === 'acme'),
        runtime: { tokenUrl },
      };
      const rights = { companies: 'all', tenants: ['acme'] };
      file['callers'] = {
        apiKeys: [
          { name: 'boss', sha256: boss.sha256, ...rights, readOnly: false, admin: true },
          { name: 'reader', sha256: reader.sha256, ...rights, readOnly: true, admin: true },
          { name: 'shop', sha256: shop.sha256, ...rights, connection: 'sandbox', readOnly: false },
        ],
      };
    },
  });
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const first = await startGateway(config.config, { log, env: {} });
  const second = await startGateway(config.config, { log, env: {} });
  const [here, there] = [toClient(first.url), toClient(second.url)];

  const ask: ClientsWorld['ask'] = (gateway, query, key, variables = {}) =>
    gateway.query(query, { headers: { ...bearer(key), ...fromNewAddress() }, variables });
  const administer: ClientsWorld['administer'] = async (field) => {
    const { data, errors } = await ask(here, `mutation { gateway { ${field} } }`, boss.key);
    if (errors) throw new Error(JSON.stringify(errors));
    return Object.values(data.gateway)[0] as Record<string, never>;
  };
  return {
    sandbox,
    config,
    lines,
    events,
    here,
    there,
    ask,
    administer,
    put: (input, rest = '') =>
      administer(`putClient(input: { ${input} }${rest}) { client { name version enabled state } ${ERRORS} }`),
    async newKey(client, name, rest = '') {
      const made = await administer(`createKey(client: "${client}", name: "${name}"${rest}) { key ${ERRORS} }`);
      expect(made['userErrors']).toEqual([]);
      return String(made['key']);
    },
    globexErp() {
      const tenant = sandbox.credentials.erp.find(({ name }) => name !== 'acme');
      if (!tenant) throw new Error('The sandbox has one tenant only.');
      const { tenantId, clientId, clientSecret } = tenant;
      return `erp: { tenantId: "${tenantId}", clientId: "${clientId}", clientSecret: "${clientSecret}" }`;
    },
    async [Symbol.asyncDispose]() {
      await first.close();
      await second.close();
      receiver.close();
      await config[Symbol.asyncDispose]();
      await sandbox.close();
    },
  };
}
