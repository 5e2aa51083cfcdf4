// Longer than most, and one thing: the ways in which a selection can be written down.
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isLeafType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import type { Choices } from './choices.ts';
import { makeValue, type Supplies, toLiteral, type ValueMaker } from './write-values.ts';

type Composite = GraphQLObjectType | GraphQLInterfaceType;
type Field = GraphQLField<unknown, unknown>;

export interface WrittenOperation {
  readonly source: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Other values for some of them. */
  readonly others: Readonly<Record<string, unknown>>;
}

export interface Writing extends ValueMaker {
  readonly schema: GraphQLSchema;
  readonly fragments: { readonly name: string; readonly on: string; readonly text: string }[];
  /** By name: how it is declared, what is sent, and what another time. */
  readonly variables: Map<string, { readonly declaration: string; readonly value?: unknown; readonly other?: unknown }>;
  /** For aliases and names that nobody has yet. */
  count: number;
  /** How often a field is a link where the type has one, in percent. */
  linkShare: number;
}

export function startWriting(schema: GraphQLSchema, choices: Choices, supplies: Supplies): Writing {
  const isFaulty = choices.percent(12);
  return { schema, choices, supplies, isFaulty, fragments: [], variables: new Map(), count: 0, linkShare: 5 };
}

/** Fields after which an operation comes to its end. */
const ENOUGH = 30;

/** Moments and numbers of the process: another in each gateway, or at each time. */
const LEFT_OUT =
  /^(schemaAge|consentedAt|refreshExpiresAt|lastError|connections|lastLogonDateTime|getDefaults|getDuplicate)$|^lookups$|Stamp$|^_etag$/;

/** Resources with enough rows to show something. */
export const FAVOURITES: readonly string[] = [
  ...['customers', 'customers', 'customers', 'sopOrders', 'sopOrders', 'popOrders', 'products', 'suppliers'],
  ...['nominalCodes', 'warehouseHoldings', 'banks', 'salesPostedTransactions', 'sopOrderLineViews', 'currencies'],
  ...['customer', 'customer', 'sopOrder', 'product', 'supplier', 'currency', 'sites', 'companyDetails', 'id'],
  ...['customerContacts', 'customerViews', 'departments', 'taxCodes', 'warehouses', 'stockItems'],
];
const LINKS: ReadonlySet<string> = new Set([
  'erpCustomer',
  'erpOrders',
  'erpItem',
  'sage200Customer',
  'sage200Product',
  'buyer',
]);
const PAGE_FIELDS: ReadonlySet<string> = new Set(['nodes', 'edges', 'node', 'pageInfo', 'query', 'read', 'totalCount']);

/** An operation of these root selections with the fragments and variables they use. */
export function finish(roots: readonly string[], writing: Writing, head: string): WrittenOperation {
  const declared = [...writing.variables].map(([name, { declaration }]) => `$${name}: ${declaration}`);
  const given = [...writing.variables].flatMap(([name, variable]) =>
    'value' in variable ? [[name, variable.value] as const] : [],
  );
  const changed = [...writing.variables].flatMap(([name, { other }]) =>
    other !== undefined && writing.choices.percent(60) ? [[name, other] as const] : [],
  );
  const parameters = declared.length > 0 ? `(${declared.join(', ')})` : '';
  const fragments = writing.fragments.map(({ name, on, text }) => `fragment ${name} on ${on} ${text}`);
  const isShort = head === 'query' && parameters === '' && writing.choices.percent(50);
  return {
    source: [`${isShort ? '' : `${head}${parameters} `}{ ${roots.join('\n  ')} }`, ...fragments].join('\n'),
    variables: Object.fromEntries(given),
    others: Object.fromEntries([...given, ...changed]),
  };
}

/** `{ … }` of the type. */
export function writeSelection(type: Composite, writing: Writing, depth: number): string {
  const { choices } = writing;
  const wanted = choices.weighted([
    [3, 1],
    [4, 2],
    [writing.count > ENOUGH ? 0 : 3, 3],
    [writing.count > ENOUGH ? 0 : 1, 6],
  ]);
  const fields = Array.from({ length: wanted }, () => pickField(type, writing, depth));
  const written = fields.flatMap((field) => (field ? writeTwice(field, type, writing, depth) : []));
  if (choices.percent(20)) written.splice(choices.below(written.length + 1), 0, '__typename');
  if (isInterfaceType(type)) written.push(...possibleTypes(type, writing, depth));
  if (written.length === 0) written.push('__typename');
  return `{ ${written.join(' ')} }`;
}

