import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, fetchExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { type DocumentNode, parse, print } from 'graphql';
import {
  type ConcreteRequest,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  type GraphQLResponse,
  Network,
  RecordSource,
  Store,
} from 'relay-runtime';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../examples/apollo-client.ts';
import { cacheKeys, dataIds, type Schema } from '../../src/client-caches.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { compileRelayApp } from '../relay/compile-app.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

/** Two parts of a page: each asks both systems, and both have an "ABS001". */
const CUSTOMER = parse(`
  query Customer {
    sage200 { customers(filter: { reference: { eq: "ABS001" } }) { nodes { id name } } }
    xtremMasterData { customer { query(first: 1, filter: "{id: 'ABS001'}") { edges { node { _id id name } } } } }
  }
`);
const ENTITY = parse(`
  query Entity {
    sage200 { products(first: 1) { nodes { id code } } }
    xtremMasterData { businessEntity { query(first: 1, filter: "{id: 'ABS001'}") { edges { node { _id id country { _id id } } } } } }
  }
`);
let sandbox: Sandbox;
let gateway: TestGateway;
let schema: Schema;
let uri: string;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  gateway = await startTestGateway({ sandbox });
  uri = `${gateway.url}/graphql`;
  await warmUp(gateway);
  schema = (await (await fetch(`${gateway.url}/schema.json`)).json()) as Schema;
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

/** What the query answers without any cache. */
const answerTo = async (document: DocumentNode) => (await gateway.query(print(document))).data;

/** Cached data without what caches add. */
const bare = (data: unknown): unknown =>
  JSON.parse(JSON.stringify(data), (key, value: unknown) => (key === '__typename' ? undefined : value));

test('Apollo Client merges what two queries read from both systems', async () => {
  const apollo = createClient({ uri, schema });

  await Promise.all([CUSTOMER, ENTITY].map((query) => apollo.query({ query })));

  const cached = [CUSTOMER, ENTITY].map((query) => bare(apollo.readQuery({ query })));
  expect(cached).toEqual(await Promise.all([CUSTOMER, ENTITY].map(answerTo)));
  const rows = Object.keys(apollo.cache.extract() as object);
  expect(rows.filter((key) => /^(Customer|BusinessEntity):\{"_id":"\d+"\}$/.test(key))).toHaveLength(2);
  expect(rows.filter((key) => key.includes('ABS001'))).toEqual([]);
});

test('urql’s Graphcache merges what two queries read from both systems', async () => {
  const urql = new Client({
    url: uri,
    preferGetMethod: false,
    exchanges: [cacheExchange({ keys: cacheKeys(schema) }), fetchExchange],
  });

  await Promise.all([CUSTOMER, ENTITY].map((query) => urql.query(query, {}).toPromise()));

  const cached = [CUSTOMER, ENTITY].map((query) => bare(urql.readQuery(query, {})?.data));
  expect(cached).toEqual(await Promise.all([CUSTOMER, ENTITY].map(answerTo)));
});

test("Relay separates a customer and the tenant's business entity, and merges what two queries read", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-relay-cache-'));
  try {
    const sdl = await (await fetch(`${gateway.url}/schema.graphql`)).text();
    await compileRelayApp(folder, sdl, 'cached');
    const [customer, entity] = await Promise.all(
      ['Customer', 'Entity'].map(async (name): Promise<ConcreteRequest> => {
        const path = join(folder, `src/__generated__/cached${name}Query.graphql.ts`);
        return ((await import(path)) as { default: ConcreteRequest }).default;
      }),
    );
    if (!customer || !entity) throw new Error('Both queries are compiled.');
    const texts = JSON.parse(await readFile(join(folder, 'documents.json'), 'utf8')) as Record<string, string>;
    const textOf = ({ id }: { readonly id: string | null }) => texts[id ?? ''] ?? '';
    const network = Network.create(async (params, variables) => {
      const response = await gateway.post({ query: textOf(params), variables });
      return (await response.json()) as GraphQLResponse;
    });
    const environment = new Environment({ network, store: new Store(new RecordSource()), getDataID: dataIds(schema) });

    await Promise.all([customer, entity].map((query) => fetchQuery(environment, query, {}).toPromise()));

    const read = (query: ConcreteRequest) => {
      const operation = createOperationDescriptor(query, {});
      expect(environment.check(operation).status).toBe('available');
      return bare(environment.lookup(operation.fragment).data);
    };
    const documents = [customer, entity].map(({ params }) => parse(textOf(params)));
    expect([read(customer), read(entity)]).toEqual(await Promise.all(documents.map(answerTo)));
    const ids = environment.getStore().getSource().getRecordIDs();
    expect(ids.filter((id) => /^(Customer|BusinessEntity):\d+$/.test(id))).toHaveLength(2);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
