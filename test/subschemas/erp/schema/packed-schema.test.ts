import { buildClientSchema, buildSchema, introspectionFromSchema } from 'graphql';
import { describe, expect, test, vi } from 'vitest';
import { printShownSchema } from '../../../../src/kit/print-schema.ts';
import { buildSchema as buildPacked } from '../../../../src/subschemas/erp/schema/build-schema.ts';
import { PackedSchema } from '../../../../src/subschemas/erp/schema/packed-schema.ts';
import { readIntrospection } from '../../../../src/subschemas/erp/schema/read-introspection.ts';
import { many, open, RICH, read, SDL, touch } from './introspections.ts';

describe('a packed schema', () => {
  test('equals what graphql-js builds from the same introspection, but root fields are nullable', () => {
    const expected = buildClientSchema(
      introspectionFromSchema(buildSchema(SDL.replace('): Page!', '): Page').replace('): Item!', '): Item')), RICH),
    );

    const schema = open(SDL);

    expect(printShownSchema(schema)).toBe(printShownSchema(expected));
    expect(introspectionFromSchema(schema, RICH)).toEqual(introspectionFromSchema(expected, RICH));
  });

  test('knows the implementations of its interfaces', () => {
    const schema = open(SDL);
    const [node, item] = [schema.getType('Node'), schema.getType('Item')];

    expect(node && 'getInterfaces' in node && 'resolveType' in node && schema.getPossibleTypes(node)).toEqual([item]);
    expect(node && item && 'resolveType' in node && 'getFields' in item && schema.isSubType(node, item as never)).toBe(
      true,
    );
  });

  test('builds a type’s fields when they are used, not before', () => {
    const texts = vi.spyOn(PackedSchema.prototype, 'text');
    const { packed } = read(many(1_000));

    const schema = buildPacked(new PackedSchema(packed));
    const atFirst = texts.mock.calls.length;
    touch(schema);

    // Names and descriptions of types; of fields there are as many again, twice.
    expect(atFirst).toBeLessThan(2_100);
    expect(texts.mock.calls.length).toBeGreaterThan(atFirst + 4_000);
    texts.mockRestore();
  });

  test('equal texts and equal types of fields are one object each', () => {
    const schema = open('type A { list: [ID!]! } type B { list: [ID!]! } type Query { a: A b: B }');
    const typeOf = (name: string) => {
      const type = schema.getType(name);
      return type && 'getFields' in type ? type.getFields()['list']?.type : undefined;
    };

    expect(typeOf('A')).toBeDefined();
    expect(typeOf('A')).toBe(typeOf('B'));
  });

  test('an impossible or endless default leaves the field usable', () => {
    const data = introspectionFromSchema(
      buildSchema('input A { self: A other: A number: Int } type Query { f(a: A, n: Int): Int }'),
    );
    const given = JSON.stringify({ data }).replaceAll('"defaultValue":null', '"defaultValue":"{self: {self: {"');
    const found = readIntrospection(Buffer.from(given));
    const cyclic = readIntrospection(Buffer.from(given.replaceAll('{self: {self: {', '{}')));

    for (const each of [found, cyclic]) {
      const schema = buildPacked(new PackedSchema(each?.packed ?? Buffer.of()));
      touch(schema);
      expect(
        schema
          .getQueryType()
          ?.getFields()
          ['f']?.args.map(({ name }) => name),
      ).toEqual(['a', 'n']);
    }
  });

  test('has the same digest in any order', () => {
    const [fields, members] = ['nodes: [Node] item: Item', 'Item | Page'];
    expect(SDL).toContain(fields);
    const reversed = SDL.replace(fields, 'item: Item nodes: [Node]').replace(members, 'Page | Item');

    expect(read(reversed).digest).toBe(read(SDL).digest);
  });

  test.each([
    ['Take day.', 'Take hour.'],
    ['= 2026', '= 2027'],
    ['"The one."', ''],
    ['repeatable ', ''],
    ['org/id', 'org/other'],
    ['[[Int!]!]', '[[Int!]]'],
    ['implements Node & Named', 'implements Node'],
    ['mutation: Write', ''],
  ])('has a different digest with "%s" as "%s"', (from, to) => {
    expect(SDL).toContain(from);
    expect(read(SDL.replace(from, to)).digest).not.toBe(read(SDL).digest);
  });
});