/** A list of rows with plain values alone: what is asked most, and made with the least work. */
export function writeFlatList({ name, type }: Field, writing: Writing): string {
  const { choices, schema } = writing;
  const row = schema.getType(getNamedType(type).name.replace(/Connection$/, ''));
  if (!isObjectType(row)) return name;
  const leaves = Object.values(row.getFields()).filter((field) => isLeafType(getNamedType(field.type)));
  const some = Array.from({ length: 1 + choices.below(8) }, (_, index) => {
    const leaf = choices.percent(12) ? '__typename' : choices.percent(20) ? 'id' : choices.one(leaves).name;
    return choices.percent(15) ? `k${index}: ${leaf}` : leaf;
  });
  const isNode = row.getInterfaces().length > 0;
  const rows = `{ ${(isNode ? some : some.filter((each) => !/\bid$/.test(each))).join(' ')} __typename }`;
  const page = 'pageInfo { hasNextPage endCursor startCursor hasPreviousPage }';
  const parts = [
    choices.percent(60) ? `nodes ${rows}` : `edges { ${choices.percent(20) ? 'cursor ' : ''}node ${rows} }`,
    ...(choices.percent(40) ? [page] : []),
    ...(choices.percent(20) ? ['totalCount'] : []),
  ];
  return `${name}(first: ${choices.one([1, 2, 3, 5, 20, 60])}) { ${(choices.percent(30) ? parts.toReversed() : parts).join(' ')} }`;
}

function possibleTypes(type: GraphQLInterfaceType, writing: Writing, depth: number): string[] {
  const types = writing.schema.getPossibleTypes(type);
  const usual = types.filter(({ name }) => /^Sage200(|Customer|SopOrder|Product|Supplier)$/.test(name));
  return [1, 2].map(() => {
    const on = writing.choices.one(writing.choices.percent(80) ? usual : types);
    return `... on ${on.name} ${writeSelection(on, writing, depth - 1)}`;
  });
}

function pickField(type: Composite, { choices, count, linkShare }: Writing, depth: number): Field | undefined {
  const left = count > 2 * ENOUGH ? 0 : depth;
  const fields = Object.values(type.getFields()).filter((field) => isWritable(field, left));
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
  const pages = fields.filter(({ name }) => PAGE_FIELDS.has(name));
  const links = fields.filter(({ name }) => LINKS.has(name));
  const others = fields.filter((field) => !leaves.includes(field));
  if (fields.length === 0) return undefined;
  if (type.name === 'Sage200') {
    const known = fields.filter(({ name }) => FAVOURITES.includes(name));
    const name = choices.one(FAVOURITES);
    return choices.percent(80)
      ? (known.find((field) => field.name === name) ?? choices.one(known))
      : choices.one(fields);
  }
  if (links.length > 0 && choices.percent(linkShare)) return choices.one(links);
  if (pages.length > 0 && choices.percent(75)) return choices.one(pages);
  if (others.length > 0 && (leaves.length === 0 || choices.percent(35))) return choices.one(others);
  return choices.one(leaves.length > 0 ? leaves : fields);
}

function isWritable({ name, args, type }: Field, depth: number): boolean {
  if (LEFT_OUT.test(name)) return false;
  if (depth <= 0 && !isLeafType(getNamedType(type))) return false;
  // What the tenant's own operations need is beyond us.
  return args.filter(isRequiredArgument).every((argument) => ['_id', 'id', 'ids', 'selector'].includes(argument.name));
}

/** A field, now and then once more under the same key with another selection, which is to be merged. */
function writeTwice(field: Field, parent: Composite, writing: Writing, depth: number): string[] {
  const { choices } = writing;
  const isLeaf = isLeafType(getNamedType(field.type));
  const head = writeHead(field, writing);
  const write = () => {
    const text = `${head} ${writeDirective(writing)}${isLeaf ? '' : writeBelow(field, writing, depth)}`;
    return wrap(text.trim(), parent, writing);
  };
  return choices.percent(10) ? [write(), write()] : [write()];
}

function writeBelow(field: Field, writing: Writing, depth: number): string {
  const type = getNamedType(field.type);
  if (isObjectType(type) || isInterfaceType(type)) return writeSelection(type, writing, depth - 1);
  return '';
}

/** Alias, name and arguments. */
function writeHead(field: Field, writing: Writing): string {
  const { choices } = writing;
  const given = writeArguments(field, writing);
  // Without an alias, the same field with other arguments beside it would be refused; now and then it may.
  const isAliased = given === '' ? choices.percent(15) : choices.percent(92);
  writing.count += 1;
  const usual = choices.percent(4) ? choices.one(['__proto__', 'constructor', 'toString']) : `a${writing.count}`;
  return `${isAliased ? `${usual}: ` : ''}${field.name}${given}`;
}

