import { getIntrospectionQuery } from 'graphql';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

const customer = { from: 'Sage200Customer.reference', to: 'xtremMasterData.customer', key: 'id' };
const LINKS = [
  { name: 'erpCustomer', ...customer, reverse: 'sage200Customer' },
  { name: 'erpByEntity', ...customer, key: 'businessEntity.id' },
  {
    name: 'erpOrders',
    ...customer,
    to: 'xtremSales.salesOrder',
    key: 'soldToCustomer.id',
    many: true,
    reverse: 'buyer',
  },
  { name: 'erpItem', from: 'Sage200Product.code', to: 'xtremMasterData.item', key: 'id', reverse: 'sage200Product' },
  {
    name: 'erpAnyCase',
    ...customer,
    from: 'Sage200Customer.shortName',
    match: 'caseInsensitive',
    reverse: 'byShortName',
  },
  { name: 'erpSomebody', ...customer, from: 'Sage200CountryCode.code', key: 'country.id' },
  // Names that are taken, on either side, and ends that are not there.
  { name: 'balance', ...customer, reverse: 'paymentTerm' },
  { name: 'nowhere', ...customer, to: 'xtremNothing.customer' },
  { name: 'noKey', ...customer, key: 'businessEntity' },
];

/** A reference in Sage 200 and an id in the ERP that could end a text, a filter, a variable or a regular expression. */
const NASTY = `Q"'\\{$}%`;

let sandbox: Sandbox;
let gateway: TestGateway;
/** How each operation was answered: the kind of its plan. */
const kinds: (string | undefined)[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 130 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      Object.assign(file, { links: LINKS });
    },
    phases: [{ onExecuted: ({ gateway: { plan } }) => void kinds.push(plan) }],
  });
  await warmUp(gateway);
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

beforeEach(() => clearRequests());

afterEach(() => {
  sandbox.sage200.clearFaults();
  sandbox.erp.clearFaults();
});

const clearRequests = () => {
  sandbox.sage200.clearRequests();
  sandbox.erp.clearRequests();
};
const sage200Requests = () => sandbox.sage200.requests().filter(({ path }) => !path.includes('/sites'));
const erpRequests = () =>
  sandbox.erp.requests().filter(({ method, path }) => method === 'POST' && !path.startsWith('/v1/'));

/** Asks queries twice, stitched and, where that is possible, as a plan: neither the answer nor what is asked may show which. */
async function ask(document: string, variables?: object, headers?: Record<string, string>) {
  const once = () => gateway.query(document, { ...(variables && { variables }), ...(headers && { headers }) });
  if (/^\s*mutation/.test(document)) return once();
  clearRequests();
  const stitched = await once();
  const asked = askedUpstream();
  clearRequests();
  const planned = await once();
  expect(comparable(planned)).toEqual(comparable(stitched));
  expect(askedUpstream()).toEqual(asked);
  return planned;
}

const comparable = (answer: object): unknown =>
  JSON.parse(
    JSON.stringify(answer, (name, value) => (name === 'requestId' || name === 'retryAfter' ? undefined : value)),
  );

/** Each request once: a plan keeps what it has read for the rest of its operation. */
const askedUpstream = () =>
  new Set([
    ...sage200Requests().map(({ path }) => path),
    ...erpRequests()
      .map(({ body }) => JSON.stringify(body))
      // A schema is read again when somebody doubts it, at most so often.
      .filter((body) => !body.includes('IntrospectionQuery')),
  ]);

/** An answer that must have no errors. */
async function read(document: string, variables?: object) {
  const { data, errors } = await ask(document, variables);
  expect(errors).toBeUndefined();
  return data;
}

/** An answer that must have no errors, the second time that of a plan. */
async function readPlanned(document: string, variables?: object) {
  const data = await read(document, variables);
  expect(kinds.at(-1)).toBe('mixed');
  return data;
}

interface LinkedCustomer {
  reference: string;
  erpCustomer: { id: string; name: string } | null;
  erpOrders: { totalCount: number; edges: { node: { number: string; soldToCustomer: { id: string } } }[] };
}

