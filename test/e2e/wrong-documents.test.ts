// Every wrong document that once cost more than a right one, and its neighbours.
import { afterAll, describe, expect, test } from 'vitest';
import { codesOf, deep, expectCheap, many, startWorld, TENANT } from './wrong-requests-world.ts';

const world = await startWorld();
const { sandbox, post, ask } = world;
afterAll(() => world[Symbol.asyncDispose]());

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

describe('a wrong document at the size limit', () => {
  test.each(WRONG)('costs little and gets a short answer: %s', async (_name, document = '', code = undefined) => {
    const answer = await ask(document);

    expectCheap(answer);
    if (code !== undefined) expect(codesOf(answer)).toEqual([code]);
  });
});

const REPEATED = /selects the same fields too often, such as "(\w+)"/;
const TOGETHER = /spreads too many fragments in one place/;
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

  test('are refused when they are in several operations, of which one is requested', async () => {
    const query = many(
      15,
      (index) => `query q${index} { sage200 { ${many(33, () => 'customers { nodes { id } }')} } }`,
    );
    const answer = await post(JSON.stringify({ query, operationName: 'q0' }));

    expectCheap(answer);
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
    expect(answer.errors?.[0]?.message).toMatch(REPEATED);
  });

  test('show only the beginning of a long name', async () => {
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
  ])('are answered when there are fewer: %s', async (_name, document) => {
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

  test('answers a list that fails on every row under many aliases, in turns and with the rest of its data', async () => {
    const lists = many(90, (index) => `a${index}: sopOrders(first: -1) { nodes { id } }`);
    const answer = await ask(`{ sage200 { customers(first: 500) { nodes { ${lists} name } } } }`);

    expectCheap(answer);
    expect(answer.errors).toHaveLength(50);
    expect(new Set(answer.errors?.slice(0, 49).map(({ path }) => JSON.stringify(path))).size).toBe(49);
    expect(answer.errors?.at(-1)?.message).toMatch(/There are more errors/);
    for (const row of answer.data.sage200.customers.nodes) expect(row).toMatchObject({ a0: null, a89: null });
  });

  test('lists fifty of the tenant’s errors, and forwards no megabytes', async () => {
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
