import fc from 'fast-check';
import { buildSchema, introspectionFromSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildSchema as buildPacked } from '../../../../src/subschemas/erp/schema/build-schema.ts';
import { PackedSchema } from '../../../../src/subschemas/erp/schema/packed-schema.ts';
import { readIntrospection } from '../../../../src/subschemas/erp/schema/read-introspection.ts';
import { RICH, SDL, touch } from './introspections.ts';

describe('an introspection answer that is wrong', () => {
  const nothing = [
    '',
    'nonsense',
    '<html>',
    '{"data":',
    '[]',
    'null',
    '{"data":null}',
    '{"data":{"__schema":7}}',
    '{"errors":[{"message":"no"}]}',
  ];
  test.each(nothing)('%s: is not an introspection answer', (text) => {
    expect(readIntrospection(Buffer.from(text))).toBeUndefined();
  });

  const change = (from: string | RegExp, to: string) =>
    Buffer.from(JSON.stringify({ data: introspectionFromSchema(buildSchema(SDL), RICH) }).replace(from, () => to));
  test.each([
    ['no types', /"types":\[/, '"types":null,"was":['],
    ['no query type', '"queryType":{', '"queryType":null,"was":{'],
    ['a root that is not an object type', '"name":"Root"', '"name":"Kind"'],
    ['a type nobody described', '"name":"Money","ofType"', '"name":"Gone","ofType"'],
    ['a type twice', '"name":"Page","description"', '"name":"Item","description"'],
    [
      'a kind nobody knows',
      '"kind":"UNION","name":"Thing","description"',
      '"kind":"CHOICE","name":"Thing","description"',
    ],
    ['a field of an input type', '"kind":"SCALAR","name":"Money","ofType"', '"kind":"X","name":"Moment","ofType"'],
    ['an argument of an output type', '"name":"Search","ofType"', '"name":"Page","ofType"'],
    ['a field without arguments', '"args":[]', '"args":null'],
    ['half a type', '"kind":"LIST","name":null,"ofType":{', '"kind":"LIST","name":null,"ofType":null,"was":{'],
    ['a name that can be none', '"name":"price"', '"name":"pri ce"'],
    ['an enum value that can be none', '"name":"TWO"', '"name":"null"'],
    ['a text that is none', '"description":"The one."', '"description":{}'],
  ])('%s: is refused with the place, and nothing is built', (_what, from, to) => {
    expect(() => readIntrospection(change(from, to))).toThrow(TypeError);
  });

  test('after any change, it is refused or all of its types can be built', () => {
    const text = JSON.stringify({ data: introspectionFromSchema(buildSchema(SDL), RICH) });
    const places = [...text.matchAll(/null|true|false|"[^"]*"|[[{](?=[\]}])|\[/g)];
    const values = ['null', '7', '""', '"Item"', '"NON_NULL"', '"LIST"', '"__proto__"', '[]', '{}', 'true', '"Kind"'];
    let refused = 0;

    fc.assert(
      fc.property(fc.nat(places.length - 1), fc.constantFrom(...values), (place, value) => {
        const { index = 0, 0: found = '' } = places[place] ?? {};
        const changed = text.slice(0, index) + value + text.slice(index + found.length);
        let read: ReturnType<typeof readIntrospection>;
        try {
          read = readIntrospection(Buffer.from(changed));
        } catch (error) {
          expect(error).toBeInstanceOf(TypeError);
          refused += 1;
          return;
        }
        if (read) touch(buildPacked(new PackedSchema(read.packed)));
      }),
      { numRuns: 1_500 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  test('one that would fill the memory is refused before it is read', () => {
    const deep = `${'['.repeat(9e6)}${']'.repeat(9e6)}`;

    expect(() => readIntrospection(Buffer.from(deep))).toThrow('too large');
  });
});
