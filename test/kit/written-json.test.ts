import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { jsonInTurns } from '../../src/kit/json-in-turns.ts';
import { isRawNumber, JsonText, parseAsWritten } from '../../src/kit/written-json.ts';

/** Any number that JSON can write. */
const numberText = fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/);
const jsonText = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    numberText,
    fc.string().map((text) => JSON.stringify(text)),
    fc.array(tie('value')).map((values) => `[${values.join(',')}]`),
    fc
      .dictionary(fc.string(), tie('value'))
      .map((members) => `{${Object.entries(members).map(([name, value]) => `${JSON.stringify(name)}:${value}`)}}`),
  ),
})).value;

test('numbers are written unchanged, whatever is around them', () => {
  fc.assert(
    fc.property(jsonText, (text) => {
      const inList = `[${text}]`;
      expect(JSON.stringify(parseAsWritten(inList))).toBe(inList);
      expect(JSON.stringify({ text: new JsonText(Buffer.from(inList)) })).toBe(`{"text":${inList}}`);
    }),
    { numRuns: 2_000 },
  );
});

it.each(['-0', '1.10', '0.0000001', '1e3', '1E+3', '9007199254740993', '1234567890123456.78', '1e400', '10.0'])(
  'keeps %s, and other numbers that a double can hold are numbers',
  (number) => {
    const read = parseAsWritten(`{ "it": ${number}, "other": 7 }`) as Record<string, unknown>;

    expect(isRawNumber(read['it'])).toBe(true);
    expect(read['other']).toBe(7);
    expect(JSON.stringify(read)).toBe(`{"it":${number},"other":7}`);
  },
);

it.each(['', '{', '[01]', '{"a":1e}', '[1.]'])('makes nothing of %j', (text) => {
  expect(parseAsWritten(text)).toBeUndefined();
});

describe('JSON that is written in turns', () => {
  test('equals the result of JSON.stringify', async () => {
    const rows = Array.from({ length: 30_000 }, (_, index) => ({
      id: index,
      name: `Ünïcode ${index} 😀`,
      none: null,
      left: undefined,
      lines: index % 1_000 ? [] : Array.from({ length: 1_500 }, () => [index, { '"': '\n' }]),
    }));
    const value = {
      empty: {},
      list: [],
      rows,
      kept: JSON.rawJSON('1.10'),
      passed: new JsonText(Buffer.from('{"a":1.5}')),
      sparse: [...rows.slice(0, 2_000), undefined, () => 1],
      __proto__: { inherited: 1 },
    };

    expect((await jsonInTurns(value)).toString() === JSON.stringify(value)).toBe(true);
  });

  test('lets other work run in between', async () => {
    const value = Array.from({ length: 40_000 }, (_, index) => ({ index, name: 'a'.repeat(100) }));
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);

    await jsonInTurns(value);
    isDone = true;

    expect(turns).toBeGreaterThan(5);
  });
});
