import fc from 'fast-check';
import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import type { CorpusDocument } from './corpus-documents.ts';

/** A choice among many, made again the same way for the same number. */
type Choose = <Item>(items: readonly Item[]) => Item | undefined;

/** Documents that a tenant's schema allows: any fields of any package, written in any of the ways there are. */
export function documentsOf(schema: GraphQLSchema): fc.Arbitrary<CorpusDocument> {
  return fc.infiniteStream(fc.nat(1_000_000)).map((numbers) => {
    const next = () => Number(numbers.next().value);
    return write(schema, (items) => items[next() % Math.max(1, items.length)]);
  });
}

interface Writing {
  readonly choose: Choose;
  readonly fragments: string[];
  readonly variables: Map<string, { readonly type: string; readonly value: unknown }>;
}

function write(schema: GraphQLSchema, choose: Choose): CorpusDocument {
  const writing: Writing = { choose, fragments: [], variables: new Map() };
  const root = schema.getQueryType();
  if (!root) throw new Error('no query type');
  const fields = Array.from({ length: choose([1, 1, 2, 3]) ?? 1 }, (_, index) => {
    const [field] = someFields(root, choose, 1);
    return field ? `p${index}: ${writeField(field, writing, 5)}` : '__typename';
  });
  const definitions = [...writing.variables].map(([name, { type }]) => `$${name}: ${type}`);
  const head = definitions.length > 0 ? `query (${definitions.join(', ')}) ` : 'query ';
  const values = [...writing.variables].map(([name, { value }]) => [name, value] as const);
  return {
    name: 'generated',
    source: `${head}{ ${fields.join(' ')} } ${writing.fragments.join(' ')}`,
    variables: Object.fromEntries(values),
  };
}

function writeField(field: GraphQLField<unknown, unknown>, writing: Writing, depth: number): string {
  const type = getNamedType(field.type);
  const given = writeArguments(field, writing);
  const condition = writing.choose(['', '', '', ' @include(if: true)', ' @skip(if: false)', ' @skip(if: $no)']) ?? '';
  if (condition.includes('$no')) writing.variables.set('no', { type: 'Boolean!', value: false });
  const text = `${field.name}${given}${condition}`;
  return isObjectType(type) ? `${text} ${writeSelection(type, writing, depth)}` : text;
}

function writeSelection(type: GraphQLObjectType, writing: Writing, depth: number): string {
  const { choose } = writing;
  const all = someFields(type, choose, choose([1, 2, 3, 4]) ?? 1);
  const fields = depth > 0 ? all : all.filter((field) => isLeafType(getNamedType(field.type)));
  const written = fields.map((field, index) => {
    // An alias each, so that the same field may come twice with other arguments.
    const text = `a${index}: ${writeField(field, writing, depth - 1)}`;
    const way = choose(['plain', 'plain', 'plain', 'inline', 'typed', 'named']);
    if (way === 'inline') return `... { ${text} }`;
    if (way === 'typed') return `... on ${type.name} { ${text} }`;
    if (way !== 'named') return text;
    const name = `F${writing.fragments.length}`;
    writing.fragments.push(`fragment ${name} on ${type.name} { ${text} }`);
    return `...${name}`;
  });
  return `{ __typename ${written.join(' ')} }`;
}

/** What is another one each time: moments of the request, numbers that a record would get; and what needs a record. */
const LEFT_OUT = /^lookups$|^getDefaults$|^getDuplicate$|Stamp$|^_etag$/;

/** Fields that can be asked without knowing a record. Pages come first: they show the most. */
function someFields(type: GraphQLObjectType, choose: Choose, count: number): GraphQLField<unknown, unknown>[] {
  const fields = Object.values(type.getFields()).filter(
    ({ args, name }) => args.filter(isRequiredArgument).every((each) => each.name in VALUES) && !LEFT_OUT.test(name),
  );
  const pages = fields.filter(({ name }) => ['query', 'read', 'edges', 'node'].includes(name));
  const picked = Array.from({ length: count }, () =>
    choose(pages.length > 0 ? [...fields, ...pages, ...pages] : fields),
  );
  return picked.filter((field) => field !== undefined);
}

const VALUES: Readonly<Record<string, readonly unknown[]>> = {
  _id: ['1', '2', '#ABS001', '#GB', '#BLT-M04-ZN', '#EACH'],
  first: [0, 1, 2, 3],
  filter: ['{_id: {_lte: 3}}', '{"_id":{"_in":[1,2]}}', '[]', '{}', "{_id: {_ne: '1'}}"],
  orderBy: ['{_id: 1}', '{_id: -1}', '{"_id":1}'],
  selector: ['rating', 'none'],
};

function writeArguments({ args }: GraphQLField<unknown, unknown>, { choose, variables }: Writing): string {
  const written = args.flatMap((argument) => {
    const values = VALUES[argument.name];
    // Pages stay small, or pages of pages would be all there is.
    const isKept = argument.name === 'first' || isRequiredArgument(argument) || choose([true, false]);
    if (!values || !isKept) return [];
    const value = choose(values);
    if (choose([true, true, false])) return [`${argument.name}: ${JSON.stringify(value)}`];
    const name = `v${variables.size}`;
    variables.set(name, { type: String(argument.type), value });
    return [`${argument.name}: $${name}`];
  });
  return written.length > 0 ? `(${written.join(', ')})` : '';
}
