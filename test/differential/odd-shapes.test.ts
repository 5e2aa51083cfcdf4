import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Pair, startPair } from './pair.ts';
import { findDifference } from './run-case.ts';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair({ customers: 20 });
});

afterAll(async () => {
  await pair?.[Symbol.asyncDispose]();
});

/** A document, part of an upstream's address, and what is answered there. */
type Odd = readonly [source: string, match: string, body: string];

const VALUES: readonly string[] = [
  ...['null', '{}', '5', '0', '"0"', '"x"', '""', '[]', 'true', '1.5', '12345678901234567890', '{"id":7}', '[null]'],
  ...['{"id":null,"symbol":"£"}', '{"symbol":"€"}', '[{"id":1,"name":"n"}]', '[5,{"id":2,"name":"m"}]'],
];

/** Selections of a customer, and the member of the row that they are made of. */
const SELECTIONS: readonly (readonly [selection: string, member: string])[] = [
  ['currency { symbol }', 'currency'],
  ['currency { id }', 'currency'],
  ['currency { __typename }', 'currency'],
  ['currency { sageId } a: currency { symbol }', 'currency_id'],
  ['contacts { id name }', 'contacts'],
  ['contacts { __typename }', 'contacts'],
  ['mainAddress { address1 }', 'main_address'],
  ['sopOrders(first: 2) { totalCount nodes { documentNo } }', 'id'],
  ['id name', 'id'],
  ['balance', 'balance'],
  ['name', 'name'],
  ['reference', 'reference'],
  ['accountStatusType', 'account_status_type'],
  ['onHold', 'on_hold'],
];

const MEMBERS: readonly Odd[] = SELECTIONS.flatMap(([selection, member]) =>
  VALUES.flatMap((value): Odd[] => {
    const row = member === 'id' ? `{"id":${value}}` : `{"id":1,"${member}":${value}}`;
    return [
      [`{ sage200 { customers(first: 3) { nodes { ${selection} } } } }`, '/customers?', `[${row},{"id":2}]`],
      [
        `{ sage200 { customers(first: 1) { edges { node { ${selection} } cursor } pageInfo { hasNextPage endCursor } } } }`,
        '/customers?',
        `[${row},{"id":2}]`,
      ],
      [`{ sage200 { customer(id: "1") { ${selection} } } }`, '/customers/', row],
    ];
  }),
);

const ROWS: readonly Odd[] = [
  'edges { cursor }',
  'edges { cursor node { __typename } }',
  'nodes { __typename }',
  'nodes { name }',
  'nodes { id }',
  'pageInfo { startCursor endCursor }',
  'pageInfo { endCursor } nodes { name }',
  'nodes { currency { symbol } }',
].flatMap((selection) =>
  [...VALUES, '{"id":1}'].flatMap((row): Odd[] => [
    [`{ sage200 { customers(first: 3) { ${selection} } } }`, '/customers', `[${row},{"id":1}]`],
    [`{ sage200 { customers(first: 1) { ${selection} } } }`, '/customers', `[{"id":1},${row}]`],
  ]),
);

const COUNT = '$count';
const BODIES: readonly Odd[] = [
  ...VALUES,
  '12',
  '"12"',
  '{"count":3}',
  '{"count":"3"}',
  '-1',
  '3000000000',
  '1e3',
].flatMap((body): Odd[] => [
  ['{ sage200 { customers { totalCount } } }', COUNT, body],
  ['{ sage200 { customers(first: 2) { totalCount nodes { name } pageInfo { endCursor } } } }', COUNT, body],
  ['{ sage200 { customers(first: 2) { nodes { name } } } }', '/customers', body],
  ['{ sage200 { a: customer(id: "1") { name } b: customer(id: "2") { id } } }', '/customers', body],
  ['{ sage200 { customer(id: "1") { __typename } } }', '/customers', body],
  ['{ sage200 { bankEntryTypes { value sageId } } }', '/bank_entry_types', body],
  [
    '{ sage200 { customers(first: 2) { nodes { sopOrders(first: 1) { nodes { documentNo } totalCount } } } } }',
    '/sop_orders',
    body,
  ],
  ['{ sage200 { sopOrders(first: 2) { nodes { customer { currency { symbol } } } } } }', '/currencies', body],
]);

