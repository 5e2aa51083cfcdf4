import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bailout } from '../../../src/kit/bailout.ts';
import { parseExactJson } from '../../../src/kit/exact-json.ts';
import { bytesOf } from '../../../src/kit/http/index.ts';
import { isObject, parseJson } from '../../../src/kit/json.ts';
import { together } from '../../../src/kit/maybe-promise.ts';
import { KeyColumn } from '../../../src/subschemas/sage200/plans/key-column.ts';
import {
  type Column,
  type ColumnPlan,
  type FieldPlan,
  type LinkByKey,
  type RowInRow,
  type RowPlan,
  type ValuePlan,
  writeRows,
} from '../../../src/subschemas/sage200/plans/row-plan.ts';
import { createRowWriter, type RowWriter } from '../../../src/subschemas/sage200/plans/row-writer.ts';
import { keyOf, type RowData } from '../../../src/subschemas/sage200/row-data.ts';
import { columnToken, valueWriter } from '../../../src/subschemas/sage200/values/column.ts';
import { ID_PATTERN, isReference, REFERENCE_PATTERN } from '../../../src/subschemas/sage200/values/sage-id.ts';
import { sources } from './json-sources.ts';
import { scalarField } from './scalar-field.ts';

const run = { scope: { company: { site: 's', company: '1' } }, variables: {} } as never;

const value = (restName: string, scalar = 'String', nonNull = false): Unkeyed<ValuePlan> => {
  const field = scalarField(scalar, nonNull);
  return { kind: 'value', restName, write: valueWriter(field), token: columnToken(field) };
};

const NOT_PARSED = () => {
  throw new Error('Nothing is parsed here.');
};

const column = (unparsed: RowInRow | LinkByKey, open: ColumnPlan['open'] = NOT_PARSED): Unkeyed<ColumnPlan> => ({
  kind: 'column',
  reads: [],
  open,
  unparsed,
});

type Unkeyed<Field extends FieldPlan> = Omit<Field, 'key'>;

function rowOf(name: string, fields: Readonly<Record<string, Unkeyed<FieldPlan>>>): RowPlan {
  const keyed = Object.entries(fields).map(
    ([key, field], index) => ({ ...field, key: `${index === 0 ? '{' : ','}"${key}":` }) as FieldPlan,
  );
  return { type: { name } as never, fields: keyed, columns: keyed.filter((field) => field.kind === 'column') };
}

const writerOf = (row: RowPlan) => createRowWriter(row, { before: '', after: '' }) as RowWriter;

/** What a writer makes of an answer; undefined where it has to be parsed. */
async function written(writer: RowWriter, text: string | Buffer, first = 100) {
  const found = await writer.write(Buffer.from(text), first, run);
  return found && { ...found, text: bytesOf(found.body).toString() };
}

