import fc from 'fast-check';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { GatewayError } from '../../../src/kit/errors/index.ts';
import type { RowType } from '../../../src/subschemas/sage200/model/model.ts';
import { readModel } from '../../../src/subschemas/sage200/model/read-model.ts';
import { chainOf } from '../../../src/subschemas/sage200/odata/chain.ts';
import { chunkKeys } from '../../../src/subschemas/sage200/odata/chunk-keys.ts';
import { compileFilter } from '../../../src/subschemas/sage200/odata/compile-filter.ts';
import { afterKeys, cursorOf, decodeCursor, toPageOrder } from '../../../src/subschemas/sage200/odata/cursor.ts';
import { ALWAYS, and, countTerms, negate, printExpression } from '../../../src/subschemas/sage200/odata/expression.ts';
import type { Literal } from '../../../src/subschemas/sage200/odata/literal.ts';
import { printQuery } from '../../../src/subschemas/sage200/odata/query.ts';

const model = readModel(
  parse(`
    type Sage200Thing implements Node @resource(path: "things", operations: [LIST, GET]) {
      id: ID!
      sageId: ID!
      reference: String! @field(required: true)
      name: String
      balance: Sage200Decimal
      onHold: Boolean
      status: Sage200Status
      kind: String @field(lookup: "thing_kinds")
      opened: Sage200Date
      dateTimeUpdated: Sage200DateTime
      ownerId: ID
      owner: Sage200Thing @linked(key: "owner_id")
    }
    enum Sage200Status { EnumLive EnumDone }
  `),
  'professional',
);
const thing = model.rowTypes.get('Sage200Thing') as RowType;
const context = { toSageId: (text: string) => text };
const compile = (filter: unknown) => printExpression(compileFilter(thing, filter, context));

describe('a filter as OData text', () => {
  test.each([
    [{ reference: { eq: "O'Brien" } }, "reference eq 'O''Brien'"],
    [{ name: { contains: 'Ünï %+#&' } }, "contains(name,'Ünï %+#&')"],
    [
      { name: { startsWith: 'A' }, onHold: { eq: true } },
      "startswith(name,'A') and onHold eq true".replace('onHold', 'on_hold'),
    ],
    [{ balance: { gt: '1000.50', lte: '2000' } }, 'balance gt 1000.50 and balance le 2000'],
    [{ status: { in: ['EnumLive', 'EnumDone'] } }, "status eq 'EnumLive' or status eq 'EnumDone'"],
    [{ kind: { ne: 'X' } }, "kind ne 'X'"],
    [{ opened: { gte: '2026-01-31' } }, 'opened ge 2026-01-31'],
    [{ dateTimeUpdated: { gt: '2026-01-31T09:52:11.452Z' } }, 'date_time_updated gt 2026-01-31T09:52:11.452Z'],
    [{ name: { eq: null } }, 'name eq null'],
    [{ id: { in: ['1', '2'] }, name: { ne: '' } }, "(id eq 1 or id eq 2) and name ne ''"],
    [{ or: [{ name: { eq: 'a' } }, { balance: { lt: '0' } }] }, "name eq 'a' or balance lt 0"],
    [
      { not: { name: { contains: 'x' }, balance: { gt: '1' } } },
      "(contains(name,'x') eq false or name eq null) or balance le 1",
    ],
    [
      { and: [{ or: [{ id: { eq: '1' } }, { id: { eq: '2' } }] }, { onHold: { ne: false } }] },
      '(id eq 1 or id eq 2) and on_hold ne false',
    ],
  ])('%j', (filter, expected) => {
    expect(compile(filter)).toBe(expected);
  });

  test('an empty list of values matches no row, and no condition matches every row', () => {
    expect(compileFilter(thing, { id: { in: [] } }, context).op).toBe('never');
    expect(compileFilter(thing, {}, context).op).toBe('always');
  });

  test.each([
    [{ nonsense: { eq: 1 } }, 'cannot be filtered by “nonsense”'],
    [{ balance: { gt: null } }, 'has no meaning'],
    [{ name: { contains: null } }, 'has no meaning'],
    [{ name: { in: null } }, 'has no meaning'],
    [{ name: null }, 'is not a condition'],
    [{ name: {} }, 'is not a condition'],
    [{ or: null }, 'is not a condition'],
    [{ or: [] }, 'is not a condition'],
    [{ or: [{}] }, 'is not a condition'],
    [{ and: [{ name: { eq: 'a' } }, {}] }, 'is not a condition'],
    [{ and: null }, 'is not a condition'],
    [{ not: null }, 'is not a condition'],
    [{ not: {} }, 'is not a condition'],
    [{ balance: { gt: '1 or id gt 0' } }, 'is not a value to compare with'],
  ])('%j is refused with an explanation', (filter, message) => {
    expect(() => compile(filter)).toThrow(GatewayError);
    expect(() => compile(filter)).toThrow(message);
  });

  test('no text, however hostile, escapes its quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const printed = compile({ name: { eq: text }, onHold: { eq: true } }) ?? '';
        const [, quoted = ''] = /^name eq '((?:[^']|'')*)' and on_hold eq true$/su.exec(printed) ?? [];
        expect(quoted.replaceAll("''", "'")).toBe(text);
      }),
    );
  });

  test('a negation twice is the filter again', () => {
    const filter = compileFilter(
      thing,
      { or: [{ name: { contains: 'x' } }, { balance: { gt: '1' }, id: { ne: '5' } }] },
      context,
    );

    expect(negate(negate(filter))).toEqual(filter);
    expect(countTerms(filter)).toBe(3);
    expect(countTerms(negate(filter))).toBe(4);
  });
});

