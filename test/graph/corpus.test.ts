import fc from 'fast-check';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';
import { type CorpusDocument, READING, WRITING, WRONG } from './corpus-documents.ts';
import { documentsOf } from './generate-document.ts';

/** Two of the same: what is written through the gateway is written to the other one directly. */
let direct: Sandbox;
let behind: Sandbox;
let gateway: TestGateway;
let send: (document: CorpusDocument) => Promise<Answer>;

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: {
    readonly message: string;
    readonly path?: unknown;
    readonly extensions?: Record<string, unknown>;
  }[];
  readonly extensions?: unknown;
}

beforeAll(async () => {
  [direct, behind] = await Promise.all([startSandbox({ customers: 40 }), startSandbox({ customers: 40 })]);
  gateway = await startTestGateway({
    sandbox: behind,
    edit: (file) => Object.assign(file, { limits: { aliases: 10_000, tokens: 100_000, depth: 100 } }),
  });
  await warmUp(gateway);
  send = await directSender(direct);
});

afterAll(async () => {
  await gateway.close();
  await Promise.all([direct.close(), behind.close()]);
});

async function directSender(sandbox: Sandbox): Promise<typeof send> {
  const [tenant] = sandbox.credentials.erp;
  const post = async (url: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown> => {
    const options = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    return (await fetch(url, { ...options, body: JSON.stringify(body) })).json();
  };
  const { clientId, clientSecret, tenantId, tokenUrl = '' } = tenant ?? {};
  const token = (await post(tokenUrl, { clientId, clientSecret, tenantId })) as {
    accessToken: string;
    urls: { graphQL: string };
  };
  return async ({ source, variables, operationName }) =>
    (await post(
      token.urls.graphQL,
      { query: source, variables, operationName },
      { authorization: `Bearer ${token.accessToken}` },
    )) as Answer;
}

async function through({ source, variables, operationName }: CorpusDocument): Promise<Answer> {
  const response = await gateway.post({ query: source, variables, operationName });
  return (await response.json()) as Answer;
}

/** What the gateway adds to errors is taken off, and what no two tenants have in common. */
function comparable({ errors, ...rest }: Answer): unknown {
  const bare = errors?.map(({ extensions, ...error }) => {
    const { code: _code, source: _source, requestId: _requestId, ...own } = extensions ?? {};
    return { ...error, ...(Object.keys(own).length > 0 && { extensions: own }) };
  });
  const text = JSON.stringify({ ...rest, ...(bare && { errors: bare }) });
  return JSON.parse(text.replaceAll(/"trackingId":"[^"]+"/g, '"trackingId":"some"'));
}

const named = (documents: readonly CorpusDocument[]) => documents.map((each) => [each.name, each] as const);

test('the corpus has a document for each fact', () => {
  expect(READING.length + WRITING.length + WRONG.length).toBeGreaterThanOrEqual(150);
});

describe('sent directly and through the gateway: the same data, the same errors', () => {
  test.each(named(READING))('reading: %s', async (_name, document) => {
    expect(comparable(await through(document))).toEqual(comparable(await send(document)));
  });

  test.each(named(WRONG))('a fault: %s', async (_name, document) => {
    const answer = await through(document);

    expect(comparable(answer)).toEqual(comparable(await send(document)));
    expect(answer.errors?.every(({ extensions }) => extensions?.['code'] && extensions['source'])).toBe(true);
  });

  test.each(named(WRITING))('writing: %s', async (_name, document) => {
    expect(comparable(await through(document))).toEqual(comparable(await send(document)));
  });
});

describe('beside a field of Sage 200', () => {
  const beside = (document: CorpusDocument): CorpusDocument => ({
    ...document,
    source: document.source.replace(/\{/, '{ ours: sage200 { id } '),
  });
  const canStandBeside = ({ source, operationName }: CorpusDocument) =>
    /^\s*(query[^{]*)?\{/.test(source) &&
    operationName === undefined &&
    !/^query[^{]*=[^{]*\{[^}]*\}\s*\)/.test(source);

  test.each(named(READING.filter(canStandBeside)))('%s', async (_name, document) => {
    const alone = await send(document);
    if (!alone.data) return;

    const { data, errors, extensions } = await through(beside(document));

    const { ours, ...theirs } = data ?? {};
    expect(ours).toEqual({ id: expect.any(String) });
    expect(theirs).toEqual(alone.data);
    const told = (all: Answer['errors']) => all?.map(({ message, path }) => ({ message, path }));
    expect(told(errors)).toEqual(told(alone.errors));
    expect(extensions).toEqual(alone.extensions);
  });
});

/** More of them when asked for. */
const RUNS = Number(process.env['CORPUS_RUNS'] ?? 150);

test('documents nobody thought of, alone and beside Sage 200: the same as sent directly', {
  timeout: RUNS * 200,
}, async () => {
  const { data: introspection } = await send({ name: 'introspection', source: getIntrospectionQuery() });
  const schema = buildClientSchema(introspection as unknown as IntrospectionQuery);
  let withData = 0;

  await fc.assert(
    fc.asyncProperty(documentsOf(schema), async (document) => {
      const [theirs, ours] = await Promise.all([send(document), through(document)]);
      expect(comparable(ours)).toEqual(comparable(theirs));
      if (!theirs.data) return;
      withData += 1;

      const mixed = document.source
        .replace('{', '{ first: sage200 { __typename ...Company } ')
        .concat(' fragment Company on Sage200 { id sites { totalCount } }');
      const { first, ...rest } = (await through({ ...document, source: mixed })).data ?? {};
      expect(first).toMatchObject({ __typename: 'Sage200', id: expect.any(String) });
      expect(rest).toEqual(theirs.data);
    }),
    { numRuns: RUNS },
  );

  expect(withData).toBeGreaterThan(RUNS / 2);
});