describe('rows taken from the text of an answer', () => {
  const CUSTOMER = rowOf('Sage200Customer', {
    reference: value('reference'),
    balance: value('balance', 'Sage200Decimal'),
    on_hold: value('on_hold', 'Boolean'),
    account_opened: value('account_opened', 'Sage200Date'),
  });

  test('have the order of the selection, whatever their own order and other content', async () => {
    const writer = writerOf(CUSTOMER);
    const rows = [
      '{"id":1,"on_hold":false,"balance":12.50,"name":"x","reference":"A, \\"B\\" }","account_opened":"2026-03-31T00:00:00"}',
      '{"id":2,"on_hold":true,"balance":0.00,"name":"}","reference":null,"account_opened":""}',
      '{"reference":"other layout","balance":-3,"on_hold":null}',
    ];
    const answer = `[${rows.join(',')}]`;
    const found = await written(writer, answer);
    expect(JSON.parse(found?.text ?? '')).toEqual([
      { reference: 'A, "B" }', balance: '12.50', on_hold: false, account_opened: '2026-03-31' },
      { reference: null, balance: '0.00', on_hold: true, account_opened: null },
      { reference: 'other layout', balance: '-3', on_hold: null, account_opened: null },
    ]);
    expect(found).toMatchObject({ count: 3, hasNextPage: false });
  });

  test('stop at the page’s end, and show whether more follow', async () => {
    const writer = writerOf(CUSTOMER);
    const found = await written(writer, '[{"reference":"A"},{"reference":"B"},{"reference":"C"}]', 2);
    expect(found).toMatchObject({ count: 2, hasNextPage: true });
    expect(found?.firstRow.toString()).toBe('{"reference":"A"}');
    expect(found?.lastRow.toString()).toBe('{"reference":"B"}');
    expect(await written(writer, '[]')).toMatchObject({ count: 0, hasNextPage: false, text: '[]' });
  });

  test('may have any length', async () => {
    const writer = writerOf(CUSTOMER);
    const rows = JSON.stringify(Array.from({ length: 30 }, () => ({ reference: 'é'.repeat(10_000) })));
    expect(JSON.parse((await written(writer, rows))?.text ?? '')).toMatchObject(JSON.parse(rows));
  });

  test('of a long answer are learned from the first one, whatever it contains, and no other is parsed', async () => {
    const row = { other: '},{', inside: { a: '},{é' }, reference: 'A', balance: 1.5 };
    const rows = Array.from({ length: 1_000 }, (_, index) => ({ ...row, reference: `R${index}` }));

    const found = await written(writerOf(CUSTOMER), JSON.stringify(rows), 1_000);

    const nothing = { on_hold: null, account_opened: null };
    expect(JSON.parse(found?.text ?? '')).toEqual(
      rows.map(({ reference }) => ({ reference, balance: '1.5', ...nothing })),
    );
    expect(await written(writerOf(CUSTOMER), JSON.stringify([{ reference: 'x'.repeat(100_000) }]))).toBeUndefined();
  });

  test('are learned again when they have changed, however many differed before', async () => {
    const writer = writerOf(CUSTOMER);
    for (let number = 0; number < 100; number += 1) {
      await written(writer, '[{"reference":"A","balance":1234567890123456.78}]');
      await written(writer, `[{"reference":"A","balance":5,"member_${number}":1}]`);
    }
    const newer = '[{"new_member":1,"balance":7,"reference":"B"}]';
    let found = await written(writer, newer);
    for (let answers = 200; !found && answers < 1_000; answers += 1) found = await written(writer, newer);
    expect(found).toMatchObject({ count: 1 });
  });

  describe('with objects in them, and rows that are read by their keys', () => {
    const asked: (readonly string[])[] = [];
    const currency = column({
      kind: 'linked',
      keyName: 'currency_id',
      keyPattern: REFERENCE_PATTERN,
      restName: 'currency',
      isNullable: true,
      read: async (keys) => {
        asked.push(keys);
        return keys.map((key) => (key === '9' ? undefined : `{"symbol":"€${key}"}`));
      },
    });
    const row = rowOf('Sage200Customer', { name: value('name'), currency });
    const customer = column({ kind: 'object', restName: 'customer', row, isNullable: true });
    const orders = writerOf(rowOf('Sage200SopOrder', { document_no: value('document_no'), customer }));
    const rows = [
      '{"document_no":"1","customer":{"name":"A","currency_id":4}}',
      '{"customer":{"currency_id":7,"name":"B"},"document_no":"2"}',
      '{"document_no":"3","customer":null}',
      '{"document_no":"4","customer":{"name":"C","currency_id":4}}',
      '{"document_no":"5","customer":{"name":"D","currency_id":0}}',
      '{"document_no":"6","customer":{"name":"E","currency_id":9}}',
    ];

    test('each key is requested once, and each row has its own', async () => {
      asked.length = 0;
      expect(JSON.parse((await written(orders, `[${rows.join(',')}]`))?.text ?? '')).toEqual([
        { document_no: '1', customer: { name: 'A', currency: { symbol: '€4' } } },
        { document_no: '2', customer: { name: 'B', currency: { symbol: '€7' } } },
        { document_no: '3', customer: null },
        { document_no: '4', customer: { name: 'C', currency: { symbol: '€4' } } },
        { document_no: '5', customer: { name: 'D', currency: null } },
        { document_no: '6', customer: { name: 'E', currency: null } },
      ]);
      expect(asked).toEqual([['4', '7', '9']]);
    });

    test.each([
      ['a list in the object', '{"document_no":"1","customer":{"name":"A","sites":[1],"currency_id":4}}'],
      ['the linked row unasked', '{"document_no":"1","customer":{"name":"A","currency_id":4,"currency":null}}'],
      ['a text for the object', '{"document_no":"1","customer":"A"}'],
      ['a list for the object', '{"document_no":"1","customer":[]}'],
      ['no object at all', '{"document_no":"1"}'],
      ['a key that is a text', '{"document_no":"1","customer":{"name":"A","currency_id":"4"}}'],
      ['an object that does not end', '{"document_no":"1","customer":{"name":"A","currency_id":4}'],
    ])('%s is left to the parser', async (_, text) => {
      expect(await written(orders, `[${text}]`)).toBeUndefined();
    });
  });

  describe('with lists of rows in them', () => {
    const product = column({
      kind: 'linked',
      keyName: 'product_id',
      keyPattern: REFERENCE_PATTERN,
      restName: 'product',
      isNullable: true,
      read: (keys) => keys.map((key) => `"P${key}"`),
    });
    const tax = column({
      kind: 'list',
      restName: 'tax',
      row: rowOf('Tax', { rate: value('rate') }),
      isNullable: false,
    });
    const line = rowOf('Line', { product, amount: value('amount', 'Sage200Decimal'), tax });
    const lines = column({ kind: 'list', restName: 'lines', row: line, isNullable: true });
    const ORDER = rowOf('Sage200SopOrder', { lines, document_no: value('document_no') });

    test('each row keeps its own, whatever their shapes', async () => {
      const rows = [
        '{"id":1,"document_no":"1","lines":[{"product_id":4,"amount":1.50,"tax":[]},{"product_id":null,"amount":2,"tax":[{"rate":"a"},{"code":1,"rate":null}]}]}',
        '{"lines":[{"tax":[{"rate":"]"}],"amount":0,"other":"[{","product_id":7}],"document_no":"2"}',
        '{"lines":[],"document_no":"3"}',
        '{"lines":null,"document_no":"4"}',
      ];

      const found = await written(writerOf(ORDER), `[${rows.join(',')}]`);

      expect(JSON.parse(found?.text ?? '')).toEqual([
        {
          lines: [
            { product: 'P4', amount: '1.50', tax: [] },
            { product: null, amount: '2', tax: [{ rate: 'a' }, { rate: null }] },
          ],
          document_no: '1',
        },
        { lines: [{ product: 'P7', amount: '0', tax: [{ rate: ']' }] }], document_no: '2' },
        { lines: [], document_no: '3' },
        { lines: null, document_no: '4' },
      ]);
    });

    test('any number of them is written', async () => {
      const writer = writerOf(ORDER);
      const one = '{"product_id":4,"amount":1.50,"tax":[]}';
      await written(writer, `[{"lines":[${one}],"document_no":"1"}]`);

      const many = Array.from({ length: 20_000 }, () => one).join(',');
      const found = await written(writer, `[{"lines":[${many}],"document_no":"2"}]`);

      expect(JSON.parse(found?.text ?? '')[0].lines).toHaveLength(20_000);
    });

    test.each([
      ['a list that is missing', '{"document_no":"1"}'],
      ['an object for the list', '{"lines":{},"document_no":"1"}'],
      ['a value in the list', '{"lines":[1],"document_no":"1"}'],
      ['null for a list that must be there', '{"lines":[{"product_id":4,"amount":1,"tax":null}],"document_no":"1"}'],
      ['a list that does not end', '{"lines":[{"product_id":4,"amount":1,"tax":[]},"document_no":"1"}'],
      ['a comma at its end', '{"lines":[{"product_id":4,"amount":1,"tax":[]},],"document_no":"1"}'],
      ['something behind it', '{"lines":[]1,"document_no":"1"}'],
      ['a list that was not requested', '{"lines":[],"others":[],"document_no":"1"}'],
      ['the list twice', '{"lines":[],"lines":[],"document_no":"1"}'],
    ])('%s is left to the parser', async (_, text) => {
      const writer = writerOf(ORDER);
      await written(writer, '[{"lines":[{"product_id":4,"amount":1,"tax":[]}],"document_no":"1"}]');
      expect(await written(writer, `[${text}]`)).toBeUndefined();
    });
  });

  test.each([
    ['cut short', '[{"reference":"A"},{"reference":"B"'],
    ['with something behind it', '[{"reference":"A"}]]'],
    ['with a blank', '[ {"reference":"A"}]'],
    ['with a list in a row', '[{"reference":"A","lines":[{"id":1}]}]'],
    ['with a bare control character', '[{"reference":"A\tB"}]'],
    ['with a number of no meaning in a member that nobody asked for', '[{"id":6//170,"reference":"A"}]'],
    ['with a number that a double does not keep', '[{"balance":1234567890123456.78}]'],
    ['with an escape that may be written otherwise', '[{"reference":"\\u0041"}]'],
    ['with a member twice', '[{"reference":"A","reference":"B"}]'],
    ['that is not a list', '{"Message":"no"}'],
    ['of nothing', ''],
  ])('are left to the parser from an answer %s', async (_, text) => {
    const writer = writerOf(CUSTOMER);
    expect(await written(writer, '[{"reference":"A"},{"id":5,"reference":"A"},{"balance":1}]')).toBeDefined();
    expect(await written(writer, text)).toBeUndefined();
  });

  test.each(['a', '\\n', '\\u0041', '0', '{"a":'])(
    'are left to the parser when one is eight megabytes of %s and then breaks off',
    async (piece) => {
      const writer = writerOf(CUSTOMER);
      await written(writer, '[{"other":{"a":1},"reference":"A"}]');
      const long = piece.repeat(Math.ceil((8 * 1024 * 1024) / piece.length));
      for (const start of ['[{"other":"', '[{"other":', '[{"other":{"a":1},"reference":"'])
        expect(await written(writer, start + long)).toBeUndefined();
    },
  );

  test('are left to the parser when they are not UTF-8', async () => {
    const writer = writerOf(CUSTOMER);
    expect(await written(writer, Buffer.from('[{"reference":"\xe9"}]', 'latin1'))).toBeUndefined();
  });
});

