import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
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

function apollo({ url }: TestGateway, useGETForHashedQueries: boolean): Ask {
  const link = ApolloLink.from([
    new PersistedQueryLink({ sha256, useGETForHashedQueries }),
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

function urql({ url }: TestGateway, preferGetForPersistedQueries: boolean): Ask {
  const exchanges = [persistedExchange({ preferGetForPersistedQueries }), fetchExchange];
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
])('%s sends a text once, and from then on its hash', async (_, connect, requests) => {
  await using gateway = await startTestGateway({ sandbox });
  const ask = connect(gateway);

  const answers = [await ask(1), await ask(2), await ask(3)];

  expect(answers).toEqual([1, 2, 3].map((nodes) => ({ nodes, error: undefined })));
  expect(sent).toEqual(requests);
});

test.each<[string, (gateway: TestGateway) => Ask]>([
  ['Apollo Client', (to) => apollo(to, false)],
  ['urql', (to) => urql(to, false)],
])('%s sends texts alone to a gateway that keeps none', async (_, connect) => {
  await using gateway = await startTestGateway({
    sandbox,
    edit: (file) => Object.assign(file, { documents: { automatic: false } }),
  });
  const ask = connect(gateway);

  const answers = [await ask(1), await ask(2)];

  expect(answers).toEqual([1, 2].map((nodes) => ({ nodes, error: undefined })));
  expect(sent).toEqual(['POST hash', 'POST text', 'POST text']);
});
