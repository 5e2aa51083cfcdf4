import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ companies: 2, customers: 5 });
  const [company] = sandbox.companies;
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      const companies = [{ site: company?.siteId.toUpperCase(), company: String(company?.companyId) }];
      file['callers'] = { anonymous: { connection: 'sandbox', tenants: ['acme'], readOnly: false, companies } };
    },
  });
});

afterEach(() => sandbox.sage200.clearFaults());

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const filtersSent = () =>
  sandbox.sage200.requests().map(({ path }) => new URL(path, 'http://x').searchParams.get('$filter'));

test.each([
  ['2026-09-20T00:00:00+01:00', '2026-09-19T23:00:00Z'],
  ['2026-09-20T00:00+00:00', '2026-09-20T00:00:00Z'],
  ['2026-09-20T00:00:00.1234567Z', '2026-09-20T00:00:00.1234567Z'],
])('an instant %s is sent to Sage as %s, every time', async (given, sent) => {
  for (const name of ['changedSince: $at', 'filter: { dateTimeUpdated: { gt: $at } }']) {
    const document = `query ($at: Sage200DateTime!) { sage200 { customers(${name}) { nodes { id } } } }`;
    for (let time = 0; time < 3; time += 1) {
      sandbox.sage200.clearRequests();
      const { errors } = await gateway.query(document, { variables: { at: given } });

      expect(errors).toBeUndefined();
      expect(filtersSent()).toContain(`date_time_updated gt ${sent}`);
    }
  }
});

test.each(['2026-02-30T00:00:00Z', '2026-03-31T24:00:00Z', '2026-09-20T00:00:00', '20/09/2026'])(
  'an instant %s is refused before Sage is asked',
  async (at) => {
    sandbox.sage200.clearRequests();
    const document = 'query ($at: Sage200DateTime!) { sage200 { customers(changedSince: $at) { nodes { id } } } }';

    const { errors } = await gateway.query(document, { variables: { at } });

    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(sandbox.sage200.requests()).toEqual([]);
  },
);

test('values from Sage have one form, and a wrong one is null with an error, with a plan and without', async () => {
  const row = { id: 1, date_time_created: '2026-07-01T10:00:00+01:00', date_time_updated: '20/09/2026' };
  const body = `[${JSON.stringify(row).slice(0, -1)},"balance":1250.50,"credit_limit":1e400}]`;
  sandbox.sage200.fault({ kind: 'status', status: 200, match: '/customers?', body, times: 0 });

  for (let time = 0; time < 3; time += 1) {
    const { data, errors } = await gateway.query(
      '{ sage200 { customers(first: 3) { nodes { dateTimeCreated dateTimeUpdated balance creditLimit } } } }',
    );

    expect(data.sage200.customers.nodes).toEqual([
      { dateTimeCreated: '2026-07-01T09:00:00Z', dateTimeUpdated: null, balance: '1250.50', creditLimit: null },
    ]);
    expect(errors?.map(({ path, extensions }) => [path?.at(-1), extensions['code']])).toEqual([
      ['dateTimeUpdated', 'UPSTREAM_UNAVAILABLE'],
      ['creditLimit', 'UPSTREAM_UNAVAILABLE'],
    ]);
  }
});

test('a site is the same in either case: in rights, headers, arguments and ids', async () => {
  const [company] = sandbox.companies;
  const [site = '', id] = [company?.siteId, String(company?.companyId)];
  const document = '{ sage200 { customers(first: 1) { nodes { id } } } }';
  const plain = await gateway.query(document);
  const [{ id: customer }] = plain.data.sage200.customers.nodes;

  const byHeader = await gateway.query(document, { headers: { 'x-site': site.toUpperCase(), 'x-company': id } });
  const byArgument = await gateway.query(
    `{ sage200(site: "${site.toUpperCase()}", company: "${id}") { customer(id: "${customer}") { id } } }`,
  );

  expect(byHeader.data).toEqual(plain.data);
  expect(byArgument.data.sage200.customer).toEqual({ id: customer });
});

test('a request that begins with a byte order mark is accepted', async () => {
  for (let time = 0; time < 3; time += 1) {
    const body = `\uFEFF${JSON.stringify({ query: '{ sage200 { customers(first: 1) { nodes { sageId } } } }' })}`;
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: Buffer.from(body),
    });

    expect(response.status).toBe(200);
    expect((await response.json()) as object).not.toHaveProperty('errors');
  }
});

test("discounts and days have Sage's own ranges, and values that Sage calculates are not inputs", async () => {
  const order = (header: string, line = '') =>
    gateway.query(
      `mutation { sage200 { createPopOrder(input: { supplierId: "1", ${header} lines: [{ lineType: EnumLineTypeFreeText, description: "x", lineQuantity: "1" ${line} }] }) { userErrors { code } } } }`,
    );
  const pathsOf = async (answer: ReturnType<typeof order>) =>
    (await answer).errors?.map(({ extensions }) => [extensions['code'], extensions['inputPath']]);

  expect(await pathsOf(order('', ', unitDiscountPercent: "100"'))).toBeUndefined();
  expect(await pathsOf(order('', ', unitDiscountPercent: "100.01"'))).toEqual([
    ['BAD_USER_INPUT', ['input', 'lines', 0, 'unitDiscountPercent']],
  ]);
  expect(await pathsOf(order('settlementDiscountDays: -1,'))).toEqual([
    ['BAD_USER_INPUT', ['input', 'settlementDiscountDays']],
  ]);
  expect(await pathsOf(order('documentDiscountPercent: "100",'))).toEqual([
    ['BAD_USER_INPUT', ['input', 'documentDiscountPercent']],
  ]);
  expect(await pathsOf(order('', ', discountedUnitPrice: "1"'))).toEqual([['BAD_USER_INPUT', undefined]]);
});
