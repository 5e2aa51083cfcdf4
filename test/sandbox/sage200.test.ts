import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WEB_CLIENT } from '../../src/sandbox/sage-id/index.ts';
import { type Sage200Sandbox, startSage200Sandbox, type VerifiedUser } from '../../src/sandbox/sage200/index.ts';
import { createSeed } from '../../src/sandbox/seed/index.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';

const seed = createSeed({ customers: 60 });
const [first, second] = seed.sites;
if (!first || !second) throw new Error('The seed has two companies.');

const USERS: Readonly<Record<string, VerifiedUser>> = {
  'token-a': { subject: 'a', email: 'a@example.co.uk' },
  'token-b': { subject: 'b', email: 'b@example.co.uk' },
  'token-one': { subject: 'one', companies: [{ siteId: first.site_id, companyId: first.company_id }] },
};

let sandbox: Sage200Sandbox;
beforeAll(async () => {
  sandbox = await startSage200Sandbox({
    seed,
    verifyAccessToken: async (token) => USERS[token],
  });
});
afterAll(() => sandbox.close());

interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly token?: string;
  readonly site?: string;
  readonly company?: number | string;
  readonly base?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever JSON the simulator sends.
type Answer = { status: number; text: string; json: any };

async function call(path: string, options: CallOptions = {}): Promise<Answer> {
  const { method = 'GET', body, token = 'token-a', site = first?.site_id, company = first?.company_id } = options;
  const response = await fetch(`${options.base ?? sandbox.professionalUrl}${path}`, {
    method,
    headers: {
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(site ? { 'x-site': site } : {}),
      ...(company ? { 'x-company': String(company) } : {}),
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, json: text === '' ? undefined : JSON.parse(text) };
}

const list = (resource: string, options: Record<string, string | number>, more: CallOptions = {}) =>
  call(
    `/${resource}?${new URLSearchParams(Object.entries(options).map(([name, value]) => [`$${name}`, String(value)]))}`,
    more,
  );

const post = (path: string, body: unknown, more: CallOptions = {}) => call(path, { ...more, method: 'POST', body });
const put = (path: string, body: unknown, more: CallOptions = {}) => call(path, { ...more, method: 'PUT', body });
const remove = (path: string, more: CallOptions = {}) => call(path, { ...more, method: 'DELETE' });

const ids = (answer: Answer): number[] => answer.json.map((row: { id: number }) => row.id);

describe('who may ask what', () => {
  test('a missing or unknown token is 401 with a Message', async () => {
    for (const token of ['', 'expired']) {
      const answer = await call('/customers', { token });
      expect(answer.status).toBe(401);
      expect(answer.json).toEqual({ Message: expect.any(String) });
    }
  });

  test('sites need no site and company; everything else answers 401 without them or with a wrong pair', async () => {
    expect((await call('/sites', { site: '', company: '' })).json).toEqual(seed.sites);
    expect((await call('/customers', { site: '', company: '' })).status).toBe(401);
    expect((await call('/customers', { company: 999 })).status).toBe(401);
    expect((await call('/customers', { site: '00000000-0000-0000-0000-000000000000' })).status).toBe(401);
  });

  test('a user sees only the companies that are open to them', async () => {
    expect((await call('/sites', { token: 'token-one' })).json).toEqual([first]);
    const { site_id: site, company_id: company } = second;
    expect((await call('/customers', { token: 'token-one', site, company })).status).toBe(401);
    expect((await call('/customers?$top=1', { token: 'token-a', site, company })).status).toBe(200);
  });

  test('a role without the feature is 403', async () => {
    sandbox.setAccess(({ resource, user }) => !(resource === 'suppliers' && user.subject === 'b'));
    expect((await call('/suppliers', { token: 'token-b' })).status).toBe(403);
    expect((await call('/suppliers', { token: 'token-a' })).status).toBe(200);
    sandbox.setAccess(undefined);
  });

  test('two companies have different rows under the same id', async () => {
    const { site_id: site, company_id: company } = second;
    const select = { select: 'id,name', top: 1, orderby: 'id asc' };
    const [here] = (await list('products', select)).json;
    const [there] = (await list('products', select, { site, company })).json;
    const customers = await list('customers', { select: 'id,name', filter: 'id eq 27828' });
    const others = await list('customers', { select: 'id,name', filter: 'id eq 27828' }, { site, company });

    expect(here.id).toBe(there.id);
    expect(customers.json).toHaveLength(1);
    expect(others.text).not.toBe(customers.text);
  });

  test('a path, a verb or an id that does not exist is 404', async () => {
    for (const path of ['/stock_items', '/customers/1', '/customers/abc', '/customers/1/sop_orders']) {
      expect((await call(path)).status).toBe(404);
    }
    expect((await post('/product_groups', {})).status).toBe(404);
    expect((await call('/customers', { base: `${sandbox.url}/v1` })).status).toBe(404);
  });

  test('Standard has neither the resources nor the fields that are Professional only', async () => {
    const base = sandbox.standardUrl;
    expect((await call('/finance_charges')).status).toBe(200);
    expect((await call('/finance_charges', { base })).status).toBe(404);
    const [row] = (await call('/customers?$top=1', { base })).json;
    expect(row).not.toHaveProperty('analysis_code_6');
    expect(row).toHaveProperty('analysis_code_5');
    expect((await call('/customers?$select=office_type', { base })).status).toBe(400);
  });
});

describe('reading', () => {
  test('every documented list answers with a bare array of its fields', async () => {
    const { json } = await call('/customers?$top=2');
    expect(Array.isArray(json)).toBe(true);
    for (const resource of [
      'company_details',
      'suppliers',
      'products',
      'product_groups',
      'warehouses',
      'warehouse_holdings',
      'sop_orders',
      'pop_orders',
      'currencies',
      'tax_codes',
      'country_codes',
      'nominal_codes',
      'departments',
      'cost_centres',
      'sales_posted_transactions',
      'customer_contacts',
      'customer_memos',
      'customer_delivery_addresses',
      'banks',
      'price_bands',
      'account_status_types',
      'sop_document_status_types',
      'customer_views',
      'sop_order_line_views',
      'purchase_posted_transactions',
      'stocktakes',
      'analysis_code_mappings',
      'configurable_terms',
    ]) {
      const answer = await call(`/${resource}?$top=2`);
      expect(answer.status, resource).toBe(200);
      expect(answer.json.length, resource).toBeGreaterThan(0);
    }
    expect((await call('/current_user')).json).toMatchObject({ email_address: 'a@example.co.uk' });
    expect((await call('/licence')).json).toMatchObject({ is_sales_enabled: true });
  });

  test('the documented example customer is there', async () => {
    const { json } = await list('customers', { filter: "reference eq 'ABS001'", select: 'id,name,balance' });
    expect(json).toEqual([{ id: 27828, name: 'ABS Garages Ltd', balance: 2464.16 }]);
  });

  test('a list is 500 rows without $top, at most 5,000 with it, and in order of id', async () => {
    const lines = (await list('customers', { select: 'id' })).json;
    expect(lines).toHaveLength(60);
    expect(ids({ json: lines } as Answer)).toEqual([...ids({ json: lines } as Answer)].sort((a, b) => a - b));
    expect((await list('customers', { top: 5000, select: 'id' })).status).toBe(200);
    expect((await list('customers', { top: 0 })).json).toEqual([]);
    for (const top of [5001, -1, 'x']) expect((await list('customers', { top })).status).toBe(400);
  });

  test('$skip needs $orderby', async () => {
    expect((await list('customers', { skip: 2 })).status).toBe(400);
    const all = ids(await list('customers', { orderby: 'balance desc,id asc', select: 'id' }));
    expect(ids(await list('customers', { orderby: 'balance desc, id asc', select: 'id', skip: 5, top: 3 }))).toEqual(
      all.slice(5, 8),
    );
  });

  test('$count is a bare number, of all rows that match', async () => {
    expect((await list('customers', { count: 'true' })).text).toBe('60');
    expect((await list('customers', { count: 'true', filter: 'id eq 27828', top: 500 })).text).toBe('1');
  });

  test('the answer holds exactly the selected keys, of expanded children too', async () => {
    const { json } = await list('sop_orders', {
      top: 1,
      select: 'id,document_no, customer.name,lines.id',
      expand: 'customer,lines',
    });
    expect(new Set(Object.keys(json[0]))).toEqual(new Set(['customer', 'document_no', 'id', 'lines']));
    expect(json[0].customer).toEqual({ name: expect.any(String) });
    expect(Object.keys(json[0].lines[0])).toEqual(['id']);
  });

  test('objects and arrays are absent until they are expanded', async () => {
    const plain = (await call('/customers/27828')).json;
    for (const name of ['contacts', 'currency', 'main_address', 'memos']) expect(plain).not.toHaveProperty(name);
    const { json } = await call('/customers/27828?$expand=contacts,currency,main_address,memos');
    expect(json.currency).toMatchObject({ name: 'Pound Sterling' });
    expect(json.contacts[0]).toMatchObject({ customer_id: 27828 });
    expect(json.contacts[0]).not.toHaveProperty('emails');
    expect(json.main_address.address_country_code).toMatchObject({ code: 'GB' });
  });

  test('custom expands bring their plain fields', async () => {
    expect((await call('/products?$top=1')).json[0]).not.toHaveProperty('base_unit_id');
    expect((await call('/products?$top=1&$expand=units')).json[0]).toHaveProperty('base_unit_id');
    expect((await call('/products?$top=1&$expand=nominal_codes')).json[0]).toHaveProperty('stock_nominal_code_id');
    const order = (await call('/sop_orders?$top=1&$expand=available_document_discount')).json[0];
    expect(order).toHaveProperty('available_document_discount_percent');
  });

  test('an unknown field or expand is 400, in a list and by id', async () => {
    for (const query of [
      '$select=nope',
      '$expand=nope',
      '$expand=lines',
      '$expand=contacts/emails',
      '$select=currency',
      '$select=currency.name',
    ]) {
      expect((await call(`/customers?${query}`)).status, query).toBe(400);
      expect((await call(`/customers/27828?${query}`)).status, query).toBe(400);
    }
    for (const query of [
      '$orderby=nope',
      '$orderby=currency',
      '$orderby=id up',
      '$inlinecount=allpages',
      '$filter=',
      '$top=1&$top=2',
    ]) {
      expect((await call(`/customers?${query}`)).status, query).toBe(400);
    }
  });

  test('a read by id passes over what only lists know', async () => {
    const answer = await call('/customers/27828?$filter=nonsense&$top=-1&$select=id');
    expect(answer.json).toEqual({ id: 27828 });
  });

  test('$metadata names fields, types and lengths instead of rows', async () => {
    const all = (await call('/customers?$metadata=true&$expand=currency')).json;
    expect(all).toContainEqual(expect.objectContaining({ name: 'reference', type: 'string', max_length: 8 }));
    expect(all.map((field: { name: string }) => field.name)).toContain('currency');
    const plain = (await call('/customers/27828?$metadata=false&$expand=currency')).json;
    expect(plain.map((field: { name: string }) => field.name)).not.toContain('currency');
  });

  test('nested paths show what is below a row', async () => {
    const orders = (await call('/customers/27828/sop_orders?$select=id,customer_id')).json;
    expect(new Set(orders.map((order: { customer_id: number }) => order.customer_id))).toEqual(new Set([27828]));
    const [order] = orders;
    const lines = (await call(`/sop_orders/${order.id}/sop_order_lines`)).json;
    expect((await call(`/sop_orders/${order.id}/sop_order_lines/${lines[0].id}`)).json).toEqual(lines[0]);
    const [contact] = (await call('/customers/27828/customer_contacts')).json;
    expect((await call(`/customers/27828/customer_contacts/${contact.id}/customer_emails`)).json).toHaveLength(1);
    expect((await call(`/customers/27829/customer_contacts/${contact.id}/customer_emails`)).status).toBe(404);
    const [holding] = (await call('/warehouse_holdings?$top=1')).json;
    const held = await call(`/products/${holding.product_id}/warehouses?$select=id`);
    expect(ids(held)).toContain(holding.warehouse_id);
  });

  test('numbers beyond a double are exact, and money has two places', async () => {
    const memo = await list('customer_memos', { orderby: 'id desc', top: 1, select: 'id' });
    expect(memo.text).toBe('[{"id":9007199254740993}]');
    expect((await list('customer_memos', { filter: 'id eq 9007199254740993', count: 'true' })).text).toBe('1');
    expect((await call('/customer_memos/9007199254740993?$select=id')).text).toBe('{"id":9007199254740993}');
    const { text } = await call('/customers/27828?$select=spare_number_1,credit_limit');
    expect(text).toContain('"spare_number_1":1234567890123.45678');
    expect(text).toMatch(/"credit_limit":\d+\.\d\d[,}]/);
  });

  test('document dates are midnight without offset, stamps are UTC without offset', async () => {
    const [order] = (await list('sop_orders', { top: 1, select: 'document_date,date_time_updated' })).json;
    expect(order.document_date).toMatch(/^\d{4}-\d{2}-\d{2}T00:00:00$/);
    expect(order.date_time_updated).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,3})?$/);
  });

  test('line views join what belongs together, in their own order, with enums by number', async () => {
    const { json } = await call('/sop_order_line_views?$top=3');
    const [line] = json;
    const order = (await call(`/sop_orders/${line.sop_order_id}?$expand=customer`)).json;
    expect(line).toMatchObject({
      sop_order_document_no: order.document_no,
      customer_reference: order.customer.reference,
    });
    expect(line.sop_order_line_type).toBe(0);
    expect(json[0].sop_order_id).toBeGreaterThanOrEqual(json[2].sop_order_id);
    const live = await list('sop_order_line_views', {
      filter: "sop_order_document_status eq 'EnumDocumentStatusLive'",
      top: 1,
    });
    expect(live.json[0].sop_order_document_status).toBe(0);
  });
});

