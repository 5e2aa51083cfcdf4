import { getIntrospectionQuery } from 'graphql';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { createGraph, printGatewaySchema } from '../../src/graph/index.ts';
import { GatewayError } from '../../src/kit/errors/index.ts';
import { loadSdl } from '../../src/kit/load-sdl.ts';
import type { Principal } from '../../src/kit/principal.ts';
import { printShownSchema } from '../../src/kit/print-schema.ts';
import { createSage200, mayUse } from '../../src/subschemas/sage200/index.ts';
import { ask, caller, startWorld, subschemasOf, TENANT_SDL, tenantRoot } from './world.ts';

const silent = pino({ level: 'silent' });

test('names that the tenant uses stay the tenant’s; the gateway’s are left out and reported', async () => {
  const sdl = `${TENANT_SDL}
    interface Node { _id: Id }
    extend type Query { node(key: String): Sales }
    extend type Mutation { sage200: String }`;
  const root = { ...tenantRoot(), node: { order: 'theirs' }, sage200: 'theirs' };
  await using world = await startWorld({ tenants: { acme: { sdl, root } } });

  const ours = await world.ask('{ sage200 { id } gateway { tenants { collisions } } }');
  const theirs = await world.ask('{ node(key: "x") { order } }');
  const mixed = await world.ask('{ node(key: "x") { order } sage200 { customer(reference: "A") { id } } }');
  const mutation = await world.ask('mutation { sage200 }');

  expect(ours.data).toEqual({
    sage200: { id: 'company:1' },
    gateway: { tenants: [{ collisions: ['Node', 'Query.node', 'Mutation.sage200'] }] },
  });
  expect(theirs.data).toEqual({ node: { order: 'theirs' } });
  expect(mixed.data).toEqual({ node: { order: 'theirs' }, sage200: { customer: { id: 'customer:A' } } });
  expect(mutation.data).toEqual({ sage200: 'theirs' });
  const printed = printShownSchema(await world.graph.schemaFor('acme'));
  expect(printed).toContain('interface Node {\n  _id: Id\n}');
  expect(printed).not.toMatch(/nodes\(|implements Node/);
  expect(world.lines.join()).toContain('Query.node');
});

test('one schema of both is shown, with the tenant’s names', async () => {
  const sdl = TENANT_SDL.replace('type Query', 'schema { query: TheirRoot mutation: Mutation } type TheirRoot');
  await using world = await startWorld({ tenants: { acme: { sdl, root: tenantRoot() } } });

  const introspected = await world.ask(getIntrospectionQuery());
  const fragment = await world.ask(
    '{ __typename ...F } fragment F on TheirRoot { xtremSales { order } gateway { me { id } } }',
  );

  const names = JSON.stringify(introspected.data);
  for (const name of ['TheirRoot', 'Color_EnumInput', 'Sage200Customer', 'GatewayTenant'])
    expect(names).toContain(`"${name}"`);
  expect(fragment.data).toEqual({
    __typename: 'TheirRoot',
    xtremSales: { order: 'SO1' },
    gateway: { me: { id: 'key:web-shop' } },
  });
});

test('node and nodes go to Sage 200, each id failing alone', async () => {
  await using world = await startWorld();

  const { data, errors } = await world.ask(`{
    node(id: "customer:A") { id ... on Sage200Customer { reference } }
    nodes(ids: ["customer:B", "nonsense", "customer:gone"]) { id }
  }`);
  const many = await world.ask('query($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    variables: { ids: Array.from({ length: 101 }, () => 'customer:A') },
  });

  expect(data).toEqual({ node: { id: 'customer:A', reference: 'A' }, nodes: [{ id: 'customer:B' }, null, null] });
  expect(errors).toMatchObject([{ path: ['nodes', 1], message: 'That is not a global id.' }]);
  expect(many.errors?.[0]?.message).toContain('at most');
});

