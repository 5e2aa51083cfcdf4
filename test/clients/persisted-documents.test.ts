import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { generate } from '@graphql-codegen/cli';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { print } from 'graphql';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import { BothSystems } from './documents.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
});

afterAll(() => sandbox?.close());

/** What the client under test has sent: how, and whether with a text. */
let sent: string[];

beforeEach(() => {
  sent = [];
});

const recordingFetch: typeof fetch = (input, init) => {
  const { method = 'GET', body } = init ?? {};
  const { searchParams } = new URL(String(input));
  const hasText = typeof body === 'string' ? 'query' in JSON.parse(body) : searchParams.has('query');
  sent.push(`${method} ${hasText ? 'text' : 'hash'}`);
  return fetch(input, init);
};

const sha256 = async (text: string) => createHash('sha256').update(text).digest('hex');

type Ask = (first: number) => Promise<{ readonly nodes: number | undefined; readonly error: unknown }>;

const ALL_ERRORS = {
  query: { errorPolicy: 'all' },
  watchQuery: { errorPolicy: 'all' },
  mutate: { errorPolicy: 'all' },
} as const;

type Hash = (text: string) => Promise<string>;

function apollo({ url }: TestGateway, useGETForHashedQueries: boolean, hash: Hash = sha256): Ask {
  const link = ApolloLink.from([
    new PersistedQueryLink({ sha256: hash, useGETForHashedQueries }),
    new HttpLink({ uri: `${url}/graphql`, fetch: recordingFetch }),
  ]);
  const client = new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: ALL_ERRORS });
  return async (first) => {
    const { data, error } = await client.query({
      query: BothSystems,
      variables: { first },
      fetchPolicy: 'no-cache',
    });
    return { nodes: data?.sage200?.customers?.nodes?.length, error };
  };
}

function urql({ url }: TestGateway, preferGetForPersistedQueries: boolean, hash: Hash = sha256): Ask {
  const generateHash = (text: string) => hash(text);
  const exchanges = [persistedExchange({ preferGetForPersistedQueries, generateHash }), fetchExchange];
  const client = new Client({ url: `${url}/graphql`, exchanges, fetch: recordingFetch, preferGetMethod: false });
  return async (first) => {
    const { data, error } = await client.query(BothSystems, { first });
    return { nodes: data?.sage200?.customers?.nodes?.length, error };
  };
}

test.each<[string, (gateway: TestGateway) => Ask, string[]]>([
  ['Apollo Client by POST', (to) => apollo(to, false), ['POST hash', 'POST text', 'POST hash', 'POST hash']],
  ['Apollo Client by GET', (to) => apollo(to, true), ['GET hash', 'POST text', 'GET hash', 'GET hash']],
  ['urql by POST', (to) => urql(to, false), ['POST hash', 'POST text', 'POST hash', 'POST hash']],
  ['urql by GET', (to) => urql(to, true), ['GET hash', 'GET text', 'GET hash', 'GET hash']],
])('%s sends a text once, and after that its hash', async (_, connect, requests) => {
  await using gateway = await startTestGateway({ sandbox });
  const ask = connect(gateway);

  const answers = [await ask(1), await ask(2), await ask(3)];

  expect(answers).toEqual([1, 2, 3].map((nodes) => ({ nodes, error: undefined })));
  expect(sent).toEqual(requests);
});

test.each<[string, (gateway: TestGateway) => Ask]>([
  ['Apollo Client', (to) => apollo(to, false)],
  ['urql', (to) => urql(to, false)],
])('%s sends only texts to a gateway that stores none', async (_, connect) => {
  await using gateway = await startTestGateway({
    sandbox,
    edit: (file) => Object.assign(file, { documents: { automatic: false } }),
  });
  const ask = connect(gateway);

  const answers = [await ask(1), await ask(2)];

  expect(answers).toEqual([1, 2].map((nodes) => ({ nodes, error: undefined })));
  expect(sent).toEqual(['POST hash', 'POST text', 'POST text']);
});

/** A manifest that the tool of Apollo Client makes of the documents in a folder. */
async function apolloManifest(folder: string): Promise<string> {
  const tool = fileURLToPath(
    new URL('../../node_modules/@apollo/generate-persisted-query-manifest/cli.js', import.meta.url),
  );
  const config = { documents: ['*.graphql'], output: 'manifest.json' };
  await writeFile(join(folder, 'persisted-query-manifest.config.json'), JSON.stringify(config));
  await promisify(execFile)(process.execPath, [tool], { cwd: folder });
  return join(folder, 'manifest.json');
}

/** The map that GraphQL Code Generator makes, as users of urql have it. */
async function codegenMap(folder: string): Promise<string> {
  // As much of the schema as the document names: nothing but the document goes into the map.
  const schema = `scalar Sage200Decimal input Condition { gt: String } input Filter { balance: Condition }
    type Query { sage200: Company xtremMasterData: Package } type Company { id: ID! customers(first: Int, filter: Filter): Customers }
    type Customers { nodes: [Sage200Customer] } type Package { customer: Node } type Node { query(first: Int): Page }
    type Sage200Customer { id: ID! sageId: ID reference: String name: String balance: Sage200Decimal }
    type Page { totalCount: Int edges: [Edge] } type Edge { node: Customer } type Customer { _id: ID id: String name: String }`;
  await generate({
    silent: true,
    schema,
    documents: join(folder, '*.graphql'),
    generates: { [`${folder}/made/`]: { preset: 'client', presetConfig: { persistedDocuments: true } } },
  });
  return join(folder, 'made/persisted-documents.json');
}

test.each<[string, (folder: string) => Promise<string>, (to: TestGateway, hash: Hash) => Ask, string]>([
  ['Apollo Client by POST', apolloManifest, (to, hash) => apollo(to, false, hash), 'POST hash'],
  ['Apollo Client by GET', apolloManifest, (to, hash) => apollo(to, true, hash), 'GET hash'],
  ['urql by POST', codegenMap, (to, hash) => urql(to, false, hash), 'POST hash'],
  ['urql by GET', codegenMap, (to, hash) => urql(to, true, hash), 'GET hash'],
])('%s requests documents that its own tool has listed by id only', async (_, makeList, connect, request) => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-manifest-'));
  await writeFile(join(folder, 'both-systems.graphql'), print(BothSystems));
  const list = await makeList(folder);
  await using gateway = await startTestGateway({
    sandbox,
    edit: (file) => Object.assign(file, { documents: { files: [list], required: true } }),
  });
  const listed = JSON.parse(await readFile(list, 'utf8'));
  const [id = ''] = listed.operations?.map((operation: { id: string }) => operation.id) ?? Object.keys(listed);
  const ask = connect(gateway, async () => id);

  const answers = [await ask(1), await ask(2)];
  await rm(folder, { recursive: true });

  expect(answers).toEqual([1, 2].map((nodes) => ({ nodes, error: undefined })));
  expect(sent).toEqual([request, request]);
});
