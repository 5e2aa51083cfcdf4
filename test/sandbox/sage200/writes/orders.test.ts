import { afterAll, describe, expect, test } from 'vitest';
import { ids, startWorld } from '../world.ts';

const world = await startWorld();
const { call, list, post, put, remove } = world;
afterAll(() => world[Symbol.asyncDispose]());

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

  test('a lock excludes others until it is released', async () => {
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

  test('drafts are created new or as a copy, kept while edited, and go live', async () => {
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