describe('from Sage 200 to the ERP', () => {
  test('a hundred customers, their counterparts and their last three orders: one Sage 200 request, two of the ERP', async () => {
    const data = await readPlanned(`{
      sage200 { customers(first: 100, orderBy: [{ reference: ASC }]) { nodes {
        name
        erpCustomer { id name }
        erpOrders(first: 3, orderBy: "{_id: -1}") { totalCount edges { node { number soldToCustomer { id } } } }
        reference
      } } }
    }`);

    const customers: LinkedCustomer[] = data.sage200.customers.nodes;
    expect(customers).toHaveLength(100);
    expect(sage200Requests()).toHaveLength(1);
    expect(erpRequests()).toHaveLength(2);
    expect(customers.filter(({ erpCustomer }) => erpCustomer !== null).length).toBeGreaterThan(20);
    expect(customers.some(({ erpCustomer }) => erpCustomer === null)).toBe(true);
    expect(customers.some(({ erpOrders }) => erpOrders.totalCount > 3)).toBe(true);
    for (const { erpCustomer, erpOrders, reference, ...rest } of customers) {
      expect(Object.keys(rest)).toEqual(['name']);
      if (erpCustomer) expect(erpCustomer.id).toBe(reference);
      expect(erpOrders.edges.length).toBe(Math.min(3, erpOrders.totalCount));
      for (const { node } of erpOrders.edges) expect(node.soldToCustomer.id).toBe(reference);
    }
    const [first] = customers;
    expect(Object.keys(first ?? {})).toEqual(['name', 'erpCustomer', 'erpOrders', 'reference']);
  });

  test('a link field needs nothing else selected, and reads no field twice', async () => {
    const data = await readPlanned('{ sage200 { customers(first: 2) { nodes { erpCustomer { id } } } } }');

    expect(data.sage200.customers.nodes).toEqual([
      { erpCustomer: { id: expect.any(String) } },
      { erpCustomer: { id: expect.any(String) } },
    ]);
    const [request] = sage200Requests();
    expect(new URL(`http://x${request?.path}`).searchParams.get('$select')).toBe('reference');
  });

  test('inside edges, aliases, fragments of all kinds, twice with other selections, and left out by a variable', async () => {
    const data = await readPlanned(
      `query ($no: Boolean!, $ref: String!, $order: String) {
        company: sage200 {
          all: customers(first: 1, filter: { reference: { eq: $ref } }) {
            edges { cursor node { ...Linked } }
            nodes { again: erpCustomer { n: name } ... on Sage200Customer { erpCustomer { name } none: erpCustomer @include(if: $no) { id } } }
          }
        }
      }
      fragment Linked on Sage200Customer { erpCustomer { ...Erp } erpOrders(first: 1, orderBy: $order) { ...Page } ... @skip(if: $no) { erpCustomer { currency { id } __typename } } }
      fragment Erp on Customer { id businessEntity { name } }
      fragment Page on SalesOrder_Query { edges { node { number } } pageInfo { hasNextPage } }`,
      { no: false, ref: 'ABS001', order: '{"_id":1}' },
    );

    const { edges, nodes } = data.company.all;
    expect(edges[0].node).toEqual({
      erpCustomer: {
        id: 'ABS001',
        businessEntity: { name: expect.any(String) },
        currency: { id: expect.any(String) },
        __typename: 'Customer',
      },
      erpOrders: { edges: expect.any(Array), pageInfo: { hasNextPage: expect.any(Boolean) } },
    });
    expect(nodes).toEqual([
      { again: { n: edges[0].node.erpCustomer.businessEntity.name }, erpCustomer: { name: expect.any(String) } },
    ]);
  });

  test('under references, under node, and in the result of a mutation', async () => {
    const [{ id }] = (await read('{ sage200 { customers(filter: { reference: { eq: "ABS001" } }) { nodes { id } } } }'))
      .sage200.customers.nodes;

    const data = await read(
      `query ($id: ID!) {
        sage200 { sopOrders(first: 3) { nodes { customer { erpCustomer { id } } } } }
        node(id: $id) { __typename id ... on Sage200Customer { erpCustomer { id } } }
        nodes(ids: [$id]) { ... on Node { ... on Sage200Customer { reference erpByEntity { id } } } }
      }`,
      { id },
    );
    const written = await read(
      `mutation ($id: ID!) { sage200 { updateCustomer(id: $id, input: { shortName: "x" }) { customer { shortName erpCustomer { id } } userErrors { message } } } }`,
      { id },
    );

    expect(data.sage200.sopOrders.nodes).toHaveLength(3);
    expect(data.node).toEqual({ __typename: 'Sage200Customer', id, erpCustomer: { id: 'ABS001' } });
    expect(data.nodes).toEqual([{ reference: 'ABS001', erpByEntity: { id: 'ABS001' } }]);
    expect(written.sage200.updateCustomer).toEqual({
      customer: { shortName: 'x', erpCustomer: { id: 'ABS001' } },
      userErrors: [],
    });
  });

  test('several orders of one key have their own pages, of twenty by default', async () => {
    const page = (after: string | null) =>
      readPlanned(
        'query ($after: String) { sage200 { customers(filter: { reference: { eq: "ABS001" } }) { nodes { all: erpOrders { totalCount edges { cursor } } erpOrders(first: 1, after: $after, orderBy: "{_id: 1}") { edges { cursor node { _id } } } } } } }',
        { after },
      ).then((data) => data.sage200.customers.nodes[0]);

    const first = await page(null);
    const second = await page(first.erpOrders.edges[0].cursor);

    expect(first.all.edges.length).toBe(Math.min(20, first.all.totalCount));
    expect(Number(second.erpOrders.edges[0].node._id)).toBeGreaterThan(Number(first.erpOrders.edges[0].node._id));
  });

  test('the tenant’s warnings about requests of links are kept', async () => {
    const { extensions } = await ask('{ sage200 { customers(first: 1) { nodes { erpCustomer { id } } } } }');

    expect(extensions?.['diagnoses']).toEqual([]);
  });
});

