import { type ExecutionResult, parse } from 'graphql';
import { pino } from 'pino';
import { afterEach, expect, test, vi } from 'vitest';
import { createGraph } from '../../src/graph/index.ts';
import type { HostedResult } from '../../src/graph/subschema.ts';
import { GatewayError } from '../../src/kit/errors/index.ts';
import type { Erp } from '../../src/subschemas/erp/index.ts';
import { PackedSchema } from '../../src/subschemas/erp/schema/packed-schema.ts';
import type { Sage200Source } from '../../src/subschemas/sage200/index.ts';
import { startErpStub } from '../subschemas/erp/erp-stub.ts';
import { ask, fakeSage200, subschemasOf } from './world.ts';

/** A tenant of many types; a country without a name is null as far up as its customer's address. */
const tenantSdl = (others: number) => `
  type Query { xtremMasterData: MasterData }
  type MasterData { customer: Customers }
  type Customers { query(filter: String, first: Int): CustomerPage read(_id: String): Customer }
  type CustomerPage { edges: [CustomerEdge] }
  type CustomerEdge { node: Customer }
  type Customer { _id: String id: String name: String address: Address others: [Other0] }
  type Address { street: String country: Country! }
  type Country { name: String! }
  ${Array.from({ length: others }, (_, index) => `type Other${index} { one: Int two: Int next: Other${(index + 1) % others} }`).join('\n')}
`;

const tenantCustomer = (id: string) => ({
  _id: `1${id}`,
  id,
  name: `${id} there`,
  others: [{ one: 1, next: { two: 2 } }],
  address: {
    street: 'High Street',
    country: {
      name: () => {
        if (id !== 'C1') return 'GB';
        throw new Error('The country may not be seen.');
      },
    },
  },
});

const TENANT_ROOT = {
  xtremMasterData: {
    customer: {
      read: ({ _id }: { _id: string }) => tenantCustomer(_id),
      query: ({ filter }: { filter: string }) => {
        const { _in: ids } = (JSON.parse(filter) as { id: { _in: string[] } }).id;
        // C2 is not there.
        return { edges: ids.filter((id) => id !== 'C2').map((id) => ({ node: tenantCustomer(id) })) };
      },
    },
  },
};

/** Sage 200 with three customers, one of which cannot show its balance. */
function linkedSage200(): Sage200Source {
  const rows = ['C1', 'C2', 'C3'].map((reference) => ({
    __typename: 'Sage200Customer',
    id: `customer:${reference}`,
    reference,
    name: `C${4 - Number(reference.slice(1))}`,
    balance: () => {
      if (reference !== 'C3') return 1;
      throw new GatewayError('FORBIDDEN', 'The balance may not be seen.', { source: 'sage200' });
    },
  }));
  const typeDefs = parse(`
    type Sage200 implements Node { id: ID! customers(first: Int, filter: CustomerFilter): Sage200CustomerConnection }
    input CustomerFilter { reference: TextFilter }
    input TextFilter { in: [String!] }
    type Sage200CustomerConnection { nodes: [Sage200Customer] }
    type Sage200Customer implements Node { id: ID! reference: String name: String balance: Float }
    type Sage200Mutation { id: ID }
  `);
  interface Given {
    readonly filter?: { readonly reference: { readonly in: readonly string[] } };
  }
  const resolvers = {
    Sage200: {
      customers: (_root: unknown, { filter }: Given) => ({
        nodes: rows.filter(({ reference }) => !filter || filter.reference.in.includes(reference)),
      }),
    },
    Node: { __resolveType: ({ __typename = 'Sage200' }: { __typename?: string }) => __typename },
  };
  const node = async (_session: unknown, id: string) => rows.find((row) => row.id === id) ?? null;
  return { ...fakeSage200(), typeDefs, resolvers, node } as unknown as Sage200Source;
}

const LINK = { from: 'Sage200Customer.reference', to: 'xtremMasterData.customer', key: 'id', match: 'exact' } as const;

