import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 10 });
  gateway = await startTestGateway({ sandbox });
  await warmUp(gateway);
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

const filtered = (type: string, filter: string, count: number) =>
  `query ($v: ${type}) { sage200 { ${many(count, (index) => `a${index}: customers(first: 1, filter: ${filter}) { totalCount }`)} } }`;

const codesOf = ({ errors = [] }: Answer) => [...new Set(errors.map(({ extensions }) => extensions['code']))];

/** Requests for rows that Sage 200 got from an operation. */
async function asked(query: string, v: unknown): Promise<{ answer: Answer; requests: number }> {
  sandbox.sage200.clearRequests();
  const answer = await gateway.query(query, { variables: { v } });
  return { answer, requests: sandbox.sage200.requests().filter(({ path }) => path.includes('/customers')).length };
}

describe('a value that is defined once and used often', () => {
  const NAMES = Array.from({ length: 300 }, (_, index) => `Name ${index}`);
  const LISTS = 'fragment L on Sage200 { a: customers(filter: { name: { in: $v } }) { totalCount } }';

  test.each([
    ['in a list of values', filtered('[String!]', '{ name: { in: $v } }', 90), NAMES],
    [
      'in a list of filters',
      filtered('[Sage200CustomerFilter!]', '{ or: $v }', 90),
      NAMES.map((eq) => ({ name: { eq } })),
    ],
    ['as a whole filter', filtered('Sage200CustomerFilter', '$v', 90), { name: { in: NAMES } }],
    [
      'through fragments',
      `query ($v: [String!]) { ${many(24, (index) => `s${index}: sage200 { ...L ...M }`)} }
       fragment M on Sage200 { b: customers(filter: { name: { in: $v } }) { totalCount } c: customers(filter: { name: { in: $v } }) { totalCount } } ${LISTS}`,
      NAMES,
    ],
  ])('counts as often as it is used: %s', async (_name, query, v) => {
    for (const time of ['unknown', 'compiled', 'known']) {
      const { answer, requests } = await asked(query, v);
      expect(codesOf(answer), time).toEqual(['COST_EXCEEDED']);
      expect(answer.errors?.[0]?.message).toContain('limits.values');
      expect(requests).toBe(0);
    }
  });

  test("counts once in an operation that uses it once, whatever the document's other operations do", async () => {
    const query = `${filtered('[String!]', '{ name: { in: $v } }', 90).replace('query', 'query Often')}
      query Once($v: [String!]) { sage200 { customers(filter: { name: { in: $v } }) { totalCount } } }`;
    const post = async (operationName: string, v: readonly string[]): Promise<Answer> =>
      (await gateway.post({ query, operationName, variables: { v } })).json() as Promise<Answer>;

    expect((await post('Once', NAMES.slice(0, 200))).errors).toBeUndefined();
    expect(codesOf(await post('Often', NAMES))).toEqual(['COST_EXCEEDED']);
  });
});

describe('a text that does not fit a URL', () => {
  test.each(['eq', 'ne', 'contains', 'startsWith', 'endsWith', 'gt'])(
    'is refused and not sent, as an operand of %s',
    async (operator) => {
      const { answer, requests } = await asked(
        filtered('String', `{ name: { ${operator}: $v } }`, 20),
        "'".repeat(9_000),
      );

      expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
      expect(answer.errors?.[0]?.message).toBe('A text to compare with has 8000 characters at most.');
      expect(requests).toBe(0);
    },
  );

  test('is refused and not sent, in a list and among many short texts', async () => {
    const long = await asked(filtered('[String!]', '{ name: { in: $v } }', 2), ['a', 'b'.repeat(9_000)]);
    expect(codesOf(long.answer)).toEqual(['BAD_USER_INPUT']);
    expect(long.requests).toBe(0);

    const filters = Array.from({ length: 500 }, (_, index) => ({ name: { contains: `${index}`.padEnd(100, 'x') } }));
    for (const operator of ['and', 'or']) {
      const { answer, requests } = await asked(filtered('[Sage200CustomerFilter!]', `{ ${operator}: $v }`, 2), filters);
      expect(codesOf(answer), operator).toEqual(['BAD_USER_INPUT']);
      expect(answer.errors?.[0]?.message).toMatch(/^This filter has more than 32000 characters in Sage 200's syntax/);
      expect(requests).toBe(0);
    }
  });

  test('with the length of a column is found', async () => {
    const { answer, requests } = await asked(filtered('String', '{ name: { ne: $v } }', 1), 'x'.repeat(1_000));

    expect(answer.errors).toBeUndefined();
    expect(requests).toBe(1);
  });
});

describe('to disconnect', () => {
  // Read before anybody knows who it is: a parser takes more than a second over a megabyte of brackets.
  test.each([
    ['brackets', '['.repeat(900_000)],
    ['pairs of brackets', '['.repeat(400_000) + ']'.repeat(400_000)],
    ['a name in blanks', `${' '.repeat(2_000)}{"connection":"sandbox"}`],
  ])('a body with more than a name is refused without reading it: %s', async (_name, body) => {
    const response = await fetch(`${gateway.url}/connect/sage200/disconnect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });

    expect(response.status).toBe(400);
    expect(await response.text()).toContain('The body must only contain a name.');
    expect((await gateway.query('{ sage200 { currentUser { logonName } } }')).errors).toBeUndefined();
  });
});
