import fc from 'fast-check';
import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isLeafType,
  isRequiredArgument,
} from 'graphql';
import type { CorpusDocument } from './corpus-documents.ts';
import { type Choose, type GiveValue, sage200Value, tenantValue, writeLiteral } from './generate-value.ts';

/** A field with all that it needs beside it, so that it can be put into an operation. */
export interface Part {
  readonly text: string;
  readonly fragments: readonly string[];
  readonly variables: ReadonlyMap<string, Variable>;
}

interface Variable {
  readonly type: string;
  /** Left out: it has a default. */
  readonly value?: unknown;
  readonly preset?: string;
}

/** Documents that a tenant's schema allows: any fields of any package, written in any of the ways there are. */
export function documentsOf(schema: GraphQLSchema, giveValue?: GiveValue): fc.Arbitrary<CorpusDocument> {
  return arbitrary((choose) => joined(writeParts(schema, choose, giveValue)));
}

export interface MixedDocument {
  readonly theirs: CorpusDocument;
  /** Fields of the gateway, all of them under the alias `ours`. */
  readonly ours: CorpusDocument;
  /** Both in one operation. */
  readonly both: CorpusDocument;
}

/** Documents of a tenant beside some fields of the gateway, with variables and directives that both sides use. */
export function mixedDocumentsOf(
  schema: GraphQLSchema,
  ours: readonly Part[],
  giveValue?: GiveValue,
): fc.Arbitrary<MixedDocument> {
  return arbitrary((choose) => {
    const theirs = writeParts(schema, choose, giveValue);
    const part = choose(ours);
    return { theirs: joined(theirs), ours: joined([part]), both: joined(mixed(theirs, part, choose)) };
  });
}

/** As many fields of the gateway as asked for, each below its own `ours: sage200`. */
export const sage200PartsOf = (schema: GraphQLSchema, count: number): readonly Part[] =>
  fc.sample(
    arbitrary((choose) => {
      const writing = newWriting(schema, choose, sage200Value, 'O');
      const root = schema.getQueryType()?.getFields()['sage200'];
      if (!root) throw new Error('the gateway has no sage200');
      const text = `ours: sage200 ${writeSelection(compositeOf(root), writing, 3)}`;
      return { text, fragments: writing.fragments, variables: writing.variables };
    }),
    count,
  );

const arbitrary = <Made>(make: (choose: Choose) => Made): fc.Arbitrary<Made> =>
  fc.infiniteStream(fc.nat(1_000_000)).map((numbers) =>
    make((items) => {
      const item = items[Number(numbers.next().value) % Math.max(1, items.length)];
      if (item === undefined) throw new Error('nothing to choose from');
      return item;
    }),
  );

interface Writing {
  readonly schema: GraphQLSchema;
  readonly choose: Choose;
  readonly giveValue: GiveValue;
  /** Begins the names of fragments and variables, which two parts of one document must not share. */
  readonly prefix: string;
  readonly fragments: string[];
  readonly variables: Map<string, Variable>;
  /** Fields that may still come: a document of thousands shows no more than one of a few dozen. */
  left: number;
}

const newWriting = (schema: GraphQLSchema, choose: Choose, giveValue: GiveValue, prefix: string): Writing => ({
  schema,
  choose,
  giveValue,
  prefix,
  fragments: [],
  variables: new Map(),
  left: 25,
});

function writeParts(schema: GraphQLSchema, choose: Choose, giveValue: GiveValue = tenantValue): Part[] {
  const root = schema.getQueryType();
  if (!root) throw new Error('no query type');
  return Array.from({ length: choose([1, 1, 2, 3]) }, (_, index) => {
    const writing = newWriting(schema, choose, giveValue, `T${index}_`);
    const [field] = someFields(root, writing, 1);
    const text = field ? `p${index}: ${writeField(field, writing, 5)}` : '__typename';
    return { text, fragments: writing.fragments, variables: writing.variables };
  });
}

function joined(parts: readonly Part[]): CorpusDocument {
  const variables = [...new Map(parts.flatMap((part) => [...part.variables]))];
  const definitions = variables.map(([name, { type, preset }]) => `$${name}: ${type}${preset ? ` = ${preset}` : ''}`);
  const head = definitions.length > 0 ? `query (${definitions.join(', ')})` : 'query';
  const fields = parts.map(({ text }) => text).filter((text) => text !== '');
  return {
    name: 'generated',
    source: `${head} { ${fields.join(' ')} } ${parts.flatMap(({ fragments }) => fragments).join(' ')}`,
    variables: Object.fromEntries(
      variables.flatMap(([name, variable]) => ('value' in variable ? [[name, variable.value] as const] : [])),
    ),
  };
}

/** Ours before theirs, behind them, in a fragment of its own, or all of it in one. */
function mixed(theirs: readonly Part[], ours: Part, choose: Choose): readonly Part[] {
  const none = { text: '', fragments: [], variables: new Map<string, Variable>() };
  const all = choose([true, false]) ? [ours, ...theirs] : [...theirs, ours];
  const way = choose(['plain', 'plain', 'inline', 'own fragment', 'one fragment']);
  if (way === 'inline') return [{ ...ours, text: `... on Query @skip(if: false) { ${ours.text} }` }, ...theirs];
  if (way === 'own fragment') {
    return [
      ...theirs,
      { ...ours, text: '...Ours @include(if: true)' },
      { ...none, fragments: [`fragment Ours on Query { ${ours.text} }`] },
    ];
  }
  if (way === 'one fragment') {
    const fields = all.map(({ text }) => text).join(' ');
    const rest = all.map((part) => ({ ...part, text: '' }));
    return [{ ...none, text: '...All', fragments: [`fragment All on Query { ${fields} }`] }, ...rest];
  }
  return all;
}