const ERROR =
  '{"message":"See https://inner.example/x","locations":[{"line":1,"column":3}],"path":["xtremSystem","company"]}';
const DATA = '{"xtremSystem":{"company":{"read":{"_id":"1"}}}}';
const TENANTS: readonly Odd[] = [
  `{"data":${DATA}}`,
  ` {\n "data" : ${DATA} , "extensions" : { "diagnoses" : [ ] } }\n`,
  `{"extensions":{"diagnoses":[]},"data":${DATA}}`,
  `{"data":${DATA},"extensions":{}}`,
  `{"data":${DATA},"extensions":null}`,
  `{"data":${DATA},"extensions":{"diagnoses":[{"severity":1,"message":"https://inner.example/x"}]}}`,
  `{"data":${DATA},"extensions":{"http":{"status":418,"headers":{"x-odd":"1"}}}}`,
  `{"data":${DATA},"extensions":{"diagnoses":{},"plan":"theirs"}}`,
  `{"data":${DATA},"errors":[]}`,
  `{"data":${DATA},"errors":null}`,
  `{"data":${DATA},"errors":{}}`,
  `{"data":${DATA},"errors":[${ERROR}]}`,
  `{"errors":[${ERROR},{"message":5},null,"x"],"data":${DATA}}`,
  `{"data":null,"errors":[${ERROR}]}`,
  `{"errors":[${ERROR}]}`,
  '{"data":null}',
  '{"data":{}}',
  '{"data":[]}',
  '{"data":"x"}',
  '{"data":{"xtremSystem":null}}',
  '{"data":{"xtremSystem":null,"more":1}}',
  '{"data":{"more":1}}',
  '{"data":{"sage200":null,"xtremSystem":{}}}',
  '{"data":{"__typename":"Mutation","xtremSystem":{}}}',
  `{"data":${DATA},"data":{"xtremSystem":null}}`,
  `{"\\u0064ata":${DATA}}`,
  `{"data":{"\\u0078tremSystem":{"company":null}}}`,
  '{"data":{"xtremSystem":{"company":"\\"},\\"errors\\":[{"}}}',
  '{"data":{"xtremSystem":{"company":{"errors":[1],"data":{},"extensions":{}}}}}',
  '{"data":{"xtremSystem":{"company":"\\ud800 é 😀 \\u0000"}}}',
  '{"data":{"xtremSystem":{"company":[1.0,1e400,-0,12345678901234567890]}}}',
  `{"data":${DATA}} `,
  `{"data":${DATA}}x`,
  `\ufeff{"data":${DATA}}`,
  `[{"data":${DATA}}]`,
  '{}',
  'null',
  '',
].flatMap((body): Odd[] => [
  ['{ xtremSystem { company { read(_id: "1") { _id } } } }', '/api', body],
  ['{ sage200 { id } xtremSystem { company { read(_id: "1") { _id } } } }', '/api', body],
  ['{ xtremSystem { company { read(_id: "1") { _id } } } __typename }', '/api', body],
]);

test.each([
  ['members of rows', MEMBERS],
  ['rows', ROWS],
  ['whole answers', BODIES],
  ['answers of a tenant', TENANTS],
] as const)('%s that no server should send get the same answer', { timeout: 180_000 }, async (_, all) => {
  const different: string[] = [];
  for (const [source, match, body] of all) {
    const behaviour = { fault: { match, kind: 'garbage', body } } as const;
    const found = await findDifference(pair, {
      source,
      behaviour,
      method: 'POST',
      headers: {},
      caller: 'owner',
      again: [],
    });
    if (found !== undefined) different.push(found);
  }

  expect(different.join('\n\n')).toBe('');
});
