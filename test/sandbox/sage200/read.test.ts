import { afterAll, describe, expect, test } from 'vitest';
import { type Answer, ids, startWorld } from './world.ts';

const world = await startWorld();
const { sandbox, call, list } = world;
afterAll(() => world[Symbol.asyncDispose]());

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

  test('a read by id ignores options that only lists know', async () => {
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

  test('nested paths show the rows below a row', async () => {
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

  test('line views join related rows, in their own order, with enums by number', async () => {
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

  test('limits on URL and filter terms apply while they are set', async () => {
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
