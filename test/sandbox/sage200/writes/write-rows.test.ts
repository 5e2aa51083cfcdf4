import { afterAll, describe, expect, test } from 'vitest';
import { startWorld } from '../world.ts';

const world = await startWorld();
const { call, list, post, put, remove } = world;
afterAll(() => world[Symbol.asyncDispose]());

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
