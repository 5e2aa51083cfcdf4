import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startWorld } from './world.ts';

/** A root field of the tenant with some way of writing it down. */
interface Piece {
  readonly field: 'read' | 'query' | 'sales';
  readonly key: number;
  readonly leaves: readonly string[];
  readonly value: 'literal' | 'variable' | 'default';
  readonly wrapping: 'none' | 'inline' | 'named' | 'typed';
  readonly condition: 'none' | 'skipYes' | 'skipNo' | 'includeVariable' | 'skipDefault' | 'both';
}

const piece: fc.Arbitrary<Piece> = fc.record({
  field: fc.constantFrom('read', 'query', 'sales'),
  key: fc.nat(2),
  leaves: fc.subarray(['_id', 'n: name', 'color', 'owner', 'secret', '__typename', '... { name }', '...Leaf'], {
    minLength: 1,
  }),
  value: fc.constantFrom('literal', 'variable', 'default'),
  wrapping: fc.constantFrom('none', 'inline', 'named', 'typed'),
  condition: fc.constantFrom('none', 'skipYes', 'skipNo', 'includeVariable', 'skipDefault', 'both'),
});

const CONDITIONS = {
  none: '',
  skipYes: '@skip(if: true)',
  skipNo: '@skip(if: false)',
  includeVariable: '@include(if: $yes)',
  skipDefault: '@skip(if: $no)',
  both: '@include(if: $yes) @skip(if: $yes)',
};
const VALUES = {
  literal: { id: '7', first: '1' },
  variable: { id: '$id', first: '$first' },
  default: { id: '$some', first: '2' },
};

function printField({ field, key, leaves, value }: Piece, condition: string): string {
  const selection = `{ ${leaves.join(' ')} }`;
  const { id, first } = VALUES[value];
  // Fields of one key must agree in their arguments, so the key says which they are.
  const alias = `${field}_${value}_${key}`;
  if (field === 'sales') return `${alias}: xtremSales ${condition} { order }`;
  if (field === 'read') return `${alias}: xtremMasterData ${condition} { item { read(_id: ${id}) ${selection} } }`;
  return `${alias}: xtremMasterData ${condition} { item { query(first: ${first}, filter: "{a: '${key}'}") { edges { node ${selection} } } } }`;
}

/** @param ours put between the pieces, where they are. */
function printDocument(pieces: readonly Piece[], ours: readonly string[]): string {
  const fragments: string[] = [];
  const roots = pieces.map((each, index) => {
    const condition = CONDITIONS[each.condition];
    const field = printField(each, each.wrapping === 'none' ? condition : '');
    if (each.wrapping === 'none') return field;
    if (each.wrapping === 'inline') return `... ${condition} { ${field} }`;
    if (each.wrapping === 'typed') return `... on Query ${condition} { ${field} }`;
    fragments.push(`fragment Root${index} on Query { ${field} }`);
    return `...Root${index} ${condition}`;
  });
  const body = roots.flatMap((root, index) => [root, ours[index] ?? '']).join('\n');
  const text = `${body} ${fragments.join('\n')}`;
  if (text.includes('...Leaf')) fragments.push('fragment Leaf on Item { _id leaf: color }');
  const types = { yes: 'Boolean!', no: 'Boolean = false', id: 'Id', first: 'Int = 3', some: 'Id = "4"' };
  const used = Object.entries(types).filter(([name]) => text.includes(`$${name}`));
  const variables = used.length > 0 ? `(${used.map(([name, type]) => `$${name}: ${type}`).join(', ')})` : '';
  return `query Generated${variables} { ${body} }\n${fragments.join('\n')}`;
}

test('the tenant’s part of a document gets the same answer alone and beside anything else', async () => {
  await using world = await startWorld();

  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { minLength: 1, maxLength: 6 }),
      fc.array(fc.constantFrom('', 'ours: sage200 { company }', '... { ours: sage200 { id } }', '__typename'), {
        maxLength: 6,
      }),
      fc.record({ yes: fc.boolean() }, { requiredKeys: ['yes'] }),
      fc.record({ no: fc.boolean(), id: fc.nat(9), first: fc.nat(3) }, { requiredKeys: [] }),
      async (pieces, ours, yes, more) => {
        const variables = { ...yes, ...more };
        const alone = await world.ask(printDocument(pieces, []), { variables });
        const beside = await world.ask(printDocument(pieces, ['__typename', ...ours]), { variables });

        const theirs = Object.entries(beside.data ?? {}).filter(([key]) => key !== 'ours' && key !== '__typename');
        expect(theirs).toEqual(Object.entries(alone.data ?? {}));
        expect(beside.data?.['__typename']).toBe('Query');
        const messages = ({ errors }: typeof alone) => errors?.map(({ message, path }) => ({ message, path }));
        expect(messages(beside)).toEqual(messages(alone));
      },
    ),
    { numRuns: 200 },
  );
});
