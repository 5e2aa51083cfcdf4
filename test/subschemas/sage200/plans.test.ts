import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf } from '../../../src/kit/http/index.ts';
import { together } from '../../../src/kit/maybe-promise.ts';
import { encodeGlobalId } from '../../../src/subschemas/sage200/global-id.ts';
import { parseSageJson } from '../../../src/subschemas/sage200/json.ts';
import type { ScalarField } from '../../../src/subschemas/sage200/model/model.ts';
import { ByteWriter } from '../../../src/subschemas/sage200/plans/byte-writer.ts';
import type { ColumnPlan, LinkByKey, ObjectInRow, RowPlan } from '../../../src/subschemas/sage200/plans/row-plan.ts';
import { planRowScan } from '../../../src/subschemas/sage200/plans/row-scan.ts';
import { tokenWriter } from '../../../src/subschemas/sage200/plans/token-writers.ts';
import { globalIdWriter } from '../../../src/subschemas/sage200/plans/write-global-id.ts';
import { valueWriter } from '../../../src/subschemas/sage200/plans/write-value.ts';

const OPEN = { name: 'Status', members: ['Open', 'OnHold'], byNumber: new Map([['0', 'Open']]) };

const field = (scalar: string, nonNull: boolean): ScalarField => ({
  kind: 'scalar',
  name: 'balance',
  restName: 'balance',
  description: undefined,
  since: undefined,
  scalar,
  enumType: scalar === 'Status' ? OPEN : undefined,
  list: false,
  nonNull,
  required: false,
  readOnly: false,
  writeOnly: false,
  createOnly: false,
  updateOnly: false,
  maxLength: undefined,
  range: undefined,
  scale: undefined,
  lookup: undefined,
  expand: undefined,
  filterable: true,
  filterOnly: false,
  refersTo: undefined,
});

const SCALARS = ['ID', 'String', 'Int', 'Boolean', 'Sage200Decimal', 'Sage200Date', 'Sage200DateTime', 'Status'];

/**
 * JSON values as a server may print them: numbers with zeros behind them, dates with and without offsets, odd texts. None
 * with escapes that may be written otherwise: rows with such are never read from their bytes, as is shown below.
 */
const sources = fc.oneof(
  fc.constantFrom('null', 'true', 'false', '""', '0', '-0', '0.00', '-0.000', '1e3', '1E-7', '0.0000001', '0.000010'),
  fc.constantFrom('"Open"', '"OnHold"', '"Closed"', '"0"', '"a\\"b"', '"\\\\"', '"Aé😀"'),
  fc.constantFrom(
    '2147483647',
    '2147483648',
    '999999999',
    '1234567890.12345',
    '123456789012345678',
    '12345678901234567.10',
  ),
  fc.constantFrom(
    '"2026-03-31T00:00:00"',
    '"2026-03-31T00:00:00Z"',
    '"2026-03-31T00:00:00+01:00"',
    '"2026-03-31"',
    '"31/03/2026"',
  ),
  fc
    .string({ unit: 'grapheme' })
    .map((text) => JSON.stringify(text))
    .filter((text) => !text.includes('\\u')),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => JSON.stringify(number)),
  fc.integer().map(String),
  fc
    .record({ whole: fc.integer({ min: -99_999, max: 99_999_999 }), fraction: fc.stringMatching(/^\d{1,8}$/) })
    .map(({ whole, fraction }) => `${whole}.${fraction}`),
);

describe('a value taken from the bytes of an answer', () => {
  test('is what parsing it and serialising it again gives, or is left to the parser', () => {
    let written = 0;
    fc.assert(
      fc.property(fc.constantFrom(...SCALARS), fc.boolean(), sources, (scalar, nonNull, source) => {
        const output = new ByteWriter();
        const bytes = Buffer.from(` ${source}`);
        output.reserve(bytes.length + 16);
        if (!tokenWriter(field(scalar, nonNull))(output, bytes, 1, bytes.length)) return;
        written += 1;
        const text = bytesOf([output.toText()]).toString();
        expect(text).toBe(valueWriter(field(scalar, nonNull))(parseSageJson(source)));
      }),
      { numRuns: 5_000 },
    );
    expect(written).toBeGreaterThan(1_000);
  });

  test('becomes the same global id that is made of it otherwise', () => {
    fc.assert(
      fc.property(
        fc.record({
          site: fc.uuid(),
          company: fc.nat().map(String),
          typeName: fc.constantFrom('Sage200Customer', 'Sage200X'),
        }),
        fc.integer({ min: 0, max: 999_999_999_999_999 }).map(String),
        (name, key) => {
          const output = new ByteWriter();
          expect(globalIdWriter(name)(output, Buffer.from(key), 0, key.length)).toBe(true);
          expect(bytesOf([output.toText()]).toString()).toBe(`"${encodeGlobalId({ ...name, key })}"`);
        },
      ),
    );
  });
});

describe('rows taken from the bytes of an answer', () => {
  const NAMES = ['reference', 'balance', 'on_hold', 'account_opened'] as const;
  const scan = planRowScan(
    {
      type: { name: 'Sage200Customer' } as never,
      columns: [],
      fields: NAMES.map((restName, index) => {
        const scalar = field(['String', 'Sage200Decimal', 'Boolean', 'Sage200Date'][index] ?? '', false);
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
      { reference: 'A, "B" }', balance: '12.5', on_hold: false, account_opened: '2026-03-31' },
      { reference: null, balance: '0', on_hold: true, account_opened: null },
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
      const scalar = field('String', false);
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
    ['that is no list', '{"Message":"no"}'],
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