test('gateway shows a caller its identity and the state of its upstreams, and nothing about others', async () => {
  const connections = [
    { name: 'finance', state: 'needs_consent', consentedAt: 0, lastError: { code: 'NEEDS_CONSENT', at: 1_000 } },
    { name: 'payroll', state: 'connected', refreshExpiresAt: 86_400_000 },
  ] as const;
  await using world = await startWorld({
    tenants: { acme: { sdl: TENANT_SDL }, globex: { sdl: TENANT_SDL } },
    connections,
  });
  const tokens = { get: () => Promise.reject(new Error('unused')), drop: () => {} };
  const principal = caller({
    readOnly: true,
    companies: [{ site: 's', company: '1' }],
    sage200: { key: 'connection:finance', connection: 'finance', tokens },
  });
  const source = `{ gateway {
    me { id kind readOnly admin companies { site company } tenants }
    connections { name state consentedAt refreshExpiresAt lastError { code at } }
    tenants { name state schemaDigest schemaAge lastError { code } collisions }
  } }`;
  world.stub.tenant('globex').misbehave('cut');
  await world.graph.schemaFor('acme');

  const mine = await world.ask(source, { principal });
  const all = await world.ask('{ gateway { connections { name } me { companies { site } } } }', {
    principal: caller({ admin: true }),
  });

  expect(mine).toEqual({
    data: {
      gateway: {
        me: {
          id: 'key:web-shop',
          kind: 'API_KEY',
          readOnly: true,
          admin: false,
          companies: [{ site: 's', company: '1' }],
          tenants: ['acme'],
        },
        connections: [
          {
            name: 'finance',
            state: 'NEEDS_CONSENT',
            consentedAt: '1970-01-01T00:00:00.000Z',
            refreshExpiresAt: null,
            lastError: { code: 'NEEDS_CONSENT', at: '1970-01-01T00:00:01.000Z' },
          },
        ],
        tenants: [
          {
            name: 'acme',
            state: 'READY',
            schemaDigest: expect.any(String),
            schemaAge: 0,
            lastError: null,
            collisions: [],
          },
        ],
      },
    },
  });
  expect(all.data).toEqual({
    gateway: { connections: [{ name: 'finance' }, { name: 'payroll' }], me: { companies: null } },
  });
});

test('companies of connections are requested only if selected, separately, and shown if the caller may use them', async () => {
  const asked: string[] = [];
  const opens = (name: string, ...companies: string[]) => ({
    name,
    state: 'connected' as const,
    readCompanies: async ({ principal }: { readonly principal: Principal }) => {
      asked.push(name);
      if (companies.length === 0)
        throw new GatewayError('NEEDS_CONSENT', 'Sign in again.', {
          source: 'sage200',
          connectUrl: '/connect/sage200',
        });
      return companies
        .map((company) => ({ site: 's', company, companyName: `Company ${company}`, siteName: 'Leeds' }))
        .filter((each) => mayUse(principal, each));
    },
  });
  await using world = await startWorld({
    connections: [opens('finance', '1', '2'), opens('leaver'), { name: 'never-asked', state: 'connected' }],
  });

  await world.ask('{ gateway { connections { name state } } }', { principal: caller({ admin: true }) });
  const askedBefore = [...asked];
  const all = await world.ask('{ gateway { connections { name companies { site company name siteName } } } }', {
    principal: caller({ admin: true }),
  });
  const few = await world.ask('{ gateway { connections { companies { company } } } }', {
    principal: caller({ admin: true, companies: [{ site: 's', company: '2' }] }),
  });

  expect(askedBefore).toEqual([]);
  const company = (id: string) => ({ site: 's', company: id, name: `Company ${id}`, siteName: 'Leeds' });
  expect(all.data).toEqual({
    gateway: {
      connections: [
        { name: 'finance', companies: [company('1'), company('2')] },
        { name: 'leaver', companies: null },
        { name: 'never-asked', companies: null },
      ],
    },
  });
  expect(all.errors).toMatchObject([{ path: ['gateway', 'connections', 1, 'companies'], message: 'Sign in again.' }]);
  expect(few.data).toMatchObject({ gateway: { connections: [{ companies: [{ company: '2' }] }, {}, {}] } });
});

test('the real Sage 200 types and the gateway’s form one valid schema that can be printed', async () => {
  await using world = await startWorld();
  const sage200 = createSage200({
    sdl: loadSdl(new URL('../../schema/sage200/', import.meta.url)),
    product: 'professional',
    baseUrl: 'http://127.0.0.1:9',
    deadlineMs: 1_000,
    maxFilterTerms: 60,
    maxUrlBytes: 2_000,
    send: () => Promise.reject(new Error('nothing is asked')),
  });
  const { erp } = world;
  const graph = createGraph({ subschemas: subschemasOf(sage200, erp), log: silent });

  const printed = printGatewaySchema(subschemasOf(sage200, erp));
  const answer = await ask(graph, '{ gateway { me { id } } xtremSales { order } }');

  expect(printed).toContain('type Sage200Customer implements Node');
  expect(answer.data).toEqual({ gateway: { me: { id: 'key:web-shop' } }, xtremSales: { order: 'SO1' } });
});