describe('$filter', () => {
  const count = async (filter: string, resource = 'customers') => {
    const answer = await list(resource, { filter, count: 'true' });
    expect(answer.status, `${filter}: ${answer.text}`).toBe(200);
    return Number(answer.text);
  };

  test('compares, joins and nests', async () => {
    expect(await count('id eq 27828 or id eq 27829')).toBe(2);
    expect(await count("(id eq 27828 or id eq 27829) and reference eq 'ABS001'")).toBe(1);
    expect((await count('balance gt 0')) + (await count('balance le 0'))).toBe(60);
    expect(await count('on_hold eq true')).toBe(60 - (await count('on_hold ne true')));
    expect(await count("id ne 27828 and ((name ne '') or id lt 0)")).toBe(59);
  });

  test('finds parts of texts, quotes and their opposites', async () => {
    expect(await count("startswith(name,'ABS')")).toBeGreaterThan(0);
    expect(await count("contains(name, 'Garages') eq true")).toBeGreaterThan(0);
    const without = await count("endswith(name,'Ltd') eq false");
    expect(without + (await count("endswith(name,'Ltd')"))).toBe(60);
    expect(await count("contains(name,'O''Brien')")).toBeGreaterThan(0);
    // Signs that mean something to a database mean themselves here.
    const names = (await list('customers', { select: 'name' })).json.map((row: { name: string }) => row.name);
    for (const sign of ['%', '_', '\\']) {
      const having = names.filter((name: string) => name.includes(sign));
      expect(await count(`contains(name,'${sign}')`), sign).toBe(having.length);
    }
  });

  test('knows null, dates, instants and enums by name and number', async () => {
    expect(await count('credit_bureau_id eq null')).toBe(60);
    expect(await count('credit_bureau_id ne null')).toBe(0);
    const orders = Number((await call('/sop_orders?$count=true')).text);
    const before = await count('document_date lt 2026-01-01', 'sop_orders');
    expect(before + (await count('document_date ge 2026-01-01', 'sop_orders'))).toBe(orders);
    expect(await count('date_time_updated gt 1999-02-24T09:52:11.452Z', 'sop_orders')).toBe(orders);
    const byName = await count("document_status eq 'EnumDocumentStatusComplete'", 'sop_orders');
    expect(await count("document_status eq '2'", 'sop_orders')).toBe(byName);
  });

  test('anything beyond the grammar is 400', async () => {
    for (const filter of [
      'id in (1,2)',
      'not id eq 1',
      "tolower(name) eq 'x'",
      "substringof('x',name)",
      'currency/name eq 1',
      "currency.name eq 'x'",
      "main_address eq 'x'",
      'nope eq 1',
      "id eq '1'",
      'name eq 1',
      "on_hold eq 'true'",
      'document_date eq 1',
      "account_status_type eq 'Nope'",
      'account_status_type eq 0',
      'id eq',
      '(id eq 1',
      'id eq 1)',
      'id eq 1 id eq 2',
      "name eq 'x",
      'account_opened gt 2016-02-24T09:52:11',
      'balance gt null',
      'id add 1 eq 2',
      '1 eq id',
      'id eq 99999999999999999999',
      "contains(id,'1')",
      "contains(name,'x') ne true",
    ]) {
      const answer = await list('customers', { filter });
      expect(answer.status, filter).toBe(400);
      expect(answer.json).toEqual({ Message: expect.any(String) });
    }
  });

  test('limits on URL and filter terms hold while they are set', async () => {
    const filter = Array.from({ length: 30 }, (_, index) => `id eq ${27_828 + index}`).join(' or ');
    expect((await list('customers', { filter, select: 'id' })).json).toHaveLength(30);
    sandbox.setLimits({ maxFilterTerms: 10 });
    expect((await list('customers', { filter })).status).toBe(400);
    sandbox.setLimits({ maxFilterTerms: 0, maxUrlBytes: 200 });
    expect((await list('customers', { filter })).status).toBe(400);
    sandbox.setLimits({ maxUrlBytes: 0 });
    expect((await list('customers', { filter })).status).toBe(200);
  });

  test('a chain as long as a URL may be is answered', async () => {
    const chain = (from: number) => Array.from({ length: 700 }, (_, index) => `id eq ${from + index}`).join(' or ');
    const mixed = Array.from({ length: 150 }, (_, index) => `(id eq ${27_828 + index} and on_hold eq false)`).join(
      ' or ',
    );
    expect((await list('customers', { filter: chain(27_828), count: 'true' })).text).toBe('60');
    expect((await list('customers', { filter: mixed, count: 'true' })).status).toBe(200);
  });
});