describe('from the ERP to Sage 200', () => {
  test('a hundred customers and their counterparts: one ERP request, one of Sage 200 for each chain of keys', async () => {
    const data = await readPlanned(
      '{ xtremMasterData { customer { query(first: 100) { edges { node { id sage200Customer { reference name balance } } } } } } }',
    );

    interface Node {
      id: string;
      sage200Customer: { reference: string } | null;
    }
    const nodes: Node[] = data.xtremMasterData.customer.query.edges.map(({ node }: { node: Node }) => node);
    const known = nodes.filter(({ sage200Customer }) => sage200Customer !== null);
    expect(known.length).toBeGreaterThan(20);
    for (const { id, sage200Customer } of known) expect(sage200Customer?.reference).toBe(id);
    expect(erpRequests()).toHaveLength(1);
    expect(sage200Requests()).toHaveLength(Math.ceil(nodes.length / (gateway.config.sage200?.maxFilterTerms ?? 0)));
  });

  test('the tenant’s own kinds of literals work beside a link', async () => {
    const data = await readPlanned(
      `{ xtremMasterData { customer { read(_id: "#ABS001") { _id id sage200Customer { reference } } unknown: read(_id: "#ERP00001") { id sage200Customer { reference } } byNumber: read(_id: 1) { id }
         query(filter: "{id: {_in: ['ABS001']}}", first: 1) { edges { node { s: sage200Customer { reference } _customData } } } } } }`,
    );

    expect(data.xtremMasterData.customer.read.sage200Customer).toEqual({ reference: 'ABS001' });
    expect(data.xtremMasterData.customer.unknown).toEqual({ id: 'ERP00001', sage200Customer: null });
    expect(data.xtremMasterData.customer.query.edges[0].node.s).toEqual({ reference: 'ABS001' });
  });

  test('back and forth: the row found is in the company where the link began', async () => {
    const [, second] = sandbox.companies;
    const document = (scope: string) =>
      `{ sage200${scope} { customers(filter: { reference: { eq: "ABS001" } }) { nodes { name erpCustomer { id sage200Customer { name erpOrders(first: 1) { edges { node { buyer { name } } } } } } } } } }`;

    const here = (await readPlanned(document(''))).sage200.customers.nodes[0];
    const there = (await readPlanned(document(`(site: "${second?.siteId}", company: ${second?.companyId})`))).sage200
      .customers.nodes[0];

    for (const row of [here, there]) {
      expect(row.erpCustomer.sage200Customer.name).toBe(row.name);
      expect(row.erpCustomer.sage200Customer.erpOrders.edges[0].node.buyer.name).toBe(row.name);
    }
    expect(here.name).not.toBe(there.name);
  });

  test('the company can be given at the link', async () => {
    const [, second] = sandbox.companies;
    const data = await readPlanned(
      `query ($site: ID, $company: ID = "${second?.companyId}") { xtremMasterData { customer { read(_id: "#ABS001") { here: sage200Customer { name } there: sage200Customer(site: $site, company: $company) { name } } } } }`,
      { site: second?.siteId },
    );

    const { here, there } = data.xtremMasterData.customer.read;
    expect(here.name).not.toBe(there.name);
  });
});

