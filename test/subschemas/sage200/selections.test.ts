import fc from 'fast-check';
import { type GraphQLField, getNamedType, isLeafType, isObjectType } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const LISTS = [
  'customers',
  'sopOrders',
  'popOrders',
  'products',
  'suppliers',
  'nominalCodes',
  'warehouseHoldings',
  'banks',
  'salesPostedTransactions',
  'sopOrderLineViews',
];
const DEEPEST = 3;

/** One field of a selection, written in one of the ways GraphQL knows. */
interface Chosen {
  readonly name: string;
  readonly alias: string | undefined;
  readonly below: readonly Chosen[];
  readonly arguments: string;
  readonly isLeaf: boolean;
  readonly typeName: string;
  readonly wrapped: 'plain' | 'inline' | 'untyped' | 'fragment';
  readonly directive: string;
  readonly isThere: boolean;
}

test('any selection gives the same as separate fields: aliases, fragments, variables, @include and @skip', async () => {
  await fc.assert(
    fc.asyncProperty(fc.gen(), async (pick) => {
      const list = LISTS[pick(fc.nat, { max: LISTS.length - 1 })] ?? '';
      const chosen = choose(pick as Pick, rowTypeOf(list), 0);
      const fragments: string[] = [];
      const variables = { yes: true, no: false };
      const source = `query ($yes: Boolean!, $no: Boolean!) { sage200 { list: ${list}(first: 3) {
        all: nodes { __typename @include(if: $yes) @skip(if: $no) ${printAll(chosen, fragments)} } } } }`;

      const answer = await world.run(`${source} ${fragments.join(' ')}`, { variables });

      expect(answer.errors).toEqual([]);
      expect(answer.requests.filter(({ status }) => status === 400)).toEqual([]);
      const rows = await fieldByField(list, chosen);
      const expected = rows.map((row) => ({ __typename: rowTypeOf(list), ...project(row, chosen) }));
      expect(answer.data.sage200.list.all).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

type Pick = (arbitrary: typeof fc.nat, options: { max: number }) => number;

function choose(pick: Pick, typeName: string, depth: number): Chosen[] {
  const fields = fieldsOf(typeName).filter((field) => depth < DEEPEST - 1 || isPlain(field));
  const one = (max: number) => pick(fc.nat, { max });
  return Array.from({ length: 1 + one(4) }, (_, index) => {
    const field = fields[one(fields.length - 1)];
    if (!field) throw new Error(`${typeName} has no field.`);
    const named = getNamedType(field.type);
    const isConnection = named.name.endsWith('Connection');
    const [directive = '', isThere = true] = DIRECTIVES[one(DIRECTIVES.length - 1)] ?? [];
    const wrapped = (['plain', 'plain', 'inline', 'untyped', 'fragment'] as const)[one(4)] ?? 'plain';
    const below = isPlain(field)
      ? []
      : isConnection
        ? [nodesOf(pick, named.name.replace(/Connection$/, ''), depth)]
        : choose(pick, named.name, depth + 1);
    return {
      name: field.name,
      // Without an alias a name may be there twice, and both are one.
      alias: one(1) ? `a${index}_${field.name}` : undefined,
      below,
      arguments: isConnection ? '(first: 2)' : '',
      isLeaf: isPlain(field),
      typeName,
      wrapped,
      directive,
      isThere,
    };
  });
}

const nodesOf = (pick: Pick, typeName: string, depth: number): Chosen => ({
  name: 'nodes',
  alias: undefined,
  below: choose(pick, typeName, depth + 1),
  arguments: '',
  isLeaf: false,
  typeName: `${typeName}Connection`,
  wrapped: 'plain',
  directive: '',
  isThere: true,
});

const DIRECTIVES: readonly (readonly [string, boolean])[] = [
  ['', true],
  ['', true],
  ['@include(if: $yes)', true],
  ['@include(if: $no)', false],
  ['@skip(if: $yes)', false],
  ['@skip(if: false)', true],
  ['@include(if: true) @skip(if: $no)', true],
];

function printAll(chosen: readonly Chosen[], fragments: string[]): string {
  return chosen.map((field) => printOne(field, fragments)).join(' ');
}

function printOne(field: Chosen, fragments: string[]): string {
  const inner = field.isLeaf ? '' : `{ __typename ${printAll(field.below, fragments)} }`;
  const text = `${field.alias ? `${field.alias}: ` : ''}${field.name}${field.arguments} ${field.directive} ${inner}`;
  switch (field.wrapped) {
    case 'plain':
      return text;
    case 'inline':
      return `... on ${field.typeName} { ${text} }`;
    case 'untyped':
      return `... @include(if: $yes) { ${text} }`;
    case 'fragment': {
      const name = `F${fragments.length}`;
      fragments.push(`fragment ${name} on ${field.typeName} { ${text} }`);
      return `...${name}`;
    }
  }
}

type Row = { [name: string]: unknown };

/** The rows with all chosen fields, each asked for by an operation of its own. */
async function fieldByField(list: string, chosen: readonly Chosen[]): Promise<Row[]> {
  let rows: Row[] = [];
  for (const path of pathsOf(chosen)) rows = merge(rows, await askPath(list, path)) as Row[];
  return rows.length > 0 ? rows : ((await askPath(list, ['__typename'])) as Row[]);
}

function pathsOf(chosen: readonly Chosen[]): string[][] {
  return chosen
    .filter(({ isThere }) => isThere)
    .flatMap(({ name, arguments: given, isLeaf, below }) =>
      isLeaf
        ? [[name]]
        : [[`${name}${given}`, '__typename'], ...pathsOf(below).map((path) => [`${name}${given}`, ...path])],
    );
}

const asked = new Map<string, Promise<unknown>>();

function askPath(list: string, path: readonly string[]): Promise<unknown> {
  const selection = path.reduceRight((inner, step) => (inner ? `${step} { ${inner} }` : step), '');
  const key = `${list} ${selection}`;
  const known =
    asked.get(key) ??
    world
      .run(`{ sage200 { list: ${list}(first: 3) { nodes { ${selection} } } } }`)
      .then(({ data }) => data.sage200.list.nodes);
  asked.set(key, known);
  return known;
}

function merge(first: unknown, second: unknown): unknown {
  if (Array.isArray(second))
    return second.map((value, index) => merge(Array.isArray(first) ? first[index] : undefined, value));
  if (typeof second !== 'object' || second === null) return second;
  const known = (typeof first === 'object' && first !== null ? first : {}) as Row;
  return Object.entries(second).reduce<Row>(
    (all, [name, value]) => Object.assign(all, { [name]: merge(known[name], value) }),
    { ...known },
  );
}

/** What of the whole rows the selection shows, under the names it gives. */
function project(row: Row, chosen: readonly Chosen[]): Row {
  const shown: Row = {};
  for (const { name, alias, below, isLeaf, isThere } of chosen) {
    if (!isThere) continue;
    const value = row[name];
    const key = alias ?? name;
    const made = isLeaf ? value : projectValue(value, below);
    shown[key] = alias === undefined && key in shown ? merge(shown[key], made) : made;
  }
  return shown;
}

function projectValue(value: unknown, below: readonly Chosen[]): unknown {
  if (Array.isArray(value)) return value.map((item) => projectValue(item, below));
  if (typeof value !== 'object' || value === null) return value;
  const row = value as Row;
  return { __typename: row['__typename'], ...project(row, below) };
}

function fieldsOf(typeName: string): GraphQLField<unknown, unknown>[] {
  const type = world.schema.getType(typeName);
  return isObjectType(type) ? Object.values(type.getFields()) : [];
}

const isPlain = ({ type }: GraphQLField<unknown, unknown>) => isLeafType(getNamedType(type));
const rowTypeOf = (list: string): string => {
  const type = fieldsOf('Sage200').find(({ name }) => name === list)?.type;
  return type ? getNamedType(type).name.replace(/Connection$/, '') : '';
};