describe('writing accounts', () => {
  const create = async (reference: string, more: object = {}) => {
    const answer = await post('/customers', { reference, name: 'Test & Sons Ltd', ...more });
    expect(answer.status, answer.text).toBe(200);
    return answer.json;
  };

  test('a customer is created with its children, read back, changed and removed', async () => {
    const created = await create('NEW001', {
      main_address: { address_1: '1 High Street', postcode: 'NE1 4AB' },
      contacts: [{ first_name: 'Ann', last_name: 'Lee', emails: [{ email: 'ann@example.co.uk' }] }],
      memos: [{ note: 'Call first' }],
    });
    expect(created).toMatchObject({
      reference: 'NEW001',
      balance: 0,
      on_hold: false,
      main_address: { postcode: 'NE1 4AB' },
    });
    expect(created.contacts[0]).toMatchObject({ name: 'Ann Lee', default_email: 'ann@example.co.uk' });

    const [contact] = created.contacts;
    const changed = await put(`/customers/${created.id}`, {
      name: 'Renamed Ltd',
      contacts: [{ id: contact.id, first_name: 'Anna' }, { first_name: 'Bob' }],
      memos: [{ id: created.memos[0].id, is_to_delete: true }],
      main_address: { city: 'Newcastle' },
    });
    expect(changed.status, changed.text).toBe(200);
    expect(changed.json.contacts.map((row: { name: string }) => row.name)).toEqual(['Anna Lee', 'Bob']);
    expect(changed.json.memos).toEqual([]);
    expect(changed.json.main_address).toMatchObject({ postcode: 'NE1 4AB', city: 'Newcastle' });

    const { json } = await call(`/customers/${created.id}?$expand=contacts&$select=name,contacts.first_name`);
    expect(json).toEqual({ name: 'Renamed Ltd', contacts: [{ first_name: 'Anna' }, { first_name: 'Bob' }] });
    expect((await remove(`/customers/${created.id}`)).status).toBe(200);
    expect((await remove(`/customers/${created.id}`)).status).toBe(404);
    expect((await call(`/customer_contacts/${contact.id}`)).status).toBe(404);
  });

  test('the first thing that is wrong is refused and nothing is kept', async () => {
    const cases: [object | string, RegExp][] = [
      [{ name: 'X' }, /reference/],
      [{ reference: 'TOOLONG99', name: 'X' }, /8 characters/],
      [{ reference: 'BAD001', name: 'X', colour: 'red' }, /colour/],
      [{ reference: 'BAD001', name: 'X', short_name: null }, /short_name/],
      [{ reference: 'BAD001', name: 'X', currency_id: 999_999_999 }, /currency_id/],
      [{ reference: 'BAD001', name: 'X', account_opened: '2024-10-01' }, /account_opened/],
      [{ reference: 'BAD001', name: 'X', account_status_type: 'Gone' }, /Gone/],
      [{ reference: 'BAD001', name: 'X', credit_limit: 'much' }, /credit_limit/],
      [{ reference: 'BAD001', name: 'X', payment_terms_days: 70_000 }, /payment_terms_days/],
      [{ reference: 'BAD001', name: 'X', on_hold: 'yes' }, /on_hold/],
      [{ reference: 'BAD001', name: 'X', contacts: [{ first_name: 'A', nope: 1 }] }, /nope/],
      [{ reference: 'BAD001', name: 'X', default_nominal_code_reference: '99999' }, /99999/],
      [{ reference: 'ABS001', name: 'X' }, /in use/],
      ['{"reference": ', /JSON/],
      ['[]', /object/],
    ];
    for (const [body, message] of cases) {
      const answer = await post('/customers', body);
      expect(answer.status, JSON.stringify(body)).toBe(400);
      expect(answer.json.Message).toMatch(message);
    }
    expect((await list('customers', { filter: "reference eq 'BAD001'", count: 'true' })).text).toBe('0');
  });

  test('a natural key cannot be changed, and an account in use cannot be removed', async () => {
    const created = await create('KEEP01');
    expect((await put(`/customers/${created.id}`, { reference: 'KEEP02' })).status).toBe(400);
    expect((await put(`/customers/${created.id}`, { reference: 'KEEP01', on_hold: true })).json.on_hold).toBe(true);
    expect((await remove('/customers/27828')).status).toBe(400);
    expect((await put('/customers/1', { name: 'X' })).status).toBe(404);
  });

  test('decimals that are sent stay exact', async () => {
    const body =
      '{"reference":"EXACT1","name":"X","spare_number_1":9876543210987.12345,"spare_date_1":"2024-10-01T00:00:00Z"}';
    const { json } = await post('/customers', body);
    const { text } = await call(`/customers/${json.id}?$select=spare_number_1,spare_date_1`);
    expect(text).toBe('{"spare_number_1":9876543210987.12345,"spare_date_1":"2024-10-01T00:00:00"}');
    await put(`/customers/${json.id}`, { name: 'Y' });
    expect((await call(`/customers/${json.id}?$select=spare_number_1`)).text).toContain('9876543210987.12345');
  });

  test('other resources can be written too: nested, alone and in bulk', async () => {
    const contact = await post('/customers/27828/customer_contacts', { first_name: 'Cy', last_name: 'Dee' });
    expect(contact.json).toMatchObject({ customer_id: 27828, name: 'Cy Dee' });
    const email = await post(`/customer_contacts/${contact.json.id}/customer_emails`, { email: 'cy@example.co.uk' });
    expect(email.json).toMatchObject({ customer_contact_id: contact.json.id });
    const memo = await post('/customer_memos', { customer_id: 27828, note: 'Hello' });
    expect((await put(`/customer_memos/${memo.json.id}`, { note: 'Bye' })).json.note).toBe('Bye');
    const group = (await call('/product_groups?$top=1')).json[0];
    const product = await post('/products', { code: 'NEW-1', name: 'New', product_group_id: group.id });
    expect(product.json).toMatchObject({ code: 'NEW-1', product_group_id: group.id });

    const added = await put('/departments', [
      { code: 'ZZ1', name: 'One' },
      { code: 'ZZ2', name: 'Two' },
    ]);
    expect(added.json.map((row: { name: string }) => row.name)).toEqual(['One', 'Two']);
    const bulk = added.json.map(({ id, name }: { id: number; name: string }) =>
      name === 'One' ? { id, is_to_delete: true } : { id, name: 'Zwei' },
    );
    expect((await put('/departments', bulk)).json.map((row: { name: string }) => row.name)).toEqual(['Zwei']);
  });
});