async function startLinkedWorld(others = 3) {
  const stub = await startErpStub({ acme: { sdl: tenantSdl(others), root: TENANT_ROOT } });
  const erp = frozen(stub.erp());
  await vi.waitFor(() => erp.schemaOf('acme'), { timeout: 30_000 });
  const graph = createGraph({
    subschemas: subschemasOf(linkedSage200(), erp),
    links: [{ ...LINK, name: 'erpCustomer', reverse: 'sage200Customer', many: false }],
    log: pino({ level: 'silent' }),
  });
  return {
    stub,
    ask: (source: string, variables?: Record<string, unknown>) =>
      ask(graph, source, { ...(variables && { variables }) }),
    [Symbol.asyncDispose]: () => stub[Symbol.asyncDispose](),
  };
}

/** Answers may be shared between callers: whoever writes into one of these throws. */
function frozen(erp: Erp): Erp {
  const freeze = <Value>(value: Value): Value => {
    if (typeof value !== 'object' || value === null) return value;
    for (const each of Object.values(value)) freeze(each);
    return Object.freeze(value);
  };
  const result = (read: HostedResult): HostedResult => freeze(read);
  return {
    ...erp,
    ask: async (...given) => {
      const reply = await erp.ask(...given);
      return { ...reply, result: () => result(reply.result()) };
    },
    execute: async (...given) => result(await erp.execute(...given)),
  };
}

/** In the order of the messages: which source answers first is chance. */
const pathsOf = ({ errors = [] }: ExecutionResult) =>
  errors
    .map(({ message, path }) => [message, path?.join('.')])
    .sort(([one = ''], [other = '']) => one.localeCompare(other));

interface Linked {
  readonly erpCustomer: { readonly id: string } | null;
}

const nodesOf = ({ data }: ExecutionResult) =>
  (data as unknown as { sage200: { customers: { nodes: Linked[] } } }).sage200.customers.nodes;

afterEach(() => {
  vi.restoreAllMocks();
});

test("a caller's alias with the name of a key field leads to no other record", async () => {
  await using world = await startLinkedWorld();

  const there = await world.ask(
    '{ sage200 { customers { nodes { reference: name erpCustomer { id: name key: id } } } } }',
  );
  const back = await world.ask(
    '{ xtremMasterData { customer { read(_id: "C1") { id: name gateway_key_id: name sage200Customer { reference: name name: reference } } } } }',
  );

  expect(there.errors).toBeUndefined();
  expect(nodesOf(there)).toEqual([
    { reference: 'C3', erpCustomer: { id: 'C1 there', key: 'C1' } },
    { reference: 'C2', erpCustomer: null },
    { reference: 'C1', erpCustomer: { id: 'C3 there', key: 'C3' } },
  ]);
  expect(back.data).toEqual({
    xtremMasterData: {
      customer: {
        read: { id: 'C1 there', gateway_key_id: 'C1 there', sage200Customer: { reference: 'C3', name: 'C1' } },
      },
    },
  });
});

test.each([
  ['first left out', '@skip(if: true)', ''],
  ['then left out', '', '@include(if: false)'],
  ['first left out by a variable', '@include(if: $no)', '@skip(if: $no)'],
])('a field that is selected twice, %s, is present', async (_what, first, second) => {
  await using world = await startLinkedWorld();

  const answer = await world.ask(
    `query ($no: Boolean! = false) {
      sage200 ${first} { customers { nodes { reference ${first} reference ${second} erpCustomer ${first} { id } } } }
      sage200 ${second} { customers { nodes { reference ${first} reference ${second} erpCustomer ${second} { id } } } }
      sage200 { customers { nodes { erpCustomer { name ${first} name ${second} } } } }
      ... ${first} { xtremMasterData { customer { read(_id: "C3") { name ${second} } } } }
      xtremMasterData { customer { read(_id: "C3") { name ${first} name ${second} } } }
      __typename @include(if: $no)
    }`,
  );

  expect(answer.errors).toBeUndefined();
  expect(nodesOf(answer)[0]).toEqual({ reference: 'C1', erpCustomer: { id: 'C1', name: 'C1 there' } });
  expect(answer.data?.['xtremMasterData']).toEqual({ customer: { read: { name: 'C3 there' } } });
});

