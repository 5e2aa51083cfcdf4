import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sage200Sandbox, startSage200Sandbox } from '../../src/sandbox/sage200/index.ts';
import { createSeed } from '../../src/sandbox/seed/index.ts';

const AHEAD_MS = 120_000;

const seed = createSeed({ customers: 12 });
const [site] = seed.sites;
let sandbox: Sage200Sandbox;

beforeAll(async () => {
  sandbox = await startSage200Sandbox({
    seed,
    verifyAccessToken: () => ({ subject: 'a' }),
    stampSteps: true,
    clockSkewMs: AHEAD_MS,
  });
});
afterAll(() => sandbox.close());

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever JSON the simulator sends.
async function call(path: string, method = 'GET', body?: unknown): Promise<{ status: number; json: any }> {
  const response = await fetch(`${sandbox.professionalUrl}${path}`, {
    method,
    headers: {
      authorization: 'Bearer a',
      'x-site': site?.site_id ?? '',
      'x-company': String(site?.company_id),
      'content-type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: await response.json() };
}

const filtered = (filter: string) =>
  call(`/customers?$select=id,date_time_updated&$filter=${encodeURIComponent(filter)}`);

test('a timestamp is stored in steps of 1/300 s: the shown value is seldom equal, but always within a millisecond', async () => {
  const { json } = await call('/customers?$select=id,date_time_updated&$top=12');
  let unequal = 0;
  for (const { id, date_time_updated: shown } of json) {
    const at = Date.parse(`${shown}Z`);
    const instant = (ms: number) => new Date(ms).toISOString();
    const around = `date_time_updated ge ${instant(at - 1)} and date_time_updated le ${instant(at + 1)}`;

    expect((await filtered(`id eq ${id} and ${around}`)).json).toHaveLength(1);
    unequal += (await filtered(`id eq ${id} and date_time_updated eq ${instant(at)}`)).json.length === 0 ? 1 : 0;
  }

  expect(unequal).toBeGreaterThan(0);
});

test('a write that is committed late has the timestamp of its beginning, by a clock that is ahead', async () => {
  const beganAt = Date.now();
  const committed = sandbox.changeRows({
    resource: 'customers',
    ids: [27_829],
    values: { name: 'Late' },
    commitDelayMs: 80,
  });

  const before = await call('/customers/27829?$select=name');
  await committed;
  const after = await call('/customers/27829?$select=name,date_time_updated');

  expect(before.json.name).not.toBe('Late');
  expect(after.json.name).toBe('Late');
  const stamp = Date.parse(`${after.json.date_time_updated}Z`) - AHEAD_MS;
  expect(stamp).toBeGreaterThanOrEqual(beganAt - 4);
  expect(stamp).toBeLessThan(Date.now() - 40);
});

test('a slash at the end of a path makes no difference', async () => {
  const [plain, slashed] = [await call('/sop_orders?$top=2'), await call('/sop_orders/?$top=2')];

  expect(slashed).toEqual(plain);
  expect(plain.json).toHaveLength(2);
});

test('writes of public clients are accepted: a line without a warehouse, a contact with an address', async () => {
  const [holding] = (await call('/warehouse_holdings?$top=1')).json;
  const order = await call('/sop_orders', 'POST', {
    customer_id: 27_828,
    lines: [{ line_type: 'EnumLineTypeStandard', product_id: holding.product_id, line_quantity: 1 }],
  });
  const customer = await call('/customers', 'POST', {
    reference: 'NEW001',
    name: 'New',
    contacts: [{ first_name: 'Ann', last_name: 'Lee', email: 'ann@example.co.uk' }],
  });
  const { json } = await call(`/customers/${customer.json.id}?$expand=contacts`);

  expect(order.json.lines[0].warehouse_id).toBe(holding.warehouse_id);
  expect(json.contacts[0]).toMatchObject({ name: 'Ann Lee', default_email: 'ann@example.co.uk' });
});

test('the example of Sage’s own page exists as printed', async () => {
  const { json } = await call('/customers/27828');

  expect(json).toMatchObject({
    reference: 'ABS001',
    name: 'ABS Garages Ltd',
    short_name: 'ABS Gara',
    telephone_country_code: '44',
    telephone_area_code: '0191',
    telephone_subscriber_number: '254 5909',
    fax_subscriber_number: '254 5907',
    website: 'www.sage.co.uk',
    credit_limit: 4_000,
    vat_number: 'GB745 4584 68',
    analysis_code_1: 'Trade',
    analysis_code_2: 'George',
    analysis_code_3: 'Tyne & Wear',
    average_time_to_pay: 319,
    date_time_updated: '2016-07-08T15:28:48.66',
  });
});