describe('writing orders', () => {
  const parts = async () => {
    const [product] = (await call('/products?$top=1')).json;
    const [warehouse] = (await call('/warehouses?$top=1')).json;
    return { product, warehouse };
  };
  const standardLine = async (more: object = {}) => {
    const { product, warehouse } = await parts();
    return {
      line_type: 'EnumLineTypeStandard',
      product_id: product.id,
      warehouse_id: warehouse.id,
      line_quantity: 3,
      selling_unit_price: 10,
      ...more,
    };
  };
  const createOrder = async (more: object = {}) => {
    const answer = await post('/sop_orders', { customer_id: 27828, lines: [await standardLine()], ...more });
    expect(answer.status, answer.text).toBe(200);
    return answer.json;
  };

  test('an order gets its number, its lines and its totals', async () => {
    const order = await createOrder({
      customer_document_no: 'PO-7',
      document_discount_percent: 10,
      lines: [
        await standardLine({ unit_discount_percent: 5 }),
        { line_type: 'EnumLineTypeFreeText', description: 'Fitting', line_quantity: 2, selling_unit_price: 12.345 },
        { line_type: 'EnumLineTypeComment', description: 'Ring the bell' },
        { line_type: 'EnumLineTypeCharge', code: 'CARRIAGE', selling_unit_price: 7.5 },
      ],
    });
    expect(order.document_no).toMatch(/^\d+$/);
    expect(order.lines.map((line: { line_number: number }) => line.line_number)).toEqual([1, 2, 3, 4]);
    expect(order.lines.map((line: { line_total_value: number }) => line.line_total_value)).toEqual([
      28.5, 24.69, 0, 7.5,
    ]);
    expect(order).toMatchObject({
      subtotal_goods_value: 53.19,
      subtotal_charge_net_value: 7.5,
      subtotal_discount_value: 5.32,
    });
    expect(order.total_net_value).toBeCloseTo(55.37, 5);
    expect(order.total_gross_value).toBeCloseTo(order.total_net_value + order.total_tax_value, 5);
    expect(ids(await call('/customers/27828/sop_orders?$select=id'))).toContain(order.id);
    const viewed = await list('sop_order_line_views', {
      filter: `sop_order_id eq ${order.id}`,
      select: 'sop_order_line_total_value',
    });
    expect(viewed.json).toHaveLength(4);
  });

  test('a line is refused by the rules of its type, and then no order is made', async () => {
    const before = (await call('/sop_orders?$count=true')).text;
    for (const line of [
      { line_quantity: 1 },
      { line_type: 'EnumLineTypeStandard', line_quantity: 1 },
      await standardLine({ warehouse_id: 999_999_999 }),
      await standardLine({ line_quantity: 0 }),
      await standardLine({ unit_discount_percent: 100.01 }),
      await standardLine({ nope: 1 }),
      { line_type: 'EnumLineTypeFreeText', line_quantity: 1 },
      { line_type: 'EnumLineTypeComment' },
      { line_type: 'EnumLineTypeCharge', selling_unit_price: 1 },
      { line_type: 'EnumLineTypeCharge', code: 'X', line_quantity: 2 },
    ]) {
      expect((await post('/sop_orders', { customer_id: 27828, lines: [line] })).status, JSON.stringify(line)).toBe(400);
    }
    expect((await post('/sop_orders', { lines: [] })).status).toBe(400);
    expect((await call('/sop_orders?$count=true')).text).toBe(before);
  });

  test('lines are saved one by one: a failing one leaves those before it and an error in the answer', async () => {
    const order = await createOrder();
    const answer = await put(`/sop_orders/${order.id}`, {
      lines: [
        { id: order.lines[0].id, line_quantity: 5 },
        { line_type: 'EnumLineTypeComment' },
        { line_type: 'EnumLineTypeComment', description: 'Never saved' },
      ],
    });
    expect(answer.status).toBe(200);
    expect(answer.json.Message).toMatch(/^Line 2: /);
    const { json } = await call(`/sop_orders/${order.id}?$expand=lines`);
    expect(json.lines).toHaveLength(1);
    expect(json.lines[0]).toMatchObject({ line_quantity: 5, line_total_value: 50 });
    expect(json.subtotal_goods_value).toBe(50);
  });

  test('lines are removed and put in order', async () => {
    const order = await createOrder({
      lines: [
        await standardLine(),
        { line_type: 'EnumLineTypeComment', description: 'B' },
        { line_type: 'EnumLineTypeComment', description: 'C' },
      ],
    });
    const [a, b, c] = order.lines;
    const answer = await put(`/sop_orders/${order.id}`, {
      is_to_sequence_lines: true,
      lines: [{ id: c.id }, { id: a.id }, { id: b.id, is_to_delete: true }],
    });
    expect(answer.json.Message).toBeUndefined();
    const numbers = Object.fromEntries(
      answer.json.lines.map((line: { id: number; line_number: number }) => [line.id, line.line_number]),
    );
    expect(numbers).toEqual({ [c.id]: 1, [a.id]: 2 });
  });

  test('a lock keeps others out until it is given back', async () => {
    const order = await createOrder();
    const path = `/sop_orders/${order.id}`;
    const locked = (await call(`${path}?$expand=is_to_lock&$select=id,lock_id`)).json;
    expect(locked.lock_id).toBeGreaterThan(0);
    expect((await call(`${path}?$expand=is_to_lock`, { token: 'token-b' })).status).toBe(400);
    expect((await put(path, { customer_document_no: 'X' }, { token: 'token-b' })).status).toBe(400);
    expect((await remove(path, { token: 'token-b' })).status).toBe(400);
    expect((await call(path, { token: 'token-b' })).status).toBe(200);

    const saved = await put(path, { lock_id: locked.lock_id, is_editing: false, customer_document_no: 'MINE' });
    expect(saved.json.customer_document_no).toBe('MINE');
    expect((await put(path, { customer_document_no: 'THEIRS' }, { token: 'token-b' })).status).toBe(200);
    expect((await remove(path)).status).toBe(200);
    expect((await remove(path)).status).toBe(404);
    expect((await call(`/sop_order_lines/${order.lines[0].id}`)).status).toBe(404);
  });

  test('a customer on hold gets no order unless that is overridden', async () => {
    const held = (await post('/customers', { reference: 'HOLD01', name: 'Held', on_hold: true })).json;
    expect((await post('/sop_orders', { customer_id: held.id })).status).toBe(400);
    expect((await post('/sop_orders', { customer_id: held.id, override_on_hold: true })).status).toBe(200);
  });

  test('drafts are made new or as a copy, kept while edited, and go live', async () => {
    const draft = (await post('/sop_orders_new', { customer_id: 27828 })).json;
    expect(draft).toMatchObject({ is_draft: true, document_status: 'EnumDocumentStatusDraft', lines: [] });
    const edited = await put(`/sop_orders_new/${draft.id}`, { is_editing: true, lines: [await standardLine()] });
    expect(edited.json).toMatchObject({ is_draft: true, subtotal_goods_value: 30 });
    const live = await put(`/sop_orders/${draft.id}`, { is_editing: false });
    expect(live.json).toMatchObject({ is_draft: false, document_status: 'EnumDocumentStatusLive' });

    const copy = await post('/sop_orders_duplicate', {
      source_id: draft.id,
      customer_id: 27829,
      prices_and_discounts: true,
    });
    expect(copy.json).toMatchObject({ is_draft: true, customer_id: 27829, subtotal_goods_value: 30 });
    expect((await remove(`/sop_orders/${copy.json.id}`)).status).toBe(200);
    expect((await post('/customers_new', {})).json).toMatchObject({ id: null, contacts: [] });
  });

  test('purchase orders are written the same way', async () => {
    const { product, warehouse } = await parts();
    const [supplier] = (await call('/suppliers?$top=1')).json;
    const line = {
      line_type: 'EnumLineTypeStandard',
      code: product.code,
      warehouse_id: warehouse.id,
      line_quantity: 4,
      unit_buying_price: 2.5,
    };
    const order = await post('/pop_orders', { supplier_id: supplier.id, lines: [line] });
    expect(order.status, order.text).toBe(200);
    expect(order.json).toMatchObject({ subtotal_goods_value: 10, lines: [{ product_id: product.id }] });
  });
});

