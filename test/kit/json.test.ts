import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { isEmpty, isObject, memberAt, parseJson } from '../../src/kit/json.ts';

describe('isObject', () => {
  it.each([[{}], [{ a: 1 }], [Object.create(null)]])('accepts %j', (value) => expect(isObject(value)).toBe(true));

  it.each([[null], [undefined], [[]], [[{}]], ['{}'], [1], [true]])('rejects %j', (value) =>
    expect(isObject(value)).toBe(false),
  );
});

test.each([
  [{}, true],
  [{ a: undefined }, false],
  [Object.create(null), true],
])('isEmpty of %j is %s', (value, expected) => expect(isEmpty(value)).toBe(expected));

describe('parseJson', () => {
  it('reads text and bytes equally', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(parseJson(Buffer.from(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each(['', '{', 'undefined', '{"a":1}}'])('returns nothing for %j', (text) =>
    expect(parseJson(text)).toBeUndefined(),
  );
});

describe('memberAt', () => {
  const value = { rows: [{ name: 'a' }, null], none: null };

  it.each([
    [[], value],
    [['rows', 0, 'name'], 'a'],
    [['rows', '0', 'name'], 'a'],
    [['rows', 1, 'name'], undefined],
    [['none', 'name'], undefined],
    [['rows', 0, 'name', 'length'], undefined],
    [['missing', 'name'], undefined],
  ])('finds %j', (path, expected) => expect(memberAt(value, path)).toBe(expected));
});
