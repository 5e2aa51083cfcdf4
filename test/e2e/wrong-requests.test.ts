// Longer than most, and one thing: every wrong request that once cost more than a right one, and its neighbours.
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

interface Asked extends Answer {
  readonly status: number;
  /** Of the answer, in characters. */
  readonly length: number;
  readonly text: string;
}

/** Sent as text, since some of it is too deep for JSON.stringify. */
async function post(body: string): Promise<Asked> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const text = await response.text();
  return { status: response.status, length: text.length, text, ...(JSON.parse(text) as Answer) };
}

const ask = (query: string, variables?: object): Promise<Asked> => post(JSON.stringify({ query, variables }));

const codesOf = ({ errors = [] }: Answer): string[] => [
  ...new Set(errors.map(({ extensions }) => String(extensions['code']))),
];

/** What holds for every wrong request, whatever is wrong with it. */
function expectCheap(answer: Asked): void {
  expect(codesOf(answer)).not.toContain('INTERNAL');
  expect(answer.errors?.length ?? 0).toBeGreaterThan(0);
  expect(answer.errors?.length).toBeLessThanOrEqual(50);
  expect(answer.length).toBeLessThan(1_000_000);
  // A tenant's message is its own, and may tell more.
  for (const { message, extensions } of answer.errors ?? [])
    expect(message.length).toBeLessThanOrEqual(extensions['source'] === 'gateway' ? 1_200 : 16_384);
}

const many = (count: number, make: (index: number) => string, between = ' '): string =>
  Array.from({ length: count }, (_, index) => make(index)).join(between);

const deep = (levels: number, open: string, inside: string, close: string): string =>
  open.repeat(levels) + inside + close.repeat(levels);

const TENANT = 'xtremMasterData { customer { query(first: 1) { totalCount } } }';
const FILTERED = 'query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 1) { nodes { id } } } }';
const FILTERED_BESIDE = `query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 1) { nodes { id } } } ${TENANT} }`;
const unknownFields = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, 1]));

/** The same from the first time on (not known yet), the second (compiled now) and the third. */
async function askOften(query: string, variables?: object): Promise<Asked> {
  await ask(query, variables);
  await ask(query, variables);
  return ask(query, variables);
}