describe('posting', () => {
  test('an invoice answers a urn, is found by it, and changes the balance', async () => {
    const [taxCode] = (await call('/tax_codes?$top=1')).json;
    const [nominal] = (await call('/nominal_codes?$top=1')).json;
    const before = (await call('/customers/27829?$select=balance')).json.balance;
    const body = {
      customer_id: 27829,
      reference: 'INV-1',
      document_goods_value: 100,
      document_tax_value: 20,
      tax_analysis_items: [{ id: taxCode.id, goods_amount: 100, tax_amount: 20 }],
      nominal_analysis_items: [{ code: nominal.reference, value: 100 }],
    };
    const answer = await post('/sales_invoices', body);
    expect(Object.keys(answer.json)).toEqual(['urn']);
    const found = await list('sales_posted_transactions', {
      filter: `urn eq ${answer.json.urn}`,
      expand: 'tax_analysis_items',
    });
    expect(found.json).toHaveLength(1);
    expect(found.json[0]).toMatchObject({
      reference: 'INV-1',
      document_gross_value: 120,
      tax_analysis_items: [{ id: taxCode.id }],
    });
    expect((await call('/customers/27829?$select=balance')).json.balance).toBeCloseTo(before + 120, 5);
    expect((await call('/sales_invoices')).status).toBe(404);

    const unequal = { ...body, nominal_analysis_items: [{ code: nominal.reference, value: 99 }] };
    expect((await post('/sales_invoices', unequal)).status).toBe(400);
    const noTaxCode = await post('/sales_invoices', {
      ...body,
      tax_analysis_items: [{ goods_amount: 100, tax_amount: 20 }],
    });
    expect(noTaxCode.json.Message).toContain('SageNullFieldException');
  });

  test('a posted transaction can only be queried', async () => {
    const [row] = (await call('/sales_posted_transactions?$top=1')).json;
    const answer = await put(`/sales_posted_transactions/${row.id}`, { queried: 'Q', reference: 'changed' });
    expect(answer.json).toMatchObject({ queried: 'Q', reference: row.reference });
  });
});