function writeArguments({ name, args, type }: Field, all: Writing): string {
  const { choices, supplies } = all;
  const about = supplies.ofType.get(getNamedType(type).name.replace(/Connection$/, ''));
  const writing = about && choices.percent(88) ? { ...all, supplies: { ...supplies, ...about } } : all;
  const written = args.flatMap((argument) => {
    const share =
      argument.name === 'first'
        ? 92
        : /^(after|last|before)$/.test(argument.name)
          ? name.startsWith('query')
            ? 2
            : 12
          : 25;
    if (!isRequiredArgument(argument) && !choices.percent(share)) return [];
    return [`${argument.name}: ${writeValue(argument, writing)}`];
  });
  if (writing.isFaulty && choices.percent(2)) written.push('nothing: 1');
  return written.length > 0 ? `(${written.join(', ')})` : '';
}

/** As a literal, or as a variable: given, left to its default, or missing. */
export function writeValue({ name, type }: Pick<GraphQLArgument, 'name' | 'type'>, writing: Writing): string {
  const { choices, variables } = writing;
  const value = makeValue(type, name, writing);
  if (choices.percent(60)) return toLiteral(value, type);
  const variable = `v${variables.size}`;
  const text = String(type);
  const bare = text.replace(/!$/, '');
  const way = choices.weighted([
    [10, 'given'],
    [2, 'default'],
    [2, 'over the default'],
    [isNonNullType(type) && !writing.isFaulty ? 0 : 1, 'null over the default'],
    [isNonNullType(type) && !writing.isFaulty ? 0 : 1, 'missing'],
    [writing.isFaulty ? 1 : 0, 'of another type'],
  ] as const);
  const withDefault = `${bare} = ${toLiteral(value, type)}`;
  const other = makeValue(type, name, writing);
  if (way === 'given') variables.set(variable, { declaration: text, value, other });
  if (way === 'default') variables.set(variable, { declaration: withDefault, other });
  if (way === 'over the default') {
    variables.set(variable, { declaration: withDefault, value: makeValue(type, name, writing) });
  }
  if (way === 'null over the default') variables.set(variable, { declaration: withDefault, value: null });
  if (way === 'missing') variables.set(variable, { declaration: text, other });
  if (way === 'of another type')
    variables.set(variable, { declaration: choices.one(['Boolean', '[Int]', 'X']), value });
  return `$${variable}`;
}

function writeDirective(writing: Writing): string {
  const { choices, variables } = writing;
  if (!choices.percent(10)) return '';
  const name = choices.one(['include', 'skip']);
  const way = choices.one(['literal', 'literal', 'yes', 'no', 'usually', 'unset']);
  if (way === 'literal') return `@${name}(if: ${choices.one(['true', 'false'])}) `;
  if (way === 'yes') variables.set('yes', { declaration: 'Boolean!', value: true, other: choices.percent(50) });
  if (way === 'no') variables.set('no', { declaration: 'Boolean!', value: false, other: choices.percent(50) });
  if (way === 'usually') variables.set('usually', { declaration: 'Boolean! = true', other: choices.percent(50) });
  if (way === 'unset')
    variables.set('unset', {
      declaration: 'Boolean = false',
      value: choices.percent(50),
      other: choices.one([true, false, null]),
    });
  const both = name === 'skip' && choices.percent(10) ? '@include(if: true) ' : '';
  return `${both}@${name}(if: $${way}) `;
}

/** Plain, or in one of the kinds of fragments. */
function wrap(text: string, parent: Composite, writing: Writing): string {
  const { choices, fragments } = writing;
  const way = choices.weighted([
    [14, 'plain'],
    [0.7, 'untyped'],
    [0.7, 'typed'],
    [2, 'named'],
    [0.6, 'again'],
    [0.4, 'deeper'],
  ] as const);
  if (way === 'plain') return text;
  const known = fragments.filter(({ on }) => on === parent.name);
  if (way === 'again' && known.length === 0) return text;
  const directive = writeDirective(writing);
  if (way === 'untyped') return `... ${directive}{ ${text} }`;
  if (way === 'typed') return `... on ${parent.name} ${directive}{ ${text} }`;
  if (way === 'deeper') return `... { ... on ${parent.name} { ... ${directive}{ ${text} } } }`;
  if (way === 'again') return `${text} ...${choices.one(known).name} ${directive}`;
  const name = `F${fragments.length}`;
  const inner = known.length > 0 && choices.percent(30) ? `...${choices.one(known).name} ` : '';
  const isNode = isObjectType(parent) && parent.getInterfaces().some((each) => each.name === 'Node');
  const node = isNode && choices.percent(20) ? '... on Node { id } ' : '';
  fragments.push({ name, on: parent.name, text: `{ ${inner}${node}${text} }` });
  return `...${name} ${directive}`;
}
