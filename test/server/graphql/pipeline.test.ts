import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/kit/errors/index.ts';
import { type Sandbox, startSandbox } from '../../../src/sandbox/index.ts';
import type { GraphqlRequest, Phase } from '../../../src/server/index.ts';
import { startTestGateway, type TestGateway, warmUp } from '../../support/test-gateway.ts';

const CUSTOMERS = '{ sage200 { customers(first: 2) { nodes { id name } } } }';
const ITEMS = '{ xtremMasterData { item { query(first: 2) { edges { node { _id } } } } } }';
const PAGE = 'query Page($first: Int!) { sage200 { customers(first: $first) { totalCount } } }';
const RENAME = 'mutation Rename { sage200 { updateCustomer(id: "1", input: { name: "x" }) { userErrors { code } } } }';

const REFUSED = 'refused by a phase';

/** What the phase under test saw since the last test began. */
const seen: string[] = [];
const note = (hook: string, { operation }: GraphqlRequest, more = '') =>
  seen.push([hook, operation?.kind, operation?.name, more].filter(Boolean).join(' '));

const looksOn: Phase = {
  onRequest(request) {
    note('request', request);
    if (request.exchange.headers['x-refuse'] === 'request') throw new GatewayError('FORBIDDEN', REFUSED);
  },
  onOperation(request) {
    note('operation', request);
    if (request.exchange.headers['x-refuse'] === 'operation') throw new GatewayError('FORBIDDEN', REFUSED);
  },
  onExecuted: (request, _, seconds) => note('executed', request, seconds > 0 ? '' : 'in no time'),
  onAnswer(request, { errors, failure }) {
    const codes = errors.map(({ extensions }) => String(extensions['code']));
    note('answer', request, failure instanceof GatewayError ? `thrown ${failure.code}` : codes.join(' '));
  },
};

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 10 });
  gateway = await startTestGateway({ sandbox, phases: [looksOn] });
  await warmUp(gateway);
});

beforeEach(() => {
  seen.length = 0;
});

afterAll(async () => {
  await gateway?.close();
  await sandbox?.close();
});

/** How often operations were counted so far, by the end of the metric's name. */
async function countOf(metric: string): Promise<number> {
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const [, count] = new RegExp(`^gateway_graphql_${metric} (\\d+)`, 'm').exec(text) ?? [];
  return Number(count ?? 0);
}

describe('of ten equal requests, each phase sees ten', () => {
  test.each([
    ['about Sage 200', { query: CUSTOMERS }, 'query'],
    ['about the ERP', { query: ITEMS }, 'query'],
    ['about both', { query: `{ ...S ...E } fragment S on Query ${CUSTOMERS} fragment E on Query ${ITEMS}` }, 'query'],
    [
      'of a client that names itself',
      { query: `#\n${CUSTOMERS}`, extensions: { clientLibrary: { name: 'x' } } },
      'query',
    ],
    ['with variables', { query: PAGE, variables: { first: 3 } }, 'query Page'],
  ])('%s', async (_, body, operation) => {
    const timed = (phase: string) => `duration_seconds_count\\{phase="${phase}",type="query"\\}`;
    const answered = 'requests_total\\{type="query",result="ok"\\}';
    const metrics = [answered, ...['request', 'execute', 'parse'].map(timed)];
    const before = await Promise.all(metrics.map(countOf));

    const answers = new Set<string>();
    for (let time = 0; time < 10; time += 1) answers.add(await (await gateway.post(body)).text());

    expect([...answers]).toEqual([expect.not.stringContaining('"errors"')]);
    const hooks = ['request', `operation ${operation}`, `executed ${operation}`, `answer ${operation}`];
    expect(seen).toEqual(Array.from({ length: 10 }, () => hooks).flat());
    const after = await Promise.all(metrics.map(countOf));
    const [requests, durations, executions, parses] = after.map((count, index) => count - (before[index] ?? 0));
    expect([requests, durations, executions]).toEqual([10, 10, 10]);
    // Most had a plan: they were counted all the same.
    expect(parses).toBeLessThan(5);
  });

  test('that are executed by the fallback each time', async () => {
    for (let time = 0; time < 10; time += 1) await gateway.post({ query: CUSTOMERS, extensions: { plan: true } });

    for (const hook of ['request', 'operation query', 'executed query', 'answer query']) {
      expect(seen.filter((each) => each === hook)).toHaveLength(10);
    }
    expect(seen).toHaveLength(40);
  });

  test('that change something', async () => {
    for (let time = 0; time < 10; time += 1) await gateway.post({ query: RENAME });

    expect(seen.filter((each) => each === 'operation mutation Rename')).toHaveLength(10);
    expect(seen.filter((each) => each.startsWith('answer mutation Rename'))).toHaveLength(10);
  });
});

test('an operation whose plan falls back is seen once', async () => {
  for (let time = 0; time < 5; time += 1) await gateway.post({ query: PAGE, variables: { first: 1 } });
  seen.length = 0;

  const answer = await gateway.query(PAGE, { variables: { first: 'many' } });

  expect(answer.errors).toHaveLength(1);
  const operation = 'query Page';
  expect(seen).toEqual([
    'request',
    `operation ${operation}`,
    `executed ${operation}`,
    `answer ${operation} BAD_USER_INPUT`,
  ]);
});

test('an unreadable request has no operation, and is seen to its end', async () => {
  await gateway.post({ query: '{ sage200 {' });

  expect(seen).toEqual(['request', 'answer BAD_USER_INPUT']);
});

describe('a phase refuses', () => {
  test.each(['application/json', 'application/graphql-response+json'])(
    'an operation with the same message with a plan and without, as %s',
    async (accept) => {
      const query = `query Kept { ${ITEMS.slice(1)} # ${accept}`;
      const refused = async () => {
        const response = await gateway.post({ query }, { accept, 'x-refuse': 'operation' });
        const body = (await response.text()).replace(/"requestId":"[^"]*"/, '');
        return { status: response.status, type: response.headers.get('content-type'), body };
      };

      const cold = await refused();
      for (let time = 0; time < 5; time += 1) await gateway.post({ query });
      seen.length = 0;
      const warm = await refused();

      expect(warm).toEqual(cold);
      expect(warm.body).toContain(REFUSED);
      expect(seen).toEqual(['request', 'operation query Kept', 'answer query Kept FORBIDDEN']);
    },
  );

  test('a request before it is parsed', async () => {
    const response = await gateway.post({ query: CUSTOMERS }, { 'x-refuse': 'request' });

    expect(response.status).toBe(403);
    expect(seen).toEqual(['request', 'answer thrown FORBIDDEN']);
  });
});