test('the control doors work: faults answer in the vendor’s shape and requests are logged', async () => {
  sandbox.clearRequests();
  sandbox.fault({ match: '/customers', kind: 'status', status: 503, times: 1 });
  const answer = await call('/customers?$top=1');
  expect(answer.status).toBe(503);
  expect(answer.json).toEqual({ Message: expect.any(String) });
  expect((await call('/customers?$top=1')).status).toBe(200);
  expect(sandbox.requests().map((request) => request.status)).toEqual([503, 200]);
  expect(JSON.stringify(sandbox.requests())).not.toContain('token-a');
});

test('a token of the Sage ID sandbox opens exactly the companies of its person', async () => {
  await using whole = await startSandbox({ customers: 5 });
  const tokenOf = async (user: string): Promise<string> => {
    const fields = {
      grant_type: 'refresh_token',
      refresh_token: await whole.refreshToken(user),
      client_id: WEB_CLIENT.id,
      client_secret: WEB_CLIENT.secret,
    };
    const response = await fetch(whole.credentials.sageId.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    return token;
  };
  const base = whole.credentials.sage200.baseUrl;
  const bob = await tokenOf('bob');
  const sites = (await call('/sites', { base, token: bob })).json;

  expect(sites).toEqual([second]);
  expect((await call('/customers', { base, token: bob })).status).toBe(401);
  const { site_id: site, company_id: company } = second;
  expect((await call('/customers', { base, token: bob, site, company })).json).toHaveLength(5);
  expect((await call('/sites', { base, token: await tokenOf('carol') })).json).toEqual([]);
});
