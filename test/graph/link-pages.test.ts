import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { runHere } from '../cli/run-here.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';
import { type PagingOptions, type PagingTenants, startPagingTenants } from './paging-tenants.ts';

const ROWS = 530;

/** Tenants that answer for every customer, and the fewest requests that they allow once they are known. */
const SOUND: Readonly<Record<string, PagingOptions & { readonly least: number }>> = {
  uncapped: { least: 3 },
  caps20: { cap: 20, least: 27 },
  caps100: { cap: 100, least: 6 },
  refuses: { refuseAbove: 100, least: 6 },
  refusesWordless: { refuseAbove: 100, refusal: 'The page is too large.', least: 6 },
  noPageInfo: { page: '', least: 3 },
  noPageInfo100: { page: '', cap: 100, least: 6 },
  onlyTotal100: { page: 'totalCount: Int', cap: 100, least: 6 },
  // Each filter that does not fit a page is cut in halves.
  noCursors100: { page: 'pageInfo: Said', edge: 'node: Customer', cap: 100, least: 9 },
  odd: { args: 'filter: String!, first: IntOrString, after: String', node: 'id: String name: String', least: 3 },
  json: { args: 'filter: Json, first: IntOrString!', least: 3 },
  namesAsRoots: { namesAsRoots: true, least: 3 },
};

const BROKEN: Readonly<Record<string, PagingOptions>> = {
  twice: { copies: 2, cap: 100 },
  silent: { silent: true },
  hidden: { hides: true },
  inputFilter: { args: 'filter: Where, first: Int' },
  askingMore: { args: 'filter: String, first: Int, site: String!' },
};

const CUSTOMER = { from: 'Sage200Customer.reference', to: 'xtremMasterData.customer', key: 'id' };
const LINKS = [{ name: 'erpCustomer', ...CUSTOMER, reverse: 'sage200Customer' }];
const DOCUMENT = '{ sage200 { customers(first: 1000) { nodes { reference erpCustomer { id name } } } } }';
const SOME =
  'query ($in: [String!]) { sage200 { customers(filter: { reference: { in: $in } }) { nodes { reference erpCustomer { id } } } } }';

let sandbox: Sandbox;
let tenants: PagingTenants;
let gateway: TestGateway;
let references: string[];
let keys: string[];

beforeAll(async () => {
  sandbox = await startSandbox({ customers: ROWS });
  {
    await using alone = await startTestGateway({ sandbox });
    const { data } = await alone.query('{ sage200 { customers(first: 1000) { nodes { reference } } } }');
    references = data.sage200.customers.nodes.map(({ reference }: { reference: string }) => reference);
  }
  // Some customers are the tenants' alone, and some Sage 200's.
  keys = [...references.slice(0, ROWS - 3), 'ERP1', 'ERP2'];
  tenants = await startPagingTenants(keys, { ...SOUND, ...BROKEN });
  const names = Object.keys(tenants.access);
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      const listed = names.map((name) => ({ ...tenants.access[name], name, allowedHosts: ['127.0.0.1'] }));
      file['erp'] = { ...file['erp'], tenants: listed };
      file['callers'] = { anonymous: { connection: 'sandbox', tenants: names, readOnly: false } };
      Object.assign(file, { links: LINKS });
    },
  });
  await warmUp(gateway);
});

afterAll(async () => {
  await gateway.close();
  await Promise.all([sandbox.close(), tenants[Symbol.asyncDispose]()]);
});

interface Row {
  readonly reference: string;
  readonly erpCustomer: { readonly id: string; readonly name: string } | null;
}

async function follow(tenant: string, document = DOCUMENT, variables: object = {}) {
  const answer = await gateway.query(document, { variables, headers: { 'x-tenant': tenant } });
  return { ...answer, requests: tenants.takeDocuments(tenant).length };
}

describe.each(Object.entries(SOUND))('a tenant that %s', (tenant, { least }) => {
  test('returns the counterparts of 530 rows, with the fewest requests that its pages allow', async () => {
    const first = await follow(tenant);
    const again = await follow(tenant);

    for (const { data, errors } of [first, again]) {
      expect(errors).toBeUndefined();
      const rows: Row[] = data.sage200.customers.nodes;
      expect(rows).toHaveLength(ROWS);
      for (const { reference, erpCustomer } of rows)
        expect(erpCustomer?.id ?? null).toBe(keys.includes(reference) ? reference : null);
    }
    expect(again.requests).toBe(least);
    // What it takes to learn how large pages may be.
    expect(first.requests).toBeLessThanOrEqual(least + 3);
  });
});

const withCounterpart = (id: string) => ({ id, sage200Customer: references.includes(id) ? { reference: id } : null });

