import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { GatewayError } from '../../src/kit/errors/index.ts';
import { text } from '../../src/kit/settings/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { createErpTokens, jsonBody } from '../../src/tokens/erp-tokens.ts';
import { ERP_TENANT_SETTINGS, type ErpTokenKind, TOKEN_KINDS } from '../../src/tokens/index.ts';
import { clientCredentials, type NetworkTokenKind } from '../../src/tokens/kinds/client-credentials.ts';
import { startTestGateway, tenantsOf, writeTestConfig } from '../support/test-gateway.ts';

/** Sends a PIN with the first token request: one file of a kind, as somebody would add it. */
const pinGrant: ErpTokenKind = {
  name: 'pin',
  description: 'JSON as for tenant, with a PIN.',
  section: 'erp.tenants',
  settings: { ...ERP_TENANT_SETTINGS, pin: text().optional().describe('The PIN of the grant pin.') },
  create: (options) =>
    createErpTokens(options, ({ tokenUrl, ...tenant }) => {
      if (!('pin' in tenant))
        throw new GatewayError('MISCONFIGURED', `ERP tenant "${tenant.name}" has no PIN.`, {
          source: `erp:${tenant.name}`,
        });
      pins.push(tenant.pin);
      return {
        method: 'POST',
        url: tokenUrl,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: jsonBody(tenant),
      };
    }),
};
const pins: unknown[] = [];

const tokenKinds = [...TOKEN_KINDS, pinGrant];

test('a kind of token is added with one line, and its tenants are served, counted and logged like any other', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  const metrics = new Registry();
  await using gateway = await startTestGateway({
    sandbox,
    tokenKinds,
    metrics,
    edit: (file) => {
      const [acme] = tenantsOf(file);
      Object.assign(acme ?? {}, { name: 'acme', grant: 'pin', pin: '0042' });
      const anonymous = file['callers']?.['anonymous'];
      Object.assign(file['erp'] ?? {}, {
        tenants: [acme, { ...acme, name: 'pinless', tenantId: 'p', pin: undefined }],
      });
      for (const caller of [anonymous, file['callers']?.['sessions']])
        Object.assign(caller ?? {}, { tenants: ['acme', 'pinless'], defaultTenant: 'acme' });
    },
  });
  const ask = (tenant: string) =>
    gateway.query('{ gateway { me { tenants } } xtremMasterData { customer { query { totalCount } } } }', {
      headers: { 'x-tenant': tenant },
    });

  const served = await ask('acme');
  const refused = await ask('pinless');

  expect(pins).toEqual(['0042']);
  expect(served.errors).toBeUndefined();
  expect(served.data.gateway.me.tenants).toEqual(['acme', 'pinless']);
  expect(served.data.xtremMasterData.customer.query.totalCount).toEqual(expect.any(Number));
  expect(refused.errors?.[0]).toMatchObject({
    message: 'ERP tenant "pinless" has no PIN.',
    extensions: { code: 'MISCONFIGURED', source: 'erp:pinless' },
  });
  const counted = await metrics.metrics();
  expect(counted).toContain('gateway_erp_schema_refresh_failed{tenant="acme"} 0');
  expect(counted).toContain('gateway_erp_schema_refresh_failed{tenant="pinless"} 1');
  expect(counted).toContain('gateway_graphql_errors_total{code="MISCONFIGURED",source="erp"}');
  expect(gateway.log()).toContain('ERP tenant \\"pinless\\" has no PIN.');
});

test('its settings are part of their section, and unknown without the kind', async () => {
  await using sandbox = await startSandbox({ customers: 1 });
  await using written = await writeTestConfig({
    sandbox,
    tokenKinds,
    edit: (file) => {
      for (const tenant of tenantsOf(file)) Object.assign(tenant, { grant: 'pin', pin: '0042' });
    },
  });

  expect(written.config.erp.tenants[0]).toMatchObject({ grant: 'pin', pin: '0042' });
  expect(() => loadConfig({ text: written.text.replace('grant: pin', 'grant: pine'), env: {}, tokenKinds })).toThrow(
    'erp.tenants[0].grant "pine" is not one of the known words; write tenant, client_credentials, x3-jwt, x3-cloud or pin',
  );
  expect(() => loadConfig({ text: written.text, env: {} })).toThrow('erp.tenants[0].pin is not a setting');
});

test('a second kind for a section with one is chosen by the setting `tokens`, and the first without', async () => {
  const asked: string[] = [];
  const counted: NetworkTokenKind = {
    ...clientCredentials,
    name: 'counted',
    settings: { counter: text().optional().describe('What is counted by.') },
    create(options) {
      const tokens = clientCredentials.create(options);
      return {
        ...tokens,
        get() {
          asked.push(String(Reflect.get(options.settings, 'counter')));
          return tokens.get();
        },
      };
    },
  };
  await using sandbox = await startSandbox({ customers: 1 });
  const ask = async (settings: object) => {
    const edit = (file: Record<string, Record<string, unknown>>) => void Object.assign(file['network'] ?? {}, settings);
    await using gateway = await startTestGateway({ sandbox, tokenKinds: [...TOKEN_KINDS, counted], edit });
    return await gateway.query('{ paymentsOut { providerApi { provider { name } } } }');
  };

  const usual = await ask({});
  const none = [...asked];
  const chosen = await ask({ tokens: 'counted', counter: 'fingers' });

  expect(none).toEqual([]);
  expect(new Set(asked)).toEqual(new Set(['fingers']));
  expect(chosen.errors).toBeUndefined();
  expect(chosen).toEqual(usual);
});