describe('keys', () => {
  test('with quotes, backslashes, braces and dollar signs are harmless', async () => {
    await read(
      `mutation ($id: String!) { sage200 { createCustomer(input: { reference: $id, name: "Nasty Ltd" }) { customer { reference } userErrors { message } } }
        xtremMasterData { businessEntity { create(data: { id: $id, name: "Nasty", country: "#GB", currency: "#EUR", addresses: [{ isPrimary: true, name: "A", city: "Hull", country: "#GB" }] }) { _id } } } }`,
      { id: NASTY },
    );
    const entity = await read(
      'query ($f: String) { xtremMasterData { businessEntity { query(filter: $f) { edges { node { _id } } } } } }',
      { f: JSON.stringify({ id: NASTY }) },
    );
    await read(
      'mutation ($id: IntReference) { xtremMasterData { customer { create(data: { businessEntity: $id }) { _id } } } }',
      {
        id: entity.xtremMasterData.businessEntity.query.edges[0].node._id,
      },
    );

    const there = await readPlanned(
      'query ($r: String!) { sage200 { customers(filter: { reference: { in: [$r, "ABS001"] } }) { nodes { reference erpCustomer { id } erpByEntity { id } erpOrders { totalCount } } } } }',
      { r: NASTY },
    );
    const back = await readPlanned(
      'query ($f: String) { xtremMasterData { customer { query(filter: $f) { edges { node { id sage200Customer { reference name } } } } } } }',
      { f: JSON.stringify({ id: NASTY }) },
    );

    expect(there.sage200.customers.nodes).toContainEqual({
      reference: NASTY,
      erpCustomer: { id: NASTY },
      erpByEntity: { id: NASTY },
      erpOrders: { totalCount: 0 },
    });
    expect(there.sage200.customers.nodes).toHaveLength(2);
    expect(back.xtremMasterData.customer.query.edges[0].node.sage200Customer).toEqual({
      reference: NASTY,
      name: 'Nasty Ltd',
    });
  });

  test('in another case and with blanks match if the link says so, a missing one is null, a shared one is an error that names both', async () => {
    const found = await read(
      '{ sage200 { customers(first: 3, filter: { reference: { ne: "ABS001" } }) { nodes { sageId reference } } } }',
    );
    const [one, two, three] = found.sage200.customers.nodes;
    const set = (id: string, shortName: string) =>
      read(
        'mutation ($id: ID!, $s: String!) { sage200 { updateCustomer(id: $id, input: { shortName: $s }) { customer { shortName } userErrors { message } } } }',
        { id, s: shortName },
      );
    await set(one.sageId, 'aBs001 ');
    await set(two.sageId, 'Abs001');
    await set(three.sageId, 'nobody');

    const there = await readPlanned(
      'query ($r: [String!]) { sage200 { customers(filter: { reference: { in: $r } }) { nodes { reference erpAnyCase { id } } } } }',
      { r: [one.reference, two.reference, three.reference] },
    );
    await set(one.sageId, 'aBS001');
    const back = await ask(
      '{ xtremMasterData { customer { read(_id: "#ABS001") { id byShortName { reference } } } } }',
    );

    const byReference = new Map(
      there.sage200.customers.nodes.map((each: { reference: string; erpAnyCase: unknown }) => [
        each.reference,
        each.erpAnyCase,
      ]),
    );
    expect(byReference.get(one.reference)).toEqual({ id: 'ABS001' });
    expect(byReference.get(two.reference)).toEqual({ id: 'ABS001' });
    expect(byReference.get(three.reference)).toBeNull();
    expect(back.data.xtremMasterData.customer.read).toEqual({ id: 'ABS001', byShortName: null });
    expect(back.errors).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(
          new RegExp(`id ${one.sageId}\\b.*id ${two.sageId}\\b|id ${two.sageId}\\b.*id ${one.sageId}\\b`),
        ),
        path: ['xtremMasterData', 'customer', 'read', 'byShortName'],
        extensions: expect.objectContaining({ code: 'UPSTREAM_REJECTED', source: 'sage200' }),
      }),
    ]);
  });

  test('a key that two records of the ERP share fails that field only', async () => {
    const { data, errors } = await ask('{ sage200 { countryCodes { nodes { code erpSomebody { id } } } } }');

    const nodes: { code: string; erpSomebody: object | null }[] = data.sage200.countryCodes.nodes;
    const place = nodes.findIndex(({ code }) => code === 'GB');
    expect(nodes[place]).toEqual({ code: 'GB', erpSomebody: null });
    expect(errors).toContainEqual(
      expect.objectContaining({
        message: expect.stringMatching(/erpSomebody leads to two records .* “GB”: _id \d+ and _id \d+/),
        path: ['sage200', 'countryCodes', 'nodes', place, 'erpSomebody'],
        extensions: expect.objectContaining({ code: 'UPSTREAM_REJECTED', source: 'erp:acme' }),
      }),
    );
  });
});

