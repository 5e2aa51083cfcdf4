import { expect, test } from 'vitest';
import { stringify as printYaml } from 'yaml';
import { ConfigError, loadSettings } from '../../src/config/index.ts';
import { planReload } from '../../src/reload/index.ts';

const KEY = { name: 'shop', sha256: 'a'.repeat(64), connection: 'finance', companies: 'all', tenants: ['acme'] };
const TENANT = { name: 'acme', tokenUrl: 'https://erp.example/token', clientId: 'i', clientSecret: 's', tenantId: 't' };

// biome-ignore lint/suspicious/noExplicitAny: tests change any setting
type File = any;
const file = (): File => ({
  server: { port: 4010, cors: ['https://app.example'] },
  sage200: { clientId: 'client', clientSecret: 'secret', site: '1', company: '1' },
  erp: { tenants: [TENANT] },
  callers: { apiKeys: [KEY] },
});

const settingsOf = (tree: object, env: Record<string, string> = {}) =>
  loadSettings({ text: printYaml(tree), env: { GATEWAY_VAULT_KEY: 'x', ...env } });

function plan(edit: (next: File) => void, env: Record<string, string> = {}) {
  const next = file();
  edit(next);
  const { settings, ...rest } = planReload(settingsOf(file(), env), settingsOf(next, env));
  return { ...rest, config: settings.config };
}

test.each<[string, (next: File) => void]>([
  ['a caller', (next) => next.callers.apiKeys.pop()],
  ['a tenant', (next) => next.erp.tenants.push({ ...TENANT, name: 'other' })],
  ['a secret', (next) => (next.erp.tenants[0] = { ...TENANT, clientSecret: 'another' })],
  ['links', (next) => (next.links = [{ name: 'l', from: 'Sage200Customer.reference', to: 'p.n', key: 'id' }])],
  ['limits', (next) => (next.limits = { rows: 7 })],
  ['Sage 200', (next) => (next.sage200.clientSecret = 'another')],
  ['documents', (next) => (next.documents = { entries: 5 })],
  ['a webhook', (next) => (next.events = { url: 'https://hook.example', secret: 'x'.repeat(32) })],
  ['the level of the log', (next) => (next.log = { level: 'debug' })],
  ['origins', (next) => (next.server.cors = [])],
  ['hosts', (next) => (next.server.allowedHosts = ['gateway.example'])],
])('%s changes while the gateway runs', (_, edit) => {
  expect(plan(edit)).toMatchObject({ isChanged: true, needsRestart: [] });
});

test.each<[readonly string[], (next: File) => void]>([
  [['server.port'], (next) => (next.server.port = 4011)],
  [
    ['server.host', 'vault.key'],
    (next) =>
      Object.assign(next, {
        server: { ...next.server, host: '0.0.0.0' },
        vault: { key: Buffer.alloc(32).toString('base64') },
      }),
  ],
  [['sageId.pkce'], (next) => (next.sageId = { pkce: false })],
  [
    ['sage200.clientId', 'sage200.clientSecret'],
    (next) => Object.assign(next.sage200, { clientId: 'b', clientSecret: 'c' }),
  ],
  [
    ['erp.deadline', 'log.format'],
    (next) => Object.assign(next, { erp: { ...next.erp, deadline: '7s' }, log: { format: 'json' } }),
  ],
])('%j needs a restart, and the gateway continues as before', (needsRestart, edit) => {
  const { config, ...planned } = plan(edit);

  expect(planned).toEqual({ isChanged: false, needsRestart });
  expect(config).toEqual(settingsOf(file()).config);
});

test('of a mixed change the live part is applied and the rest named', () => {
  const { config, ...planned } = plan((next) => {
    next.server = { port: 4011, cors: ['https://other.example'], publicUrl: 'https://new.example' };
    next.callers.apiKeys[0].readOnly = false;
  });

  expect(planned).toEqual({ isChanged: true, needsRestart: ['server.port', 'server.publicUrl'] });
  expect(config.server).toMatchObject({
    port: 4010,
    publicUrl: 'http://localhost:4010',
    cors: ['https://other.example'],
  });
  expect(config.sage200?.redirectUri).toBe('http://localhost:4010/connect/sage200/callback');
  expect(config.callers.apiKeys).toMatchObject([{ readOnly: false }]);
});

test('Sage 200 with a client id is added or removed only by a restart, and is complete until then', () => {
  const { config, ...planned } = plan((next) => {
    delete next.sage200;
    next.callers = {};
  });

  expect(planned).toEqual({ isChanged: true, needsRestart: ['sage200'] });
  expect(config.sage200).toEqual(settingsOf(file()).config.sage200);
});

test('the same settings written differently are no change', () => {
  const planned = plan((next) => Object.assign(next, { erp: { deadline: '30000ms', ...next.erp }, vault: {} }), {
    PORT: '5',
  });

  expect(planned).toMatchObject({ isChanged: false, needsRestart: [] });
});

test('new live settings are checked together with unchanged ones: the combination admits nobody', () => {
  const key = Buffer.alloc(32).toString('base64');
  const open = { ...file(), server: { host: '0.0.0.0' }, vault: { key } };
  const local = { ...file(), vault: { key }, callers: { anonymous: { connection: 'finance', companies: 'all' } } };

  expect(() => planReload(settingsOf(open), settingsOf(local))).toThrow(ConfigError);
  expect(() => planReload(settingsOf(open), settingsOf(local))).toThrow(/callers\.anonymous/);
});
