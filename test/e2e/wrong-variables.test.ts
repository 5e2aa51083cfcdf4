// Every wrong variable that once cost more than a right one, and its neighbours.
import { afterAll, describe, expect, test } from 'vitest';
import { type Answer, startTestGateway } from '../support/test-gateway.ts';
import {
  codesOf,
  deep,
  expectCheap,
  FILTERED,
  FILTERED_BESIDE,
  many,
  startWorld,
  TENANT,
  unknownFields,
} from './wrong-requests-world.ts';

const world = await startWorld();
const { sandbox, gateway, post, ask, askOften } = world;
afterAll(() => world[Symbol.asyncDispose]());

describe('a variable', () => {
  test.each([
    ['alone', FILTERED],
    ['beside a tenant field', FILTERED_BESIDE],
  ])('with 4,000 unknown fields %s is refused with fifty short errors', async (_name, query) => {
    const answer = await askOften(query, { f: unknownFields(4_000) });

    expectCheap(answer);
    expect(answer.errors).toHaveLength(50);
    expect(codesOf(answer)).toEqual(['BAD_USER_INPUT']);
    expect(answer.errors?.[0]?.message).toMatch(/\$f.*"x0".*not defined by type "Sage200CustomerFilter"/);
    expect(answer.text).not.toContain('x3000');
  });

  test.each([
    ['alone', FILTERED],
    ['beside a tenant field', FILTERED_BESIDE],
  ])('with one wrong field among many right ones %s is refused without the others', async (_name, query) => {
    const or = Array.from({ length: 3_000 }, (_, index) => ({ name: { eq: `SECRET${index}` } }));

    const answer = await ask(query, { f: { or, nmae: { eq: 'x' } } });

    expectCheap(answer);
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors?.[0]?.message).toBe(
      'Variable "$f" got invalid value; Field "nmae" is not defined by type "Sage200CustomerFilter". Did you mean "name"?',
    );
    expect(answer.text).not.toContain('SECRET');
  });

  test('with one wrong field is refused with its place', async () => {
    const answer = await ask(FILTERED, { f: { or: [{ name: { eq: 'x' } }, { name: { equals: 'x' } }] } });

    expect(answer.errors?.map(({ message }) => message)).toEqual([
      'Variable "$f" got invalid value at "f.or[1].name"; Field "equals" is not defined by type "Sage200StringFilter".',
    ]);
  });

  test.each([
    [
      'alone',
      'query ($f: Sage200CustomerFilter, $n: Int!) { sage200 { customers(filter: $f, first: $n) { nodes { id } } } }',
    ],
    [
      'beside a tenant field',
      `query ($f: Sage200CustomerFilter, $n: Int!) { sage200 { customers(filter: $f, first: $n) { nodes { id } } } ${TENANT} }`,
    ],
  ])('that is missing or null but required is reported %s', async (_name, query) => {
    const missing = await ask(query, {});
    const isNull = await ask(query, { n: null });
    const text = await ask(query, { n: 'ten' });

    expect(missing.errors?.map(({ message }) => message)).toEqual([
      'Variable "$n" of required type "Int!" was not provided.',
    ]);
    expect(isNull.errors?.map(({ message }) => message)).toEqual([
      'Variable "$n" of non-null type "Int!" must not be null.',
    ]);
    expect(text.errors?.map(({ message }) => message)).toEqual([
      'Variable "$n" got invalid value; Int cannot represent non-integer value: "ten"',
    ]);
    expect(codesOf(missing)).toEqual(['BAD_USER_INPUT']);
  });
});

const NESTED: readonly (readonly [string, (open: string, close: string, inside: string) => string])[] = [
  ['300', (open, close, inside) => deep(300, open, inside, close)],
  ['5,000', (open, close, inside) => deep(5_000, open, inside, close)],
  ['100,000', (open, close, inside) => deep(100_000, open, inside, close)],
];

