import { buildSchema, introspectionFromSchema } from 'graphql';
import { expect, test } from 'vitest';
import { introspectionInTurns } from '../../src/kit/introspect-schema.ts';
import { printSchemaInTurns, printShownSchema } from '../../src/kit/print-schema.ts';

const schema = buildSchema(`
  schema @marked { query: Rows }
  directive @marked on SCHEMA
  scalar Address @specifiedBy(url: "https://example.com")
  input Either @oneOf { a: Int @deprecated b: Int }
  "All rows"
  type Rows { row(either: Either = { a: 1 }): Address }
  ${Array.from({ length: 2_000 }, (_, index) => `type T${index} { id: Int "${'x'.repeat(500)}" name: [T${index}!] }`).join('\n')}
`);

test.each([
  ['printed', printSchemaInTurns, printShownSchema(schema)],
  ['introspected', introspectionInTurns, JSON.stringify(introspectionFromSchema(schema))],
] as const)(
  'a schema that is %s in turns is the same as at once, and others have their turn',
  async (_name, show, expected) => {
    let turns = 0;
    const counted = setInterval(() => {
      turns += 1;
    }, 0);

    const shown = await show(schema);

    clearInterval(counted);
    expect(shown.toString()).toBe(expected);
    expect(turns).toBeGreaterThan(1);
  },
);