/** Documents. The full number is `npm run patterns`. */
const DOCUMENTS = Number(process.env['PATTERN_DOCUMENTS'] ?? 2_000);
const DOCUMENTS_A_RUN = 10;

describe('random documents', () => {
  const rowsIn = (kind: RowInRow['kind'], restName: string, row: RowPlan, isNullable: boolean) =>
    column({ kind, restName, row, isNullable }, (opened) => {
      const found: (readonly RowData[] | undefined)[] = [];
      const rowsOf = (inner: unknown) => (kind === 'object' ? (isObject(inner) ? [inner] : undefined) : inner);
      return {
        add(row) {
          const inner = rowsOf(row[restName]) ?? null;
          if (inner === null && !(isNullable && row[restName] === null)) throw new Bailout('no object');
          if (inner !== null && !(Array.isArray(inner) && inner.every(isObject))) throw new Bailout('no rows');
          found.push(inner ?? undefined);
        },
        texts: async () => {
          const texts = [
            ...(await writeRows(
              row,
              found.flatMap((inner) => inner ?? []),
              opened,
            )),
          ];
          return found.map((inner) => {
            const own = inner && texts.splice(0, inner.length).join();
            return own === undefined ? 'null' : kind === 'list' ? `[${own}]` : own;
          });
        },
      } satisfies Column;
    });
  const textOfKey = (key: string) => (key.endsWith('9') ? undefined : JSON.stringify(`of €${key}`));
  const byId = column(
    {
      kind: 'linked',
      keyName: 'link_id',
      keyPattern: REFERENCE_PATTERN,
      restName: 'linked',
      isNullable: true,
      read: (keys) => keys.map(textOfKey),
    },
    () => {
      const texts: string[] = [];
      return {
        add(row) {
          if ('linked' in row) throw new Bailout('the linked row came along');
          const key = keyOf(row, 'link_id');
          texts.push((isReference(key) && textOfKey(key)) || 'null');
        },
        texts: () => texts,
      } satisfies Column;
    },
  );
  const list: LinkByKey = {
    kind: 'linked',
    keyName: 'id',
    keyPattern: ID_PATTERN,
    restName: undefined,
    isNullable: false,
    read: (keys) => keys.map((key) => JSON.stringify([`under €${key}`])),
  };
  const inner = rowOf('Sage200Inner', {
    id: { kind: 'globalId' } as Unkeyed<FieldPlan>,
    name: value('name', 'String', true),
    byId,
  });
  const plan = rowOf('Sage200Row', {
    id: { kind: 'globalId' } as Unkeyed<FieldPlan>,
    sageId: value('id', 'ID', true),
    number: value('id', 'Int'),
    name: value('name'),
    sameName: value('name'),
    day: value('day', 'Sage200Date'),
    dayAsText: value('day'),
    moment: value('moment', 'Sage200DateTime'),
    amount: value('amount', 'Sage200Decimal'),
    long: value('long', 'Sage200Long'),
    flag: value('flag', 'Boolean'),
    status: value('status', 'Status'),
    object: rowsIn('object', 'object', inner, true),
    sameObject: rowsIn('object', 'object', rowOf('Sage200Other', { name: value('name'), byId }), true),
    lines: rowsIn('list', 'lines', inner, true),
    certain: rowsIn('object', 'certain', rowOf('Sage200Certain', { flag: value('flag', 'Boolean') }), false),
    byId,
    list: column(list, (opened) => new KeyColumn(opened, list)),
  });

  const text = fc.oneof(
    fc.string({ unit: 'grapheme-composite', maxLength: 8 }),
    fc.constantFrom('a "b" \\ c', 'line\nline\t', '\u2028é😀'),
  );
  const moment = fc.date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });
  const number = fc.stringMatching(/^(?:0|-?[1-9]\d{0,9})(?:\.\d{1,6})?$/);
  const id = fc.nat({ max: 999_999_999 }).map(String);
  /** What a member mostly holds. */
  const USUAL: Readonly<Record<string, fc.Arbitrary<string>>> = {
    id,
    name: text.map((each) => JSON.stringify(each)),
    day: moment.map((each) => JSON.stringify(each.toISOString().replace(/T.*/, 'T00:00:00'))),
    moment: moment.map((each) => JSON.stringify(each.toISOString().replace(/0?Z$/, ''))),
    amount: number,
    long: fc.maxSafeInteger().map((each) => String(Math.trunc(each / 1e3))),
    flag: fc.constantFrom('true', 'false', 'null'),
    status: fc.constantFrom('"Open"', '"OnHold"', '"Newer"', '""', 'null'),
    link_id: fc.oneof(id, fc.constantFrom('0', 'null', '9')),
    other: fc.oneof(sources, number),
  };
  const odd = fc.oneof(
    sources,
    fc.constantFrom('"\\u0041"', '"\\/"', '[1]', '[]', '{}', '{"id":1}', '01', '1.', '"\t"'),
  );
  const valueFor = (name: string): fc.Arbitrary<string> =>
    fc.oneof({ weight: 60, arbitrary: USUAL[name] ?? odd }, { weight: 1, arbitrary: odd });
  /** Members in an order, some of them missing. */
  const layoutOf = (certain: readonly string[], names: readonly string[]) =>
    fc
      .subarray([...names], { minLength: names.length - 2 })
      .chain((some) => fc.shuffledSubarray([...certain, ...some], { minLength: certain.length + some.length }));
  const objectOf = (names: readonly string[], values: (name: string) => fc.Arbitrary<string>) =>
    fc.tuple(...names.map(values)).map((all) => `{${all.map((each, at) => `"${names[at]}":${each}`).join(',')}}`);
  const layouts = fc.record({
    rows: fc.array(layoutOf(['id', 'object', 'lines', 'certain'], Object.keys(USUAL)), { minLength: 1, maxLength: 3 }),
    object: layoutOf(['id', 'name'], ['link_id', 'other']),
    certain: fc.constantFrom(['flag'], ['other', 'flag'], ['other']),
  });
  const documentsOf = ({ rows, object, certain }: typeof layouts extends fc.Arbitrary<infer Made> ? Made : never) => {
    const some = fc.array(objectOf(object, valueFor), { maxLength: 3 }).map((all) => `[${all.join(',')}]`);
    const lines = fc.oneof({ weight: 20, arbitrary: some }, fc.constantFrom('null', '{}', '[1]', '[{}]'));
    const valueIn = (name: string) => {
      if (name === 'certain') return objectOf(certain, valueFor);
      if (name === 'lines') return lines;
      if (name !== 'object') return valueFor(name);
      return fc.oneof({ weight: 3, arbitrary: objectOf(object, valueFor) }, fc.constant('null'));
    };
    const row = fc.oneof(...rows.map((names) => objectOf([...new Set(names)], valueIn)));
    const whole = fc.array(row, { minLength: 1, maxLength: 6 }).map((all) => `[${all.join(',')}]`);
    const pieces = fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '0', '-', '.', ' ', 'ü', 'null', '\t');
    const broken = fc.tuple(whole, fc.nat(), fc.nat(3), pieces).map(([document, place, cut, piece]) => {
      const at = place % (document.length + 1);
      return (document.slice(0, at) + piece + document.slice(at + cut)).toWellFormed();
    });
    return fc.array(fc.oneof({ weight: 4, arbitrary: whole }, broken), {
      minLength: DOCUMENTS_A_RUN,
      maxLength: DOCUMENTS_A_RUN,
    });
  };

  test('have the same result with a pattern as with the parser', { timeout: 60_000 + 10 * DOCUMENTS }, async () => {
    let byPattern = 0;
    await fc.assert(
      fc.asyncProperty(layouts.chain(documentsOf), fc.integer({ min: 1, max: 8 }), async (documents, first) => {
        const writer = writerOf(plan);
        for (const document of documents) {
          const found = await written(writer, document, first);
          const parsed = attempt(() => parseExactJson(document));
          if (!found) continue;
          byPattern += 1;
          const rows = parsed as RowData[];
          const texts = await writeRows(plan, rows.slice(0, first), run);
          expect(found.text).toBe(`[${texts.join(',')}]`);
          expect(found).toMatchObject({ count: texts.length, hasNextPage: rows.length > first });
          expect(parseJson(found.firstRow)).toEqual(JSON.parse(document)[0]);
        }
      }),
      { numRuns: Math.ceil(DOCUMENTS / DOCUMENTS_A_RUN) },
    );
    expect(byPattern).toBeGreaterThan(DOCUMENTS / 10);
  });
});

function attempt<Made>(make: () => Made): Made | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}

describe('work done together', async () => {
  test('fails with the first failure, and handles all others', async () => {
    const stray: unknown[] = [];
    const onStray = (reason: unknown) => stray.push(reason);
    process.on('unhandledRejection', onStray);
    try {
      const start = (when: string) => {
        if (when === 'at once') throw new Error(when);
        return Promise.reject(new Error(when));
      };
      const both = together(['later', 'at once'], start, (results) => results);
      await expect(both).rejects.toThrow();
      await new Promise((resolve) => setImmediate(resolve));
      expect(stray).toEqual([]);
    } finally {
      process.off('unhandledRejection', onStray);
    }
  });

  test('is ready at once if all of it is', async () => {
    const made = together(
      [1, 2],
      (each) => each,
      (results) => results,
    );
    expect(made).toEqual([1, 2]);
  });
});