describe('a query string', () => {
  test('encodes everything with a meaning in a URL', () => {
    const filter = compileFilter(thing, { name: { eq: 'a&b #1+2%' } }, context);

    const text = printQuery({
      select: ['id', 'name'],
      filter,
      orderBy: [{ field: 'id', descending: true }],
      top: 5,
      skip: 10,
    });

    expect(text).toBe("?$select=id,name&$filter=name%20eq%20'a%26b%20%231%2B2%25'&$orderby=id%20desc&$top=5&$skip=10");
  });
});

test('conditions are joined, however many there are', () => {
  const parts = Array.from(
    { length: 300_000 },
    (_, at) => ({ op: 'ne', field: 'id', literal: `${at}` as Literal }) as const,
  );

  expect(and([{ op: 'and', parts }, ALWAYS])).toEqual({ op: 'and', parts });
});

describe('keys in or-chains', () => {
  test('20,000 spellings of one text are compared in a fraction of a second', () => {
    // Text that databases find equal: each number's digits in upper and lower case.
    const spellings = Array.from({ length: 20_000 }, (_, index) =>
      index.toString(2).padStart(15, '0').replaceAll('0', 'a').replaceAll('1', 'A'),
    );
    const or = spellings.map((text) => ({ op: 'eq', field: 'name', literal: `'${text}'` as Literal }) as const);
    const startedAt = performance.now();

    const chain = chainOf({ op: 'or', parts: [...or, ...or] });

    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(chain?.groups).toEqual([spellings.map((text) => `'${text}'`)]);
  });

  test('every key is in one chain, in order, within both limits', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1e9 }), { maxLength: 300 }),
        fc.integer({ min: 1, max: 80 }),
        (keys, maxTerms) => {
          const chunks = chunkKeys(keys, { maxTerms, maxUrlBytes: 500 }, 100, (key) => String(key).length + 10);
          expect(chunks.flat()).toEqual(keys);
          for (const chunk of chunks) {
            expect(chunk.length).toBeLessThanOrEqual(maxTerms);
            if (chunk.length > 1)
              expect(100 + chunk.reduce((sum, key) => sum + String(key).length + 10, 0)).toBeLessThanOrEqual(500);
          }
        },
      ),
    );
  });
});

