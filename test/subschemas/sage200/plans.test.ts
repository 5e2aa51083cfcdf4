import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../../src/kit/http/index.ts';
import { together } from '../../../src/kit/maybe-promise.ts';
import type { ColumnPlan, LinkByKey, ObjectInRow, RowPlan } from '../../../src/subschemas/sage200/plans/row-plan.ts';
import { planRowScan } from '../../../src/subschemas/sage200/plans/row-scan.ts';
import { tokenWriter, valueWriter } from '../../../src/subschemas/sage200/values/column.ts';
import { scalarField } from './scalar-field.ts';

describe('rows taken from the bytes of an answer', () => {
  const NAMES = ['reference', 'balance', 'on_hold', 'account_opened'] as const;
  const scan = planRowScan(
    {
      type: { name: 'Sage200Customer' } as never,
      columns: [],
      fields: NAMES.map((restName, index) => {
        const scalar = scalarField(['String', 'Sage200Decimal', 'Boolean', 'Sage200Date'][index] ?? '');
        return {
          kind: 'value' as const,
          key: `${index === 0 ? '{' : ','}"${restName}":`,
          restName,
          write: valueWriter(scalar),
          writeToken: tokenWriter(scalar),
        };
      }),
    },
    { before: '', after: '' },
  );
  const run = { scope: { company: { site: 's', company: '1' } }, variables: {} } as never;
  const read = async (text: string, first = 100) => scan?.(Buffer.from(text), first, run);

  test('come in the order of the selection, whatever order they have and whatever else is in them', async () => {
    const rows = [
      '{"id":1,"on_hold":false,"balance":12.50,"name":"x","reference":"A, \\"B\\" }","account_opened":"2026-03-31T00:00:00"}',
      '{"id":2,"on_hold":true,"balance":0.00,"name":"}","reference":null,"account_opened":""}',
      '{"reference":"other layout","balance":-3,"on_hold":null}',
    ];
    const found = await read(`[${rows.join(',')}]`);
    expect(JSON.parse(found ? bytesOf([found.text]).toString() : '')).toEqual([
      { reference: 'A, "B" }', balance: '12.50', on_hold: false, account_opened: '2026-03-31' },
      { reference: null, balance: '0.00', on_hold: true, account_opened: null },
      { reference: 'other layout', balance: '-3', on_hold: null, account_opened: null },
    ]);
    expect(found).toMatchObject({ count: 3, hasNextPage: false });
  });

  test('stop at the page’s end, and tell whether more follow', async () => {
    const found = await read('[{"reference":"A"},{"reference":"B"},{"reference":"C"}]', 2);
    expect(found).toMatchObject({ count: 2, hasNextPage: true });
    expect(found?.firstRow.toString()).toBe('{"reference":"A"}');
    expect(found?.lastRow.toString()).toBe('{"reference":"B"}');
    expect(await read('[]')).toMatchObject({ count: 0, hasNextPage: false, text: { chars: '[]' } });
  });

  test('grow as far as they have to', async () => {
    const long = 'é'.repeat(100_000);
    const found = await read(`[{"reference":"${long}"},{"reference":"${long}"}]`);
    expect(JSON.parse(found ? bytesOf([found.text]).toString() : '')).toHaveLength(2);
  });

  describe('with objects in them, and rows that are read by their keys', () => {
    const plain = (name: string, index: number) => {
      const scalar = scalarField('String');
      const key = `${index === 0 ? '{' : ','}"${name}":`;
      return {
        kind: 'value' as const,
        key,
        restName: name,
        write: valueWriter(scalar),
        writeToken: tokenWriter(scalar),
      };
    };
    const column = (name: string, unparsed: ObjectInRow | LinkByKey): ColumnPlan => ({
      kind: 'column',
      key: `,"${name}":`,
      reads: [],
      open: () => {
        throw new Error('Nothing is parsed here.');
      },
      unparsed,
    });
    const rowOf = (name: string, first: string, last: ColumnPlan): RowPlan => ({
      type: { name } as never,
      columns: [last],
      fields: [plain(first, 0), last],
    });
    const asked: (readonly string[])[] = [];
    const currency = column('currency', {
      kind: 'linked',
      keyName: 'currency_id',
      restName: 'currency',
      isNullable: true,
      read: async (keys) => {
        asked.push(keys);
        return keys.map((key) => (key === '9' ? undefined : `{"symbol":"€${key}"}`));
      },
    });
    const row = rowOf('Sage200Customer', 'name', currency);
    const customer = column('customer', { kind: 'object', restName: 'customer', row, isNullable: true });
    const orders = planRowScan(rowOf('Sage200SopOrder', 'document_no', customer), { before: '', after: '' });
    const readOrders = async (rows: readonly string[]): Promise<unknown> => {
      const found = await orders?.(Buffer.from(`[${rows.join(',')}]`), 100, run);
      return found && JSON.parse(bytesOf([found.text]).toString());
    };

    test('each key is asked for once, and each row has its own', async () => {
      asked.length = 0;
      expect(
        await readOrders([
          '{"document_no":"1","customer":{"name":"A","currency_id":4}}',
          '{"customer":{"currency_id":7,"name":"B"},"document_no":"2"}',
          '{"document_no":"3","customer":null}',
          '{"document_no":"4","customer":{"name":"C","currency_id":4}}',
          '{"document_no":"5","customer":{"name":"D","currency_id":0}}',
          '{"document_no":"6","customer":{"name":"E","currency_id":9}}',
          '{"document_no":"7","customer":{"name":"F","currency_id":null}}',
        ]),
      ).toEqual([
        { document_no: '1', customer: { name: 'A', currency: { symbol: '€4' } } },
        { document_no: '2', customer: { name: 'B', currency: { symbol: '€7' } } },
        { document_no: '3', customer: null },
        { document_no: '4', customer: { name: 'C', currency: { symbol: '€4' } } },
        { document_no: '5', customer: { name: 'D', currency: null } },
        { document_no: '6', customer: { name: 'E', currency: null } },
        { document_no: '7', customer: { name: 'F', currency: null } },
      ]);
      expect(asked).toEqual([['4', '7', '9']]);
    });

    test.each([
      ['an object in the object', '{"document_no":"1","customer":{"name":"A","site":{"id":1},"currency_id":4}}'],
      ['the linked row unasked', '{"document_no":"1","customer":{"name":"A","currency_id":4,"currency":null}}'],
      ['a text for the object', '{"document_no":"1","customer":"A"}'],
      ['a list for the object', '{"document_no":"1","customer":[]}'],
      ['an empty object', '{"document_no":"1","customer":{}}'],
      ['no object at all', '{"document_no":"1"}'],
      ['a key that is a text', '{"document_no":"1","customer":{"name":"A","currency_id":"4"}}'],
      ['an object that does not end', '{"document_no":"1","customer":{"name":"A","currency_id":4}'],
    ])('%s is left to the parser', async (_, text) => {
      expect(await readOrders([text])).toBeUndefined();
    });
  });

  test.each([
    ['cut short', '[{"reference":"A"},{"reference":"B"'],
    ['with something behind it', '[{"reference":"A"}]]'],
    ['with a blank', '[ {"reference":"A"}]'],
    ['with an object in a row', '[{"reference":"A","customer":{"id":1}}]'],
    ['with a bare control character', '[{"reference":"A\tB"}]'],
    ['with a number of no meaning in a member that nobody asked for', '[{"id":6//170,"reference":"A"}]'],
    ['with a number that a double does not keep', '[{"balance":1234567890123456.78}]'],
    ['with an escape that may be written otherwise', '[{"reference":"\\u0041"}]'],
    ['that is not a list', '{"Message":"no"}'],
    ['of nothing', ''],
  ])('are left to the parser from an answer %s', async (_, text) => {
    expect(await read(text)).toBeUndefined();
  });

  test('are left to the parser when they are no UTF-8', async () => {
    expect(scan?.(Buffer.from('[{"reference":"\xe9"}]', 'latin1'), 10, run)).toBeUndefined();
  });
});

describe('work done together', async () => {
  test('fails with the first failure, and leaves no other one unattended', async () => {
    const stray: unknown[] = [];
    const onStray = (reason: unknown) => stray.push(reason);
    process.on('unhandledRejection', onStray);
    try {
      const both = together(['later', 'at once'], (when) => {
        if (when === 'at once') throw new Error(when);
        return Promise.reject(new Error(when));
      });
      await expect(both).rejects.toThrow();
      await new Promise((resolve) => setImmediate(resolve));
      expect(stray).toEqual([]);
    } finally {
      process.off('unhandledRejection', onStray);
    }
  });

  test('is ready at once when all of it is', async () => {
    expect(together([1, 2], (each) => each)).toEqual([1, 2]);
  });
});
