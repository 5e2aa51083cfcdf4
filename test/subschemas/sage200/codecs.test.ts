import fc from 'fast-check';
import { GraphQLScalarType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { Bailout } from '../../../src/kit/bailout.ts';
import { parseExactJson } from '../../../src/kit/exact-json.ts';
import { loadSdl } from '../../../src/kit/load-sdl.ts';
import { parseFilter } from '../../../src/sandbox/sage200/odata/parse-filter.ts';
import { parseBody } from '../../../src/sandbox/sage200/writes/parse-body.ts';
import type { RowType } from '../../../src/subschemas/sage200/model/model.ts';
import { readModel } from '../../../src/subschemas/sage200/model/read-model.ts';
import { afterKeys, cursorOf, decodeCursor } from '../../../src/subschemas/sage200/odata/cursor.ts';
import { printExpression } from '../../../src/subschemas/sage200/odata/expression.ts';
import { literalOf } from '../../../src/subschemas/sage200/odata/literal.ts';
import type { Codec } from '../../../src/subschemas/sage200/values/codec.ts';
import { CODECS, codecOf } from '../../../src/subschemas/sage200/values/codecs.ts';
import { columnToken, valueReader, valueWriter } from '../../../src/subschemas/sage200/values/column.ts';
import { encodeGlobalId, globalIdWriter } from '../../../src/subschemas/sage200/values/global-id.ts';
import { hostile } from '../../support/hostile-text.ts';
import { sources } from './json-sources.ts';
import { scalarField } from './scalar-field.ts';

/** A value of the graph, and one of the ways in which Sage may write it. */
interface Sample {
  readonly value: string | number | boolean;
  /** JSON text. */
  readonly source: string;
}

const LONG = '12345678901234567.5';

const same = (value: Sample['value'], source = JSON.stringify(value)): Sample => ({ value, source });

const minute = fc
  .date({ min: new Date('1900-01-02'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 16));
const offset = fc.integer({ min: -14 * 60, max: 14 * 60 });

/** The local time at an offset in minutes, with it. */
function at(utc: string, minutes: number, rest: string): string {
  const local = new Date(Date.parse(`${utc}Z`) + minutes * 60_000).toISOString().slice(0, 16);
  const hours = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${local}${rest}${minutes < 0 ? '-' : '+'}${hours.join(':')}`;
}

const SAMPLES: Readonly<Record<string, fc.Arbitrary<Sample>>> = {
  ID: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map((id) => same(String(id), String(id))),
  String: fc.oneof(fc.string({ unit: 'grapheme' }), hostile).map((text) => same(text)),
  Int: fc.integer({ min: -(2 ** 31) + 1 }).map((number) => same(number)),
  Sage200Long: fc
    .bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })
    .map((long) => same(String(long), String(long))),
  Boolean: fc.boolean().map((is) => same(is)),
  Sage200Decimal: fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.stringMatching(/^\d{0,9}[1-9]$|^$/), fc.nat(4))
    .map(([whole, fraction, zeros]) => {
      const value = fraction === '' ? String(whole) : `${whole}.${fraction}`;
      // Sage prints the zeros of the column's scale.
      const withZeros = fraction === '' ? value : value + '0'.repeat(zeros);
      return same(withZeros, withZeros);
    }),
  Sage200Date: fc.tuple(minute, fc.constantFrom('', 'Z', '.000', '+01:00', '-05:00')).map(([moment, end]) => {
    const day = moment.slice(0, 10);
    return same(day, JSON.stringify(`${day}T00:00:00${end}`));
  }),
  Sage200DateTime: fc
    .tuple(minute, fc.stringMatching(/^:[0-5]\d(\.\d{1,7})?$/), fc.option(offset), fc.boolean())
    .map(([moment, rest, minutes, hasZ]) => {
      const source = minutes === null ? `${moment}${rest}${hasZ ? 'Z' : ''}` : at(moment, minutes, rest);
      return same(`${moment}${rest}Z`, JSON.stringify(source));
    }),
  Status: fc.constantFrom(same('Open'), same('OnHold'), same('Open', '0'), same('Open', '"0"')),
};

/** A value as it is read out of a row. */
const fromSage = (source: string): unknown => (parseExactJson(`{"x":${source}}`) as { x: unknown }).x;

/** A text or number by which values of that kind stand in their order. */
function rank(scalar: string, { value }: Sample): string | number | bigint | boolean {
  if (scalar === 'ID' || scalar === 'Sage200Long') return BigInt(value);
  if (scalar === 'Sage200DateTime')
    return String(value).replace(/(?:\.(\d+))?Z$/, (_, rest = '') => rest.padEnd(7, '0'));
  if (scalar !== 'Sage200Decimal') return value;
  const [whole = '', fraction = ''] = String(value).split('.');
  return BigInt(whole + fraction.padEnd(20, '0'));
}

/** What the sandbox, which shares no code with the gateway, makes of a literal. */
function readByFilter(text: string): string | number | boolean | null {
  const filter = parseFilter(`x eq ${text}`);
  if (filter.op !== 'compare') throw new Error(`${text} is more than a literal`);
  return filter.value.kind === 'null' ? null : filter.value.value;
}

/** The same value as the sandbox has it. */
function asCompared(scalar: string, value: Sample['value']): Sample['value'] {
  if (scalar === 'Int') return String(value);
  return scalar.startsWith('Sage200Date') ? toMs(String(value)) : value;
}

/** Epoch ms, with the ten-millionths of a second that the database keeps. */
function toMs(moment: string): number {
  const [whole = '', fraction = ''] = moment.replace('Z', '').split('.');
  return Date.parse(`${whole}Z`) + Number(fraction.slice(0, 7).padEnd(7, '0')) / 10_000;
}

describe.each(Object.entries(SAMPLES))('a value of a column of %s', (scalar, samples) => {
  const field = scalarField(scalar);
  const codec = codecOf(field);
  const read = valueReader(field);
  const print = (value: unknown) => codec.scalar.serialize(read(value));

  test('is read as its own kind, and written equally from its text', () => {
    let written = 0;
    fc.assert(
      fc.property(samples, ({ value, source }) => {
        const parsed = fromSage(source);

        expect(print(parsed)).toBe(value);
        expect(valueWriter(field)(parsed)).toBe(JSON.stringify(value));
        const fromText = writeFromText(scalar, false, source);
        if (fromText === undefined) return;
        written += 1;
        expect(JSON.parse(fromText)).toBe(value);
      }),
    );
    expect(written).toBeGreaterThan(0);
  });

  test('is found by a filter with its value, from a caller or a row', () => {
    fc.assert(
      fc.property(samples, ({ value, source }) => {
        const expected = asCompared(scalar, value);
        const inRow = fromSage(source);

        expect(readByFilter(literalOf(codec, value) ?? '')).toBe(expected);
        // Views write numbers for members, and no such column is ever looked up by its rows.
        if (scalar !== 'Status') expect(readByFilter(literalOf(codec, inRow) ?? '')).toBe(expected);
      }),
    );
  });

  test('is read back from a body unchanged', () => {
    fc.assert(
      fc.property(samples, ({ value }) => {
        const body = JSON.stringify({ x: codec.toBody(codec.scalar.parseValue(value), field) });
        const { x } = parseExactJson(body) as Record<string, unknown>;

        expect(print(x)).toBe(value);
        // Nothing that the sandbox reads is another value to it.
        const sent = (parseBody(body) as Record<string, unknown>)['x'];
        const read = print(typeof sent === 'bigint' ? String(sent) : sent) as Sample['value'];
        expect(rank(scalar, same(read))).toEqual(rank(scalar, same(value)));
      }),
    );
  });

  test('is where a page continues, from its cursor', () => {
    if (scalar === 'Status') return expect(codec.compare).toBeUndefined();
    const type = {
      name: 'Sage200Thing',
      fields: new Map([['balance', { ...field, nonNull: true }]]),
    } as unknown as RowType;
    const order = { keys: [{ field: 'balance', descending: false }], isKeyset: true };
    fc.assert(
      fc.property(samples, ({ value, source }) => {
        const row = { balance: fromSage(source) };
        const cursor = decodeCursor(type, order, cursorOf(type, order, row, 0));

        const filter = printExpression(afterKeys(type, order, 'after' in cursor ? cursor.after : []));

        const from = readByFilter(filter?.replace('balance gt ', '') ?? '');
        const expected = asCompared(scalar, value);
        if (scalar !== 'Sage200DateTime') {
          expect(from).toBe(expected);
          return;
        }
        // The database may hold more of a moment than it shows.
        expect(from).toBeGreaterThanOrEqual(Number(expected));
        expect(from).toBeLessThanOrEqual(Number(expected) + 1.001);
      }),
    );
  });

  test('is ordered among others as in Sage', () => {
    const { compare } = codec;
    if (!compare) return expect(['String', 'Status']).toContain(scalar);
    fc.assert(
      fc.property(samples, samples, (first, second) => {
        const [one, other] = [rank(scalar, first), rank(scalar, second)];

        const order = compare(fromSage(first.source), fromSage(second.source));

        expect(Math.sign(order)).toBe(one < other ? -1 : one > other ? 1 : 0);
      }),
      // Short and long, near and far; and what a double writes with an exponent beside what it cannot hold.
      scalar === 'Sage200Decimal' ? { examples: [[same('0.0000001', '0.0000001'), same(LONG, LONG)]] } : {},
    );
  });

  test('is empty if Sage says so, and different from every other value', () => {
    for (const source of ['null', ...(scalar.startsWith('Sage200Date') ? ['""'] : [])]) {
      expect(valueWriter(field)(fromSage(source))).toBe('null');
      expect(writeFromText(scalar, false, source)).toBe('null');
      expect(writeFromText(scalar, true, source)).toBeUndefined();
    }
    expect(literalOf(codec, null)).toBe('null');
    expect(readByFilter('null')).toBeNull();
  });
});

test('an instant is the same in a filter and in a body, whatever its offset and precision', () => {
  const { scalar, toBody, toLiteral } = CODECS['Sage200DateTime'] as Codec;
  const rest = fc.constantFrom('', ':00', ':59', ':07.5', ':07.123456789', ':07.1234567890123');
  fc.assert(
    fc.property(minute, rest, offset, (moment, seconds, minutes) => {
      const given = scalar.parseValue(at(moment, minutes, seconds));

      const literal = toLiteral(given) ?? '';

      expect(readByFilter(literal)).toBe(toMs(`${moment}${seconds}Z`));
      expect(toBody(given, scalarField('Sage200DateTime'))).toBe(literal);
    }),
  );
});

test.each([
  ['Sage200Date', '2026-02-30'],
  ['Sage200DateTime', '2026-02-30T00:00:00Z'],
  ['Sage200DateTime', '2026-13-01T00:00:00Z'],
  ['Sage200DateTime', '2026-03-31T09:30:00'],
  ['Sage200DateTime', '9999-12-31T23:59:00-05:00'],
  ['Sage200DateTime', '2026-02-30T00:00:00+01:00'],
  ['Sage200DateTime', '2026-03-31T09:61:00Z'],
  ['Sage200DateTime', '2026-03-31T24:00:00Z'],
  ['Sage200DateTime', '2026-03-31T24:00:00+01:00'],
  ['Sage200DateTime', '2026-03-31T09:30:60Z'],
  ['Sage200DateTime', '2025-02-29T09:30:00Z'],
  ['Sage200DateTime', '2026-03-31 09:30:00Z'],
  ['Sage200DateTime', '2026-03-31T09:30:00+15:00'],
  ['Sage200DateTime', '20/09/2026'],
  ['Sage200Date', '0000-01-01'],
  ['Sage200Decimal', '1e400'],
  ['Sage200Decimal', Number.POSITIVE_INFINITY],
  ['Sage200Decimal', '.5'],
  ['Sage200Decimal', '1,250.50'],
  ['Sage200Long', '9223372036854775808'],
  ['Sage200Long', '1.5'],
])('as a %s, %s is refused in inputs', (scalar, given) => {
  const parse = () => (CODECS[scalar] as Codec).scalar.parseValue(given);

  expect(parse).toThrow(/needs/);
});

test.each([
  ['Sage200DateTime', '2026-09-20T00:00:00+01:00', '2026-09-19T23:00:00Z'],
  ['Sage200DateTime', '2026-09-20T00:00:00+00:00', '2026-09-20T00:00:00Z'],
  ['Sage200DateTime', '2026-09-20T00:00:00-00:00', '2026-09-20T00:00:00Z'],
  ['Sage200DateTime', '2026-09-20T00:00Z', '2026-09-20T00:00:00Z'],
  ['Sage200DateTime', '2026-09-20T00:00:07.1200000Z', '2026-09-20T00:00:07.1200000Z'],
  ['Sage200DateTime', '2024-02-29T23:59:59.9999999-05:30', '2024-03-01T05:29:59.9999999Z'],
  ['Sage200Decimal', '+5', '5'],
  ['Sage200Decimal', '-0', '0'],
  ['Sage200Decimal', '007.50', '7.50'],
  ['Sage200Decimal', '1250.50', '1250.50'],
  ['Sage200Decimal', 1e21, '1000000000000000000000'],
  ['Sage200Long', 2 ** 31, '2147483648'],
])('as a %s, %s is %s for filters and bodies', (scalar, given, canonical) => {
  const { scalar: type, toLiteral, toBody } = CODECS[scalar] as Codec;

  const value = type.parseValue(given);

  expect(value).toBe(canonical);
  expect(toLiteral(value)).toBe(canonical);
  expect(JSON.stringify(toBody(value, scalarField(scalar))).replaceAll('"', '')).toBe(canonical);
});

test.each([
  ['Sage200DateTime', '"2026-09-20T00:00:00+01:00"', '2026-09-19T23:00:00Z'],
  ['Sage200DateTime', '"2026-09-20T00:00:00.66"', '2026-09-20T00:00:00.66Z'],
  ['Sage200DateTime', '"2026-09-20T00:00"', '2026-09-20T00:00:00Z'],
  ['Sage200DateTime', '"20/09/2026"', undefined],
  ['Sage200DateTime', '"2026-02-30T00:00:00"', undefined],
  ['Sage200DateTime', '"2026-09-20T25:00:00"', undefined],
  ['Sage200DateTime', '"2026-09-20T00:00:00.Z"', undefined],
  ['Sage200DateTime', '1758326400', undefined],
  ['Sage200Date', '"20/09/2026"', undefined],
  ['Sage200Date', '"2026-02-30T00:00:00"', undefined],
  ['Sage200Date', '"2024-02-29T00:00:00+01:00"', '2024-02-29'],
  ['Sage200Decimal', '1250.50', '1250.50'],
  ['Sage200Decimal', '-0.00', '-0.00'],
  ['Sage200Decimal', '1e400', undefined],
  ['Sage200Decimal', '"many"', undefined],
  ['ID', '1e400', undefined],
  ['String', '1e400', undefined],
  ['Int', '2147483648', undefined],
  ['Int', '"x"', undefined],
  ['Boolean', '"perhaps"', undefined],
  ['Sage200Long', '2147483648', '2147483648'],
])('a column of %s with %s shows %s, or its own error', (scalar, source, shown) => {
  const field = scalarField(scalar);
  const print = () => codecOf(field).scalar.serialize(valueReader(field)(fromSage(source)));

  if (shown === undefined) expect(print).toThrow(expect.objectContaining({ code: 'UPSTREAM_UNAVAILABLE' }));
  else expect(print()).toBe(shown);
  if (shown === undefined) expect(() => valueWriter(field)(fromSage(source))).toThrow(Bailout);
  expect([undefined, JSON.stringify(shown)]).toContain(writeFromText(scalar, false, source));
});

test('every column of every resource has a codec of its own kind', () => {
  const model = readModel(loadSdl(new URL('../../../schema/sage200/', import.meta.url)), 'professional');
  const types = [...model.rowTypes.values(), ...model.inputTypes.values()];
  const columns = types.flatMap(({ fields }) => [...fields.values()]).filter((field) => field.kind === 'scalar');

  const printed = new Set(columns.map((field) => (field.enumType ? 'enum' : codecOf(field).scalar.name)));

  expect([...printed].sort()).toEqual([...Object.keys(CODECS), 'enum'].sort());
  for (const [name, { scalar }] of Object.entries(CODECS)) {
    expect(scalar).toBeInstanceOf(GraphQLScalarType);
    expect(scalar.name).toBe(name);
  }
  expect(() => codecOf({ scalar: 'Float', enumType: undefined, lookup: undefined })).toThrow('Float');
});

const SCALARS = [...Object.keys(CODECS), 'Status'];

describe('a value taken from the text of an answer', () => {
  test('equals the parsed and serialized value, or is left to the parser', () => {
    let written = 0;
    fc.assert(
      fc.property(fc.constantFrom(...SCALARS), fc.boolean(), sources, (scalar, nonNull, source) => {
        const text = writeFromText(scalar, nonNull, source);
        if (text === undefined) return;
        written += 1;
        expect(text).toBe(valueWriter(scalarField(scalar, nonNull))(fromSage(source)));
      }),
      { numRuns: 5_000 },
    );
    expect(written).toBeGreaterThan(700);
  });

  test('becomes the same global id as on the other path', () => {
    fc.assert(
      fc.property(
        fc.record({
          site: fc.uuid(),
          company: fc.nat().map(String),
          typeName: fc.constantFrom('Sage200Customer', 'Sage200X'),
        }),
        fc.integer({ min: 0, max: 999_999_999_999_999 }).map(String),
        (name, key) => {
          expect(globalIdWriter(name)(key)).toBe(`"${encodeGlobalId({ ...name, key })}"`);
        },
      ),
    );
  });
});

/** The answer's text, made of JSON text; undefined where it has to be parsed. */
function writeFromText(scalar: string, nonNull: boolean, source: string): string | undefined {
  const { pattern, write = (text: string) => text } = columnToken(scalarField(scalar, nonNull));
  const match = new RegExp(`^${pattern}$`).exec(Buffer.from(source).toString('latin1'));
  const written = match && (match[1] === undefined ? 'null' : write(match[1]));
  return written ? Buffer.from(written, 'latin1').toString() : undefined;
}