describe('a variable', () => {
  test.each([
    ['alone', FILTERED],
    ['beside a tenant field', FILTERED_BESIDE],
  ])('with 4,000 unknown fields %s is refused in fifty short errors', async (_name, query) => {
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

  test('with one wrong field is told where', async () => {
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
  ])('that is missing or null where it must not be is told %s', async (_name, query) => {
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

  test.each(NESTED)('%s levels deep is refused with the limit, for whomever it is', async (_name, nest) => {
    for (const [, query] of QUERIES) {
      for (const value of [nest('[', ']', '1'), nest('{"or":[', ']}', '{}'), nest('{"x":', '}', '1')]) {
        const answer = await post(`{"query":${JSON.stringify(query)},"variables":{"f":${value}}}`);

        expectCheap(answer);
        expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
        expect(answer.errors?.[0]?.message).toMatch(
          /more than 24 lists and objects inside one another .*\(limits\.depth\)/,
        );
      }
    }
  });

  test('in extensions, which nobody reads, is answered or refused, and nothing else', async () => {
    for (const [, nest] of NESTED) {
      const answer = await post(`{"query":"{ __typename }","extensions":{"x":${nest('[', ']', '1')}}}`);
      expect(codesOf(answer)).not.toContain('INTERNAL');
    }
  });

  test('in a query parameter is refused as well', async () => {
    const variables = `{"f":${deep(2_000, '[', '1', ']')}}`;
    const response = await fetch(
      `${gateway.url}/graphql?query=${encodeURIComponent(FILTERED)}&variables=${encodeURIComponent(variables)}`,
      { headers: { accept: 'application/json' } },
    );

    const answer = (await response.json()) as Answer;
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
  });

  test('as deep as documents may be is taken', async () => {
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
  ])('80,000 are refused before anybody reads them: %s', async (_name, variables, extensions) => {
    const answer = await post(
      `{"query":${JSON.stringify(FILTERED)},"variables":${variables},"extensions":${extensions}}`,
    );

    expectCheap(answer);
    expect(answer.errors?.map(({ message }) => message)).toEqual([
      'This operation has more than 20000 values in its variables and extensions (limits.values). Send fewer values at a time, in several operations.',
    ]);
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
  });

  test('that only look like many, since they are commas of a text, are taken', async () => {
    const answer = await ask(FILTERED, { f: { name: { eq: `\\",${','.repeat(1_500)}` } } });
    const beside = await post(
      JSON.stringify({ query: '{ __typename }', extensions: { text: `\\",${','.repeat(90_000)}` } }),
    );

    expect(answer.errors).toBeUndefined();
    expect(beside.errors).toBeUndefined();
  });

  test('as many as may be are taken', async () => {
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

const inList = (argument: string): string => `{ sage200 { customers(${argument}) { nodes { id } } } }`;
const inTenantCustomer = (fields: string): string => `{ xtremMasterData { customer { ${fields} } } }`;
const inTenant = (argument: string): string => `{ xtremMasterData { customer { query(${argument}) { totalCount } } } }`;

/** Documents with everything wrong that there is room for: under five thousand tokens, or a megabyte. */
const WRONG: readonly (readonly [name: string, document: string, code?: 'COST_EXCEEDED'])[] = [
  ['a list literal 2,400 deep', inList(`first: ${deep(2_400, '[', '', ']')}`), 'COST_EXCEEDED'],
  ['a list literal 300 deep', inList(`first: ${deep(300, '[', '1', ']')}`), 'COST_EXCEEDED'],
  ['an object literal 1,200 deep', inList(`filter: ${deep(1_200, '{ not: ', '{}', '}')}`), 'COST_EXCEEDED'],
  ['a list literal 2,400 deep for the tenant', inTenant(`filter: ${deep(2_400, '[', '', ']')}`), 'COST_EXCEEDED'],
  ['a list literal that never ends', inList(`first: ${'['.repeat(4_980)}`), 'COST_EXCEEDED'],
  ['a million opening brackets', inList(`first: ${'['.repeat(900_000)}`), 'COST_EXCEEDED'],
  ['a million opening braces', '{a'.repeat(450_000), 'COST_EXCEEDED'],
  ['a deep literal in a directive', `{ sage200 @include(if: ${deep(100, '[', '', ']')}) { id } }`, 'COST_EXCEEDED'],
  [
    'a deep literal in a fragment nobody spreads',
    `{ __typename } fragment F on Query { sage200(site: ${deep(100, '[', '', ']')}) { id } }`,
    'COST_EXCEEDED',
  ],
  ['a deep default value', `query ($f: Int = ${deep(2_000, '[', '', ']')}) { __typename }`, 'COST_EXCEEDED'],
  [
    'a deep type',
    `query ($f: ${deep(2_400, '[', 'Int', ']')}) { sage200 { customers(first: $f) { nodes { id } } } }`,
    'COST_EXCEEDED',
  ],
  ['inline fragments 1,600 deep', `${deep(1_600, '{ ... ', '{ nothing }', '}')}`],
  ['1,500 unknown arguments', inList(many(1_500, (index) => `x${index}: 1`))],
  ['1,500 unknown directives', `{ sage200 { customers ${many(1_500, (index) => `@x${index}`)} { nodes { id } } } }`],
  ['1,600 unknown fields', `{ sage200 { ${many(1_600, (index) => `x${index}`)} } }`],
  ['1,600 unknown fields of the tenant', `{ xtremMasterData { ${many(1_600, (index) => `x${index}`)} } }`],
  [
    '1,600 unknown fields on both sides',
    `{ sage200 { ${many(1_600, (index) => `x${index}`)} } xtremMasterData { ${many(1_600, (index) => `x${index}`)} } }`,
  ],
  ['700 wrong fields in a literal', inList(`filter: { ${many(700, (index) => `x${index}: { eq: 1 }`)} }`)],
  [
    '100 aliases of wrong lists',
    `{ sage200 { ${many(100, (index) => `a${index}: customers(first: "x") { nothing }`)} } }`,
  ],
  ['1,000 undefined variables', inList(`filter: { or: [${many(900, (index) => `$x${index}`)}] }`)],
  ['900 variables of unknown types', `query (${many(900, (index) => `$x${index}: Nope${index}`)}) { __typename }`],
  ['900 operations of one name', many(900, () => 'query q { nothing }')],
  [
    '500 operations over 200 fragments',
    `${many(500, (index) => `query q${index} { ...f0 }`)} ${many(200, (index) => `fragment f${index} on Query { ...f${index + 1} }`)} fragment f200 on Query { sage200(site: $a) { id } }`,
  ],
  ['1,500 times the same argument', inList(many(1_500, () => 'first: 1'))],
  ['one field 4,900 times, and one wrong', `{ nothing ${many(4_900, () => '__typename')} }`],
  [
    'one list 400 times with other arguments',
    `{ sage200 { ${many(400, (index) => `customers(first: ${index + 1}) { __typename }`)} } }`,
  ],
  [
    '300 fragments that spread the next',
    `${many(300, (index) => `fragment f${index} on Sage200Customer { name nothing ...f${index + 1} }`)} fragment f300 on Sage200Customer { id } { sage200 { customers { nodes { ${many(300, (index) => `...f${index}`)} } } } }`,
  ],
  ['a huge text in the wrong place', inList(`first: "${'x'.repeat(900_000)}"`)],
  ['a huge number', inList(`first: ${'9'.repeat(900_000)}`)],
  ['a huge number with an exponent', inList('filter: { balance: { gt: 1e99999999 } }')],
  ['a huge word in the place of an enumeration', inList(`orderBy: [{ name: ${'A'.repeat(900_000)} }]`)],
  ['a huge name of a field', `{ sage200 { ${'c'.repeat(900_000)} } }`],
  ['a huge name of a root field', `{ ${'c'.repeat(40_000)} }`],
  [
    'a huge name of a variable',
    `query ($${'v'.repeat(400_000)}: Int!) { sage200 { customers(first: $${'v'.repeat(400_000)}) { nodes { id } } } }`,
  ],
  [
    'a huge alias of a field that fails',
    `{ sage200 { ${'a'.repeat(400_000)}: customers(first: -1) { nodes { id } } } }`,
  ],
  [
    '30 huge aliases of fields that fail',
    `{ sage200 { ${many(30, (index) => `${'a'.repeat(10_000)}${index}: customers(first: -1) { nodes { id } }`)} } }`,
  ],
  ['400 long names', `{ sage200 { ${many(400, (index) => `c${'x'.repeat(2_000)}${index}`)} } }`],
  ['a name of a type that is huge', `query ($v: ${'V'.repeat(900_000)}) { __typename }`],
  [
    'a megabyte of line breaks before wrong fields',
    `${'\n'.repeat(900_000)}{ ${many(1_500, (index) => `x${index}`)} }`,
  ],
  [
    'a megabyte of old line breaks before wrong fields',
    `${'\r'.repeat(900_000)}{ ${many(1_500, (index) => `x${index}`)} }`,
  ],
  [
    'a megabyte of line breaks before wrong fields of the tenant',
    `${'\n'.repeat(900_000)}{ xtremMasterData { ${many(1_500, (index) => `x${index}`)} } }`,
  ],
  ['an unclosed text of a megabyte', `{ a(b: "${'x'.repeat(900_000)}`],
  ['a megabyte of nothing that GraphQL knows', '\u0000'.repeat(150_000)],
];

describe('a wrong document at the limit of what may be sent', () => {
  test.each(WRONG)('costs little and says little: %s', async (_name, document = '', code = undefined) => {
    const answer = await ask(document);

    expectCheap(answer);
    if (code !== undefined) expect(codesOf(answer)).toEqual([code]);
  });
});

const REPEATED = /selects the same fields so often, such as "(\w+)", that they cannot be compared/;
const TOGETHER = /spreads so many fragments in one place/;
const inNodes = (fields: string): string => `{ sage200 { customers(first: 1) { nodes { ${fields} } } } }`;
const fragmentsOf = (count: number, fields: string): string =>
  many(count, (index) => `fragment f${index} on Sage200Customer { ${fields} }`);

describe('fields that would all be compared with each other', () => {
  test.each([
    ['one list 700 times', `{ sage200 { ${many(700, () => 'customers { nodes { id } }')} } }`, 'customers'],
    [
      'one list 540 times with other arguments',
      `{ sage200 { ${many(540, (index) => `customers(first: ${index + 1}) { __typename }`)} } }`,
      'customers',
    ],
    ['one tenant field 101 times', inTenantCustomer(many(150, () => 'query { totalCount }')), 'query'],
    ['25 lists 50 times each', inNodes(many(1_200, (index) => `a${index % 25} { id }`)), 'a8'],
    ['leaves with arguments', inNodes(many(150, (index) => `x(a: ${index})`)), 'x'],
    ['two leaves under one name', inNodes(`${many(99, () => 'name: id')} ${many(150, () => 'name')}`), 'name'],
    ['in a few places of few', inNodes(many(12, () => `sopOrders { ${many(12, () => 'nodes { id }')} }`)), 'nodes'],
    [
      'in inline fragments',
      inNodes(many(150, () => '... on Sage200Customer { sopOrders { nodes { id } } }')),
      'sopOrders',
    ],
    [
      'in fragments',
      `${inNodes(many(140, (index) => `...f${index}`))} ${fragmentsOf(140, 'sopOrders { nodes { id } }')}`,
      'nodes',
    ],
    [
      'in a fragment nobody spreads',
      `{ __typename } fragment f on Sage200 { ${many(150, () => 'customers { nodes { id } }')} }`,
      'customers',
    ],
    [
      'in a fragment with the name of another',
      `{ __typename } fragment f on Sage200 { ${many(150, () => 'customers { nodes { id } }')} } fragment f on Query { __typename }`,
      'customers',
    ],
    [
      'in a fragment nobody spreads that doubles',
      `{ __typename } ${many(60, (index) => `fragment f${index} on Query { a { ...f${index + 1} } b { ...f${index + 1} } }`)} fragment f60 on Query { __typename }`,
    ],
  ])('are refused before they are: %s', async (_name, document, field = undefined) => {
    const answer = await ask(document);

    expectCheap(answer);
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
    expect(answer.errors).toHaveLength(1);
    const [message, shown] = REPEATED.exec(answer.errors?.[0]?.message ?? '') ?? [];
    expect(message).toBeDefined();
    if (field !== undefined) expect(shown).toBe(field);
  });

  test.each([
    ['a few leaves', 'id name'],
    ['a leaf that does not exist', 'nothing'],
  ])('are refused when they are in too many fragments, with %s', async (_name, fields) => {
    const answer = await ask(`${inNodes(many(300, (index) => `...f${index}`))} ${fragmentsOf(300, fields)}`);

    expectCheap(answer);
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
    expect(answer.errors?.[0]?.message).toMatch(TOGETHER);
  });

  test('are refused when they are in several operations, of which one is asked for', async () => {
    const query = many(
      15,
      (index) => `query q${index} { sage200 { ${many(33, () => 'customers { nodes { id } }')} } }`,
    );
    const answer = await post(JSON.stringify({ query, operationName: 'q0' }));

    expectCheap(answer);
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
    expect(answer.errors?.[0]?.message).toMatch(REPEATED);
  });

  test('show no more than the beginning of a long name', async () => {
    const name = 'c'.repeat(4_000);
    const answer = await ask(`{ sage200 { ${many(150, () => `${name} { id }`)} } }`);

    expectCheap(answer);
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
    expect(answer.errors?.[0]?.message.length).toBeLessThan(400);
  });

  test.each([
    ['one list 100 times', `{ sage200 { ${many(100, () => 'customers(first: 1) { nodes { id } }')} } }`],
    ['one leaf 600 times', inNodes(many(600, () => 'name'))],
    [
      '90 fragments of the same row, each with leaves and a list of its own',
      `${inNodes(many(90, (index) => `...f${index}`))} ${fragmentsOf(90, '__typename id name reference sopOrders(first: 1) { nodes { id } }')}`,
    ],
    [
      'one fragment in 25 places of three fields',
      `{ sage200 { ${many(25, () => 'customers(first: 1) { nodes { ...f0 } }')} ${many(25, (index) => `a${index}: customers(first: 1) { nodes { ...f0 } }`)} } } fragment f0 on Sage200Customer { id ${many(3, () => 'sopOrders(first: 1) { nodes { id } }')} }`,
    ],
  ])('are answered when they are not that many: %s', async (_name, document) => {
    const answer = await ask(document);

    expect(answer.errors).toBeUndefined();
    expect(answer.data.sage200.customers.nodes).toHaveLength(1);
  });
});

describe('a right document with many failing fields', () => {
  test('lists fifty of its errors', async () => {
    const answer = await ask(
      '{ sage200 { customers(first: 10) { nodes { a: sopOrders(first: -9) { nodes { id } } b: sopOrders(first: -1) { nodes { id } } c: sopOrders(first: -2) { nodes { id } } d: sopOrders(first: -3) { nodes { id } } e: sopOrders(first: -4) { nodes { id } } f: sopOrders(first: -5) { nodes { id } } } } } }',
    );

    expectCheap(answer);
    expect(answer.errors).toHaveLength(50);
    expect(answer.errors?.at(-1)?.message).toMatch(/There are more errors: an answer lists 50 at most/);
    expect(answer.data.sage200.customers.nodes).toHaveLength(10);
  });

  test('answers a list that fails on every row under many names in turns, with the rest of its data', async () => {
    const lists = many(90, (index) => `a${index}: sopOrders(first: -1) { nodes { id } }`);
    const answer = await ask(`{ sage200 { customers(first: 500) { nodes { ${lists} name } } } }`);

    expectCheap(answer);
    expect(answer.errors).toHaveLength(50);
    expect(new Set(answer.errors?.slice(0, 49).map(({ path }) => JSON.stringify(path))).size).toBe(49);
    expect(answer.errors?.at(-1)?.message).toMatch(/There are more errors/);
    for (const row of answer.data.sage200.customers.nodes) expect(row).toMatchObject({ a0: null, a89: null });
  });

  test('lists fifty of the tenant’s errors, and passes on no megabytes', async () => {
    const errors = Array.from({ length: 200 }, (_, index) => ({
      message: `${index} ${'m'.repeat(20_000)}`,
      path: ['xtremMasterData', 'p'.repeat(10_000)],
      extensions: { diagnoses: [{ message: 'd'.repeat(100_000) }] },
    }));
    sandbox.erp.fault({
      kind: 'status',
      status: 200,
      body: { data: { xtremMasterData: null }, errors },
      times: 1,
    });

    const answer = await ask(`{ ${TENANT} }`);

    expect(codesOf(answer)).toEqual(['UPSTREAM_REJECTED']);
    expect(answer.errors?.length).toBeLessThanOrEqual(50);
    expect(answer.length).toBeLessThan(1_000_000);
    sandbox.erp.clearFaults();
  });
});