describe('a cursor', () => {
  const byReference = toPageOrder(thing, [{ field: 'reference', descending: false }], ALWAYS);
  const byBalance = toPageOrder(thing, [{ field: 'balance', descending: true }], ALWAYS);

  test('on keys without empty values continues after the values of the last row', () => {
    const cursor = decodeCursor(thing, byReference, cursorOf(thing, byReference, { reference: "A'1", id: 7 }, 0));

    expect(byReference.isKeyset).toBe(true);
    expect('after' in cursor && printExpression(afterKeys(thing, byReference, cursor.after))).toBe(
      "reference gt 'A''1' or (reference eq 'A''1' and id gt 7)",
    );
  });

  test('on keys that may be empty counts rows', () => {
    expect(byBalance.isKeyset).toBe(false);
    expect(decodeCursor(thing, byBalance, cursorOf(thing, byBalance, {}, 9))).toEqual({ skip: 10 });
  });

  test.each([
    '',
    'nonsense',
    Buffer.from('[1]').toString('base64url'),
    Buffer.from('["Sage200Thing:-balance,id",-1]').toString('base64url'),
  ])('“%s” is refused', (text) => {
    expect(() => decodeCursor(thing, byBalance, text)).toThrow(GatewayError);
  });

  const name = 'Sage200Thing:reference,id';
  const encode = (json: string) => Buffer.from(json).toString('base64url');
  const good = encode(`["${name}",["A",7]]`);

  test('is accepted unchanged', () => {
    expect(decodeCursor(thing, byReference, good)).toEqual({ after: ['A', 7] });
    expect(decodeCursor(thing, byReference, encode(`["${name}",["A","9007199254740993"]]`))).toEqual({
      after: ['A', '9007199254740993'],
    });
  });

  test.each([
    ['padding', `${good}=`],
    ['a line break', `${good}\n`],
    ['other JSON for the same', encode(`["${name}", ["A",7]]`)],
    ['an escape for the same', encode(`["${name}",["\\u0041",7]]`)],
    ['a number for the same', encode(`["${name}",["A",7.0]]`)],
    ['a member more', encode(`["${name}",["A",7],0]`)],
    ['a value more', encode(`["${name}",["A",7,8]]`)],
    ['a value less', encode(`["${name}",["A"]]`)],
    ['no value', encode(`["${name}",["A",null]]`)],
    ['an object', encode(`["${name}",["A",{}]]`)],
    ['a list', encode(`["${name}",["A",["7"]]]`)],
    ['a truth for an id', encode(`["${name}",["A",true]]`)],
    ['a text for an id', encode(`["${name}",["A","null"]]`)],
    ['a fraction for an id', encode(`["${name}",["A",7.5]]`)],
    ['an exponent for an id', encode(`["${name}",["A","1e3"]]`)],
    ['an id beyond 64 bits', encode(`["${name}",["A","9223372036854775808"]]`)],
    ['half a character', encode(`["${name}",["\\ud800",7]]`)],
    ['a count', encode(`["${name}",7]`)],
    ['more than any', encode(`["${name}",["${'A'.repeat(20_000)}",7]]`)],
  ])('with %s is refused', (_name, text) => {
    expect(() => decodeCursor(thing, byReference, text)).toThrow(/cursor/);
  });

  test.each(['-1', '1.5', '2147483648', '1e3', '"1"', 'null', '[1]'])('that counts %s rows is refused', (count) => {
    expect(() => decodeCursor(thing, byBalance, encode(`["Sage200Thing:-balance,id",${count}]`))).toThrow(/cursor/);
  });

  test('of another order is refused', () => {
    expect(() => decodeCursor(thing, byBalance, cursorOf(thing, byReference, { reference: 'A', id: 1 }, 0))).toThrow(
      'another order',
    );
  });

  test('that was tampered with cannot insert text into the filter', () => {
    const forged = Buffer.from(JSON.stringify(['Sage200Thing:id', ['1 or id gt 0']])).toString('base64url');
    const order = toPageOrder(thing, [], ALWAYS);

    expect(() => {
      const cursor = decodeCursor(thing, order, forged);
      if ('after' in cursor) afterKeys(thing, order, cursor.after);
    }).toThrow(GatewayError);
  });
});