/** Of each tenant, as it pages: everything at once, or a hundred by a hundred. */
test.each(Object.entries(SOUND))(
  '530 records of a tenant that %s have their counterparts in Sage 200',
  async (tenant, options) => {
    const { cap, refuseAbove, args = 'after', edge = 'cursor' } = options;
    const pages = args.includes('after') && edge.includes('cursor');
    const size = cap ?? refuseAbove ?? 600;
    const found: object[] = [];
    let isMore = true;
    for (let after = '0'; isMore; ) {
      const where = `filter: "{}", first: ${size}${pages ? `, after: "${after}"` : ''}`;
      const selected = `edges { ${pages ? 'cursor' : ''} node { id sage200Customer { reference } } }`;
      const document = `{ xtremMasterData { again { xtremMasterData { customer { query(${where}) { ${selected} } } } } } }`;
      const { data, errors } = await follow(tenant, document);
      expect(errors).toBeUndefined();
      const { edges } = data.xtremMasterData.again.xtremMasterData.customer.query;
      found.push(...edges.map(({ node }: { node: object }) => node));
      isMore = pages && edges.length === size;
      after = edges.at(-1)?.cursor;
    }

    expect(found).toEqual((pages ? keys : keys.slice(0, size)).map(withCounterpart));
  },
);

test('a key that records of different pages share is an error that names both', async () => {
  const { data, errors } = await follow('twice');

  const rows: Row[] = data.sage200.customers.nodes;
  expect(rows.filter(({ erpCustomer }) => erpCustomer !== null)).toEqual([]);
  expect(errors?.[0]?.message).toMatch(/erpCustomer leads to two records of .*: _id \d+ and _id \d+/);
  expect(errors?.[0]?.extensions['code']).toBe('UPSTREAM_REJECTED');
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  '%s is an ordinary name, even at links',
  async (name) => {
    const [reference] = references;

    const there = await follow(
      'uncapped',
      `query ($in: [String!]) { ${name}: sage200 { ${name}: customers(filter: { reference: { in: $in } }) { ${name}: nodes { ${name}: erpCustomer { ${name}: id sage200Customer { ${name}: reference } } } } } }`,
      { in: [reference] },
    );
    const back = await follow(
      'uncapped',
      `{ ${name}: xtremMasterData { ${name}: customer { ${name}: query(first: 1) { ${name}: edges { ${name}: node { ${name}: sage200Customer { ${name}: reference } } } } } } }`,
    );

    const named = (value: unknown) => JSON.stringify({ x: value }).slice(5, -1);
    expect([there.errors, back.errors]).toEqual([undefined, undefined]);
    const key = JSON.stringify(name);
    expect(JSON.stringify(there.data)).toBe(
      `{${key}:{${key}:{${key}:[{${key}:{${key}:${named(reference)},"sage200Customer":{${key}:${named(reference)}}}}]}}}`,
    );
    expect(JSON.stringify(back.data)).toBe(
      `{${key}:{${key}:{${key}:{${key}:[{${key}:{${key}:{${key}:${named(reference)}}}}]}}}}`,
    );
  },
);

test('a missing page and a record without its key are errors of the rows that were not found', async () => {
  const some = { in: [...references.slice(0, 1), ...references.slice(-1)] };

  const silent = await follow('silent', SOME, some);
  const hidden = await follow('hidden', SOME, some);

  expect(silent.data.sage200.customers.nodes.map(({ erpCustomer }: Row) => erpCustomer)).toEqual([null, null]);
  expect(silent.errors?.map(({ message }) => message)).toEqual([
    expect.stringContaining('cannot tell whether'),
    expect.stringContaining('cannot tell whether'),
  ]);
  expect(hidden.data.sage200.customers.nodes.map(({ erpCustomer }: Row) => erpCustomer)).toEqual([null, null]);
  expect(hidden.errors).toHaveLength(2);
});

test('a link that does not fit a tenant’s schema is left out, with the reason', async () => {
  const { data } = await gateway.query('{ gateway { tenants { name linksLeftOut } } }');
  const checked = await runHere('links', 'check', '--config', gateway.configPath, '--json');

  const leftOut = new Map<string, string[]>(
    data.gateway.tenants.map(({ name, linksLeftOut }: { name: string; linksLeftOut: string[] }) => [
      name,
      linksLeftOut,
    ]),
  );
  expect(leftOut.get('uncapped')).toEqual([]);
  const reasons = {
    inputFilter: 'erpCustomer: the filter of xtremMasterData.customer of the tenant is Where, which is not a string',
    askingMore: 'erpCustomer: xtremMasterData.customer of the tenant cannot be queried without site: String!',
  };
  const results = JSON.parse(checked.stdout) as { tenant: string; problem?: string; matched?: { count: number } }[];
  for (const [tenant, reason] of Object.entries(reasons)) {
    expect(leftOut.get(tenant)).toEqual([reason]);
    expect(results.find((each) => each.tenant === tenant)?.problem).toBe(reason);
  }
  for (const tenant of Object.keys(SOUND).filter((name) => name !== 'noCursors100' && name !== 'json'))
    expect(results.find((each) => each.tenant === tenant)).toMatchObject({ matched: { count: ROWS - 3 } });
  expect(results.find(({ tenant }) => tenant === 'noCursors100')?.problem).toContain('cannot be read in pages');
});