test('an error below a link is at its own row, with its whole path below the null', async () => {
  await using world = await startLinkedWorld();

  const there = await world.ask(
    '{ sage200 { customers { nodes { balance erpCustomer { id place: address { street country { called: name } } } } } } }',
  );

  expect(nodesOf(there)).toEqual([
    { balance: 1, erpCustomer: { id: 'C1', place: null } },
    { balance: 1, erpCustomer: null },
    { balance: null, erpCustomer: { id: 'C3', place: { street: 'High Street', country: { called: 'GB' } } } },
  ]);
  expect(pathsOf(there)).toEqual([
    ['The balance may not be seen.', 'sage200.customers.nodes.2.balance'],
    ['The country may not be seen.', 'sage200.customers.nodes.0.erpCustomer.place.country.called'],
  ]);
});

test('an error below a link back, and of a record by its id, is at its place', async () => {
  await using world = await startLinkedWorld();

  const answer = await world.ask(
    `{ xtremMasterData { customer { a: read(_id: "C1") { sage200Customer { balance } } b: read(_id: "C3") { sage200Customer { owed: balance name } } } }
       nodes(ids: ["customer:C3", "customer:C1"]) { id ... on Sage200Customer { erpCustomer { address { country { name } } } } } }`,
  );

  expect(answer.data?.['xtremMasterData']).toEqual({
    customer: { a: { sage200Customer: { balance: 1 } }, b: { sage200Customer: { owed: null, name: 'C1' } } },
  });
  expect(answer.data?.['nodes']).toEqual([
    { id: 'customer:C3', erpCustomer: { address: { country: { name: 'GB' } } } },
    { id: 'customer:C1', erpCustomer: { address: null } },
  ]);
  expect(pathsOf(answer)).toEqual([
    ['The balance may not be seen.', 'xtremMasterData.customer.b.sage200Customer.owed'],
    ['The country may not be seen.', 'nodes.1.erpCustomer.address.country.name'],
  ]);
});

test('an answer that two operations share is changed by neither', async () => {
  await using world = await startLinkedWorld();
  const source = `{ xtremMasterData { customer { read(_id: "C1") { id address { country { name } } sage200Customer { name balance } } } } }`;

  const answers = await Promise.all([world.ask(source), world.ask(source), world.ask(source)]);

  expect(world.stub.calls()).toHaveLength(1);
  for (const answer of answers) {
    expect(answer.data).toEqual({
      xtremMasterData: { customer: { read: { id: 'C1', address: null, sage200Customer: { name: 'C3', balance: 1 } } } },
    });
    expect(pathsOf(answer)).toEqual([
      ['The country may not be seen.', 'xtremMasterData.customer.read.address.country.name'],
    ]);
  }
});

test('a slice of a tenant with thousands of types contains only those that lead to links', async () => {
  await using world = await startLinkedWorld(6_000);
  const single = '{ xtremMasterData { customer { read(_id: "C1") { id } } } }';
  await expect.poll(async () => (await world.ask(single)).errors).toBeUndefined();
  const texts = vi.spyOn(PackedSchema.prototype, 'text');

  const answer = await world.ask(
    '{ sage200 { customers { nodes { erpCustomer { id others { one next { two } } sage200Customer { name } } } } } xtremMasterData { customer { read(_id: "C1") { others { one } } } } }',
  );

  expect(answer.errors).toBeUndefined();
  expect(nodesOf(answer)[2]).toEqual({
    erpCustomer: { id: 'C3', others: [{ one: 1, next: { two: 2 } }], sage200Customer: { name: 'C1' } },
  });
  expect(texts.mock.calls.length).toBeLessThan(200);
});