type AnyField = GraphQLField<unknown, unknown>;

/** One that both sides use when they are in one operation. */
const NO: readonly [string, Variable] = ['no', { type: 'Boolean!', value: false }];
const FEW: readonly [string, Variable] = ['few', { type: 'Int', value: 2 }];

function writeField(field: AnyField, writing: Writing, depth: number): string {
  const type = getNamedType(field.type);
  const text = `${field.name}${writeArguments(field, writing)}${writeDirective(writing)}`;
  return isCompositeType(type) ? `${text} ${writeSelection(type, writing, depth)}` : text;
}

function writeDirective({ choose, variables }: Writing): string {
  const usual = ['', '', '', '', ' @include(if: true)', ' @skip(if: false)', ' @skip(if: $no)'];
  const condition = choose([...usual, ...usual, ' @include(if: $no)', ' @skip(if: true)']);
  if (condition.includes('$no')) variables.set(...NO);
  return condition;
}

function writeSelection(type: GraphQLCompositeType, writing: Writing, depth: number): string {
  const { choose, schema } = writing;
  const own = writeFields(type, writing, depth);
  const members = isAbstractType(type) ? schema.getPossibleTypes(type) : [];
  const ofMembers = members.flatMap((member) =>
    choose([true, true, false])
      ? [inFragment(writeFields(member, writing, depth).join(' ') || '__typename', member.name, writing)]
      : [],
  );
  return `{ __typename ${[...own, ...ofMembers].join(' ')} }`;
}

function writeFields(type: GraphQLCompositeType, writing: Writing, depth: number): string[] {
  const { choose } = writing;
  const all = someFields(type, writing, choose([1, 2, 3, 4]));
  writing.left -= all.length;
  const fields = depth > 0 && writing.left > 0 ? all : all.filter((field) => isLeafType(getNamedType(field.type)));
  return fields.map((field, index) => {
    // An alias each, so that the same field may come twice with other arguments.
    const text = `${aliasOf(type)}${index}: ${writeField(field, writing, depth - 1)}`;
    const way = choose(['plain', 'plain', 'plain', 'plain', 'inline', 'fragment']);
    if (way === 'inline') return `...${writeDirective(writing)} { ${text} }`;
    return way === 'fragment' ? inFragment(text, type.name, writing) : text;
  });
}

/** Another one for each type: fields of two members of a union must not be merged. */
const aliasOf = ({ name }: GraphQLCompositeType) => `a${name.length}${name.slice(0, 3)}_`;

function inFragment(text: string, type: string, writing: Writing): string {
  const { choose, fragments, prefix } = writing;
  if (choose([true, false])) return `... on ${type}${writeDirective(writing)} { ${text} }`;
  const name = `${prefix}F${fragments.length}`;
  fragments.push(`fragment ${name} on ${type} { ${text} }`);
  return `...${name}${writeDirective(writing)}`;
}

/** What is another one each time: moments of the request, numbers that a record would get; and what needs a record. */
const LEFT_OUT = /^lookups$|^getDefaults$|^getDuplicate$|Stamp$|^_etag$/;
/** They show the most. */
const PAGES = ['query', 'read', 'edges', 'node', 'nodes'];

/** Fields that can be asked without knowing a record; those of pages come up more often. */
function someFields(type: GraphQLCompositeType, writing: Writing, count: number): AnyField[] {
  const { choose, giveValue } = writing;
  const all: AnyField[] = 'getFields' in type ? Object.values(type.getFields()) : [];
  const fields = all.filter(
    ({ args, name }) =>
      args.filter(isRequiredArgument).every((each) => giveValue(each, first) !== undefined) && !LEFT_OUT.test(name),
  );
  if (fields.length === 0) return [];
  const pages = fields.filter(({ name, args }) => PAGES.includes(name) || args.some((each) => each.name === 'first'));
  return Array.from({ length: count }, () => choose([...fields, ...pages, ...pages]));
}

const first: Choose = ([item]) => {
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
};

function compositeOf({ type }: AnyField): GraphQLCompositeType {
  const named = getNamedType(type);
  if (!isCompositeType(named)) throw new Error(`${named.name} has no fields`);
  return named;
}

function writeArguments({ args }: AnyField, writing: Writing): string {
  const { choose, giveValue, variables, prefix } = writing;
  const written = args.flatMap((argument) => {
    const value = giveValue(argument, choose);
    // Pages stay small, or pages of pages would be all there is.
    const isKept = argument.name === 'first' || isRequiredArgument(argument) || choose([true, false]);
    if (value === undefined || !isKept) return [];
    const way = choose(['literal', 'literal', 'literal', 'variable', 'preset', 'shared']);
    if (way === 'shared' && argument.name === 'first' && String(argument.type) === 'Int') {
      variables.set(...FEW);
      return ['first: $few'];
    }
    const literal = writeLiteral(value, argument.type, choose);
    if (way === 'literal' || way === 'shared') return [`${argument.name}: ${literal}`];
    const name = `${prefix}v${variables.size}`;
    const type = String(argument.type);
    variables.set(name, way === 'preset' ? { type, preset: literal } : { type, value });
    return [`${argument.name}: $${name}`];
  });
  return written.length > 0 ? `(${written.join(', ')})` : '';
}