describe('when something is wrong', () => {
  test('if the tenant fails, the rows remain, each link with its error', async () => {
    sandbox.erp.fault({ match: '/api', kind: 'status', status: 503, times: 0 });

    const { data, errors } = await ask(
      '{ sage200 { customers(first: 2) { nodes { reference erpCustomer { id } } } } }',
    );

    expect(data.sage200.customers.nodes).toEqual([
      { reference: expect.any(String), erpCustomer: null },
      { reference: expect.any(String), erpCustomer: null },
    ]);
    expect(errors?.map(({ path, extensions }) => [path, extensions['code'], extensions['source']])).toEqual(
      [0, 1].map((row) => [['sage200', 'customers', 'nodes', row, 'erpCustomer'], 'UPSTREAM_UNAVAILABLE', 'erp:acme']),
    );
  });

  test('if Sage 200 fails, the ERP’s records remain, each link with its error', async () => {
    sandbox.sage200.fault({ match: '/customers', kind: 'status', status: 503, times: 0 });

    const { data, errors } = await ask(
      '{ xtremMasterData { customer { query(first: 2, filter: "{_id: {_lte: 2}}") { edges { node { id sage200Customer { name } } } } } } }',
    );

    expect(data.xtremMasterData.customer.query.edges).toHaveLength(2);
    expect(errors?.map(({ path, extensions }) => [path, extensions['code'], extensions['source']])).toEqual(
      [0, 1].map((row) => [
        ['xtremMasterData', 'customer', 'query', 'edges', row, 'node', 'sage200Customer'],
        'UPSTREAM_UNAVAILABLE',
        'sage200',
      ]),
    );
  });

  test('an error of the tenant below a link is reported at its place', async () => {
    sandbox.erp.configure({ forbidden: ['Customer.paymentTerm'] });

    const { data, errors } = await ask(
      '{ sage200 { customers(filter: { reference: { eq: "ABS001" } }) { nodes { erpCustomer { id paymentTerm { name } } } } } }',
    );
    sandbox.erp.configure({ forbidden: [] });

    expect(data.sage200.customers.nodes).toEqual([{ erpCustomer: { id: 'ABS001', paymentTerm: null } }]);
    expect(errors).toEqual([
      expect.objectContaining({ path: ['sage200', 'customers', 'nodes', 0, 'erpCustomer', 'paymentTerm'] }),
    ]);
  });

  test('an unknown field below a link is refused before anything is sent', async () => {
    const { errors } = await ask('{ sage200 { customers { nodes { erpCustomer { nothing } } } } }');

    expect(errors?.[0]?.message).toContain('Cannot query field "nothing" on type "Customer"');
    expect(sage200Requests()).toEqual([]);
  });

  test('links with used names are left out and reported, missing ends are logged', async () => {
    const { data } = await ask(getIntrospectionQuery());
    const gatewayFields = await read(
      '{ gateway { tenants { name collisions } } sage200 { customers(first: 1) { nodes { balance } } } }',
    );

    interface Shown {
      name: string;
      fields: { name: string; type: { name: string } }[];
    }
    const types = new Map<string, Shown>(data.__schema.types.map((type: Shown) => [type.name, type]));
    const names = (type: string) => types.get(type)?.fields.map(({ name }) => name);
    expect(names('Sage200Customer')).toEqual(expect.arrayContaining(['erpCustomer', 'erpOrders', 'balance']));
    expect(names('Sage200Customer')).not.toContain('nowhere');
    expect(names('Customer')).toEqual(expect.arrayContaining(['sage200Customer', 'paymentTerm']));
    expect(names('SalesOrder')).toContain('buyer');
    expect(gatewayFields.gateway.tenants[0].collisions).toEqual(['Sage200Customer.balance', 'Customer.paymentTerm']);
    expect(gateway.log()).toContain('nowhere: the tenant has no xtremNothing.customer');
    expect(gateway.log()).toContain('noKey: Customer of the tenant has no plain value at businessEntity');
  });

  test('a tenant without a known schema: the rows arrive, the links say so', async () => {
    sandbox.erp.fault({ match: '/', kind: 'status', status: 503, times: 0 });
    await using cold = await startTestGateway({
      sandbox,
      edit: (file) => {
        Object.assign(file, { links: LINKS });
      },
    });

    const { data, errors } = await cold.query(
      'query ($x: String) { sage200 { customers(first: 1) { nodes { reference erpCustomer { id } erpOrders(orderBy: $x) { totalCount } } } } }',
    );

    expect(data.sage200.customers.nodes).toEqual([
      { reference: expect.any(String), erpCustomer: null, erpOrders: null },
    ]);
    expect(errors?.map(({ path, extensions }) => [path?.at(-1), extensions['code']])).toEqual([
      ['erpCustomer', 'UPSTREAM_UNAVAILABLE'],
      ['erpOrders', 'UPSTREAM_UNAVAILABLE'],
    ]);
  });
});

test('operations with and without links in one document do not affect each other, and one without links is sent alone', async () => {
  const source = `query A { xtremMasterData { customer { read(_id: "#ABS001") { id } } } } query B { xtremMasterData { customer { read(_id: "#ABS001") { sage200Customer { name } } } } }`;
  const run = async (operationName: string) => (await gateway.post({ query: source, operationName })).json();

  const [a, b] = await Promise.all([run('A'), run('B')]);

  expect(a).toMatchObject({ data: { xtremMasterData: { customer: { read: { id: 'ABS001' } } } } });
  expect(b).toMatchObject({
    data: { xtremMasterData: { customer: { read: { sage200Customer: { name: expect.any(String) } } } } },
  });
});