describe('a variable that is nested', () => {
  const QUERIES = [
    ['of Sage 200', FILTERED],
    ['beside a tenant field', FILTERED_BESIDE],
    [
      'of the tenant',
      'query ($f: String) { xtremMasterData { customer { query(filter: $f, first: 1) { totalCount } } } }',
    ],
    ['that nobody declared', '{ sage200 { customers(first: 1) { nodes { id } } } }'],
  ] as const;

  test.each(NESTED)('%s levels deep is refused with the limit, for any source', async (_name, nest) => {
    for (const [, query] of QUERIES) {
      for (const value of [nest('[', ']', '1'), nest('{"or":[', ']}', '{}'), nest('{"x":', '}', '1')]) {
        const answer = await post(`{"query":${JSON.stringify(query)},"variables":{"f":${value}}}`);

        expectCheap(answer);
        expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
        expect(answer.errors?.[0]?.message).toMatch(/more than 24 nested lists and objects .*\(limits\.depth\)/);
      }
    }
  });

  test('in unread extensions is answered or refused, and nothing else', async () => {
    for (const [, nest] of NESTED) {
      const answer = await post(`{"query":"{ __typename }","extensions":{"x":${nest('[', ']', '1')}}}`);
      expect(codesOf(answer)).not.toContain('INTERNAL');
    }
  });

  test('in a query parameter is refused too', async () => {
    const variables = `{"f":${deep(2_000, '[', '1', ']')}}`;
    const response = await fetch(
      `${gateway.url}/graphql?query=${encodeURIComponent(FILTERED)}&variables=${encodeURIComponent(variables)}`,
      { headers: { accept: 'application/json' } },
    );

    const answer = (await response.json()) as Answer;
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
  });

  test('as deep as documents may be is accepted', async () => {
    const filter = deep(11, '{"and":[', '{"name":{"eq":"x"}}', ']}');
    const answer = await post(`{"query":${JSON.stringify(FILTERED)},"variables":{"f":${filter}}}`);

    expect(answer.errors).toBeUndefined();
  });
});

describe('values', () => {
  const names = (count: number) => Array.from({ length: count }, (_, index) => `Name ${index}`);

  test.each([
    ['of Sage 200', FILTERED],
    ['beside a tenant field', FILTERED_BESIDE],
    [
      'of the tenant',
      'query ($f: String) { xtremMasterData { customer { query(filter: $f, first: 1) { totalCount } } } }',
    ],
  ])('more than 20,000 in one request are refused with the limit and its setting: %s', async (_name, query) => {
    for (const f of [
      { name: { in: names(20_001) } },
      { or: names(20_001).map(() => ({})) },
      names(20_001).map(() => []),
    ]) {
      const answer = await askOften(query, { f });

      expectCheap(answer);
      expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
      expect(answer.errors?.[0]?.message).toBe(
        'This operation has more than 20000 values in its literals and variables (limits.values). Send fewer values at a time, in several operations.',
      );
    }
  });

  test.each([
    ['unknown members of a variable', `{"f":${JSON.stringify(unknownFields(80_000))}}`, '{}'],
    ['a list that nobody declared', `{"g":[${many(80_000, () => '1', ',')}]}`, '{}'],
    ['a list in the place of all variables', `[${many(80_000, () => '1', ',')}]`, '{}'],
    ['members of one name', `{"f":{${many(80_000, () => '"x":1', ',')}}}`, '{}'],
    ['extensions', '{}', JSON.stringify(unknownFields(80_000))],
  ])('80,000 are refused before they are parsed: %s', async (_name, variables, extensions) => {
    const answer = await post(
      `{"query":${JSON.stringify(FILTERED)},"variables":${variables},"extensions":${extensions}}`,
    );

    expectCheap(answer);
    expect(answer.errors?.map(({ message }) => message)).toEqual([
      'This operation has more than 20000 values in its variables and extensions (limits.values). Send fewer values at a time, in several operations.',
    ]);
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
  });

  test('that are only commas in a text are accepted', async () => {
    const answer = await ask(FILTERED, { f: { name: { eq: `\\",${','.repeat(1_500)}` } } });
    const beside = await post(
      JSON.stringify({ query: '{ __typename }', extensions: { text: `\\",${','.repeat(90_000)}` } }),
    );

    expect(answer.errors).toBeUndefined();
    expect(beside.errors).toBeUndefined();
  });

  test('up to the limit are accepted', async () => {
    const answer = await ask('query ($f: [String]) { __typename }', { f: names(20_000) });

    expect(codesOf(answer)).not.toContain('COST_EXCEEDED');
  });

  test('in literals and in variables are counted together', async () => {
    await using small = await startTestGateway({
      sandbox,
      edit: (file) => {
        file['limits'] = { values: 10 };
      },
    });
    const query =
      'query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 1, orderBy: [{ name: ASC }]) { nodes { id } } } }';
    const asked = async (count: number) => small.query(query, { variables: { f: { name: { in: names(count) } } } });

    await asked(8);
    expect((await asked(8)).errors).toBeUndefined();
    expect((await asked(9)).errors?.[0]?.message).toMatch(/more than 10 values .*\(limits\.values\)/);
    const literals = `{ sage200 { customers(filter: { name: { in: [${names(11).map((name) => JSON.stringify(name))}] } }) { nodes { id } } } }`;
    expect((await small.query(literals)).errors?.[0]?.message).toMatch(/\(limits\.values\)/);
    const spread = `{ sage200 { ${many(3, (index) => `a${index}: customers(first: 1) { nodes { ...F } }`)} } } fragment F on Sage200Customer { sopOrders(filter: { or: [{ documentNo: { eq: "a" } }, { documentNo: { eq: "b" } }, { documentNo: { eq: "c" } }] }) { nodes { id } } }`;
    expect((await small.query(spread)).errors?.[0]?.message).toMatch(/\(limits\.values\)/);
  });
});
