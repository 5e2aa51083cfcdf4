import { expect, test } from 'vitest';
import { createSeed, type Sage200Data, type Seed } from '../../src/sandbox/seed/index.ts';

const companyOf = (seed: Seed, index: number): Sage200Data => {
  const site = seed.sites[index];
  const data = site && seed.company({ siteId: site.site_id, companyId: site.company_id });
  if (!data) throw new Error(`no company ${index}`);
  return data;
};

test('the documented example customer is there', () => {
  const customer = companyOf(createSeed(), 0).customers.find(({ reference }) => reference === 'ABS001');

  expect(customer).toMatchObject({ id: 27828, name: 'ABS Garages Ltd', balance: 2464.16 });
});

test('two seeds with the same number are equal, and with different numbers not', () => {
  const [first, second, other] = [createSeed(), createSeed(), createSeed({ seed: 2 })];

  expect(companyOf(second, 1)).toEqual(companyOf(first, 1));
  expect(second.erp()).toEqual(first.erp());
  expect(companyOf(other, 0).customers).not.toEqual(companyOf(first, 0).customers);
});

test('the same id is a different row in the other company', () => {
  const seed = createSeed({ customers: 60 });
  const [first, second] = [companyOf(seed, 0), companyOf(seed, 1)];

  for (const table of ['customers', 'suppliers', 'products', 'tax_codes', 'nominal_codes'] as const) {
    const names = new Map<number, string>(first[table].map(({ id, name }) => [id, name]));
    const shared = second[table].filter(({ id }) => names.has(id));
    expect(shared.length, table).toBeGreaterThan(5);
    for (const { id, name } of shared) expect(names.get(id), table).not.toBe(name);
  }
  expect(second.currencies[0]).toMatchObject({ id: 1, symbol: '€' });
  expect(first.currencies[0]).toMatchObject({ id: 1, symbol: '£' });
});

test('company ids repeat in another site', () => {
  const { sites } = createSeed({ companies: 3 });

  expect(sites.map(({ company_id }) => company_id)).toEqual([1, 2, 1]);
  expect(new Set(sites.map(({ site_id }) => site_id)).size).toBe(2);
});

test('keys are unique, references short, orders few, and all foreign ids exist', () => {
  const data = companyOf(createSeed({ customers: 500 }), 0);
  const ids = (rows: readonly { readonly id: number }[]) => new Set(rows.map(({ id }) => id));
  const customers = ids(data.customers);
  const orders = new Map<number, number>();
  for (const { customer_id } of data.sop_orders) orders.set(customer_id, (orders.get(customer_id) ?? 0) + 1);

  for (const [table, rows] of Object.entries(data)) expect(ids(rows).size, table).toBe(rows.length);
  expect(new Set(data.customers.map(({ reference }) => reference)).size).toBe(500);
  expect(data.customers.every(({ reference }) => reference.length <= 8)).toBe(true);
  expect(new Set(data.products.map(({ code }) => code)).size).toBe(data.products.length);
  expect(Math.max(...orders.values())).toBe(50);
  expect([...orders.keys()].every((id) => customers.has(id))).toBe(true);
  expect(data.customers.every(({ currency_id }) => ids(data.currencies).has(currency_id))).toBe(true);
  expect(data.sop_order_lines.every(({ product_id }) => ids(data.products).has(product_id))).toBe(true);
});

test('orders add up from their lines, and balances from open transactions', () => {
  const data = companyOf(createSeed({ customers: 100 }), 0);
  const pence = (value: number) => Math.round(value * 100);
  const net = new Map<number, number>();
  for (const { sop_order_id, line_total_value } of data.sop_order_lines)
    net.set(sop_order_id, (net.get(sop_order_id) ?? 0) + pence(line_total_value));
  const open = new Map<number, number>();
  for (const { customer_id, document_outstanding_value } of data.sales_posted_transactions)
    open.set(customer_id, (open.get(customer_id) ?? 0) + pence(document_outstanding_value));

  for (const order of data.sop_orders) {
    expect(pence(order.total_net_value)).toBe(net.get(order.id));
    expect(pence(order.total_gross_value)).toBe(pence(order.total_net_value) + pence(order.total_tax_value));
  }
  for (const { id, balance } of data.customers) expect(pence(balance)).toBe(open.get(id) ?? 0);
});

test('most keys are in both systems, and some in only one', () => {
  const seed = createSeed();
  const { customers, products } = companyOf(seed, 0);
  const erp = seed.erp();
  const share = (ours: readonly string[], theirs: readonly string[]) => ({
    both: ours.filter((key) => theirs.includes(key)).length,
    oursOnly: ours.filter((key) => !theirs.includes(key)).length,
    theirsOnly: theirs.filter((key) => !ours.includes(key)).length,
  });

  const shared = [
    share(
      customers.map(({ reference }) => reference),
      erp.customers.map(({ id }) => id),
    ),
    share(
      products.map(({ code }) => code),
      erp.items.map(({ id }) => id),
    ),
  ];

  for (const { both, oursOnly, theirsOnly } of shared) {
    expect(both).toBeGreaterThan(oursOnly);
    expect(oursOnly).toBeGreaterThan(5);
    expect(theirsOnly).toBeGreaterThan(5);
  }
  expect(erp.customers[0]?.id).toBe('ABS001');
});

test('the ERP’s references exist', () => {
  const erp = createSeed().erp();
  const keys = (rows: readonly { readonly id: string }[]) => new Set(rows.map(({ id }) => id));
  const entities = keys(erp.businessEntities);

  expect(entities.size).toBe(erp.businessEntities.length);
  for (const { id } of [...erp.customers, ...erp.suppliers, ...erp.sites]) expect(entities.has(id)).toBe(true);
  for (const order of erp.salesOrders) {
    expect(keys(erp.customers).has(order.soldToCustomer)).toBe(true);
    expect(order.lines.every(({ item }) => keys(erp.items).has(item))).toBe(true);
  }
  for (const { supplier } of erp.purchaseOrders) expect(keys(erp.suppliers).has(supplier)).toBe(true);
  for (const { item, site } of erp.stock) expect(keys(erp.items).has(item) && keys(erp.sites).has(site)).toBe(true);
});

test('names contain what careless programs fail on', () => {
  const names = companyOf(createSeed(), 0)
    .customers.map(({ name }) => name)
    .join('\n');

  for (const part of ["O'Brien", '%', '&', '+', 'ü', '"', '\\', '/', '<', '株式会社']) expect(names).toContain(part);
});
