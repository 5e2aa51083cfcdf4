import {
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedOutputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isLeafType,
  isListType,
  isObjectType,
  print,
} from 'graphql';
import {
  canAsk,
  type FoundEnd,
  type GivenVariables,
  type KeyKind,
  type KeyMatch,
  type LinkEnds,
  type LinkedRow,
  type LinkedRows,
  type LinkKey,
  type LinkQuestion,
  type LinkTarget,
  spellingsOf,
  type WantedEnd,
} from '../../graph/subschema.ts';
import { argument, asArray, field, fieldsAlong, integer, sortErrors, variable } from '../../kit/graphql-nodes.ts';
import { memberAt } from '../../kit/json.ts';
import type { Erp } from './create-erp.ts';

/** Keys in one filter of the ERP: twice as many records are asked for, which is what clients in the field ask at most. */
const KEYS_IN_A_FILTER = 250;
/** Queries with an alias each in one document. */
const KEYS_IN_A_DOCUMENT = 100;
/** The page of a tenant's `query` when it is not told; said all the same, since releases may differ. */
const DEFAULT_PAGE = 20;

/** The tenants' side of links: nodes, found by the filter of their `query`. */
export const createErpLinkEnds = (erp: Erp): LinkEnds => ({
  find(wanted, schema) {
    const node = findNode(wanted, schema);
    if (typeof node === 'string') return node;
    return { typeName: node.nodeType.name, keyPath: node.keyPath, target: toTarget(node, erp) } satisfies FoundEnd;
  },
});

/** Nodes of a tenant by a key. */
interface NodesByKey {
  readonly package: string;
  readonly node: string;
  readonly nodeType: GraphQLObjectType;
  /** What the node's `query` answers: `edges`, `totalCount` and so on. */
  readonly pageType: GraphQLObjectType;
  readonly query: GraphQLField<unknown, unknown>;
  readonly keyPath: readonly string[];
  readonly keyKind: KeyKind;
  readonly many: boolean;
}

function toTarget(nodes: NodesByKey, erp: Erp): LinkTarget {
  const { many, keyPath, keyKind, query } = nodes;
  const what = many ? 'Records' : 'The record';
  const pageArguments = query.args.filter(({ name }) => name !== 'filter');
  return {
    side: 'hosted',
    typeName: (many ? nodes.pageType : nodes.nodeType).name,
    args: many
      ? Object.fromEntries(
          pageArguments.map(({ name, type, description, defaultValue }) => [name, { type, description, defaultValue }]),
        )
      : {},
    describe: (from) =>
      `${what} of ${nodes.package}.${nodes.node} of the ERP tenant whose \`${keyPath.join('.')}\` is this record's \`${from.join('.')}\`.`,
    isScoped: false,
    keysAtOnce: many ? KEYS_IN_A_DOCUMENT : KEYS_IN_A_FILTER,
    canAsk: (key) => canAsk(key, keyKind),
    load: (question) => (many ? loadPages : loadNodes)({ erp, target: nodes, question }),
  };
}

interface Asking {
  readonly erp: Erp;
  readonly target: NodesByKey;
  readonly question: LinkQuestion;
}

/** One record a key: one filter for all of them. */
async function loadNodes(asking: Asking): Promise<LinkedRows> {
  const { target, question } = asking;
  const { keys, match, prefix, selections } = question;
  const [filter, first, id, key] = [`${prefix}filter`, `${prefix}first`, `${prefix}row`, `${prefix}found`];
  const below = [fieldsAlong(target.keyPath, undefined, key), field('_id', { alias: id }), ...selections];
  const given = [argument('filter', variable(filter)), argument('first', variable(first))];
  const query = field('query', { given, below: [field('edges', { below: [field('node', { below })] })] });
  const top = keys.length * 2;
  const { data, errors } = await ask(asking, [query], {
    given: { [filter]: toErpFilter(keys, target.keyPath, { match, kind: target.keyKind }), [first]: top },
    types: { [filter]: 'String', [first]: 'Int' },
  });
  const at = [target.package, target.node, 'query', 'edges'];
  const edges = asArray(memberAt(data, at));
  // Sharing a key is rare; so many that they fill the page leave others unseen.
  if (edges.length >= top && keys.length > 1) {
    const half = Math.ceil(keys.length / 2);
    const halves = [keys.slice(0, half), keys.slice(half)];
    const parts = await Promise.all(
      halves.map((part) => loadNodes({ ...asking, question: { ...question, keys: part } })),
    );
    return toRows(
      asking,
      parts.flatMap(({ rows }) => rows),
      parts.flatMap((part) => part.errors),
    );
  }
  const sorted = sortErrors(errors, at, ([index, node, ...rest]) =>
    node === 'node' ? { index: Number(index), rest } : undefined,
  );
  const rows = edges.map((edge, index): LinkedRow => {
    const value = memberAt(edge, ['node']);
    return {
      key: memberAt(value, [key, ...target.keyPath.slice(1)]),
      value,
      name: `_id ${String(memberAt(value, [id]))}`,
      errors: sorted.below.get(index) ?? [],
    };
  });
  return toRows(asking, rows, sorted.others);
}

/** Any number of records a key: one document with a query for each, so that `first` is each one's own. */
async function loadPages(asking: Asking): Promise<LinkedRows> {
  const { target, question } = asking;
  const { keys, match, prefix, selections: below, written } = question;
  const isPaged = written.some(({ name }) => name.value === 'first' || name.value === 'last');
  const paging = isPaged ? written : [...written, argument('first', integer(DEFAULT_PAGE))];
  const aliases = keys.map((_, index) => `${prefix}${index}`);
  const filters = keys.map((key, index): [string, string] => [
    `${prefix}filter${index}`,
    toErpFilter([key], target.keyPath, { match, kind: target.keyKind }),
  ]);
  const queries = filters.map(([name], index) =>
    field('query', { given: [argument('filter', variable(name)), ...paging], below, alias: aliases[index] }),
  );
  const { data, errors } = await ask(asking, queries, {
    given: Object.fromEntries(filters),
    types: Object.fromEntries(filters.map(([name]) => [name, 'String'])),
  });
  const at = [target.package, target.node];
  const sorted = sortErrors(errors, at, ([alias, ...rest]) => ({ index: aliases.indexOf(String(alias)), rest }));
  const rows = keys.map(
    ({ raw }, index): LinkedRow => ({
      key: raw,
      value: memberAt(data, [...at, aliases[index] ?? '']) ?? null,
      name: '',
      errors: [...(sorted.below.get(index) ?? []), ...sorted.others],
    }),
  );
  return toRows(asking, rows, sorted.others);
}

const toRows = (
  { target, question: { tenant, scope } }: Asking,
  rows: readonly LinkedRow[],
  errors: readonly GraphQLError[],
): LinkedRows => ({
  rows,
  errors,
  scope,
  place: `${target.package}.${target.node} of ERP tenant "${tenant}"`,
  source: `erp:${tenant}`,
});

async function ask({ erp, target, question }: Asking, queries: readonly FieldNode[], given: GivenVariables) {
  const { context, tenant, onDiagnoses, toDocument } = question;
  const { signal, deadlineAt, calls: holder } = context;
  const { document, variables } = toDocument(fieldsAlong([target.package, target.node], queries), given);
  context.calls.take();
  const request = { kind: 'query', query: print(document), variables } as const;
  const result = await erp.execute(tenant, request, { signal, deadlineAt, holder });
  const said = result.extensions?.['diagnoses'];
  if (Array.isArray(said)) onDiagnoses(said);
  const errors = (result.errors ?? []).map(
    ({ message, path, extensions }) => new GraphQLError(message, { path: path ?? null, extensions: { ...extensions } }),
  );
  return { data: result.data, errors };
}

/**
 * The text of a tenant's filter for these keys. Strict JSON, which the tenant reads as well as its own relaxed form,
 * so no key can end a text or begin an operator.
 */
export function toErpFilter(
  keys: readonly LinkKey[],
  path: readonly string[],
  { match, kind }: { readonly match: KeyMatch; readonly kind: KeyKind },
): string {
  const condition = toCondition(keys, match, kind);
  return JSON.stringify(path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), condition));
}

function toCondition(keys: readonly LinkKey[], match: KeyMatch, kind: KeyKind): unknown {
  if (kind === 'number') return { _in: keys.map(({ text }) => Number(text)) };
  if (match === 'exact') return { _in: keys.flatMap((key) => spellingsOf(key, match)) };
  // No option of `_regex` for the case is documented, so each letter stands in both.
  return { _regex: `^\\s*(${keys.map(({ text }) => [...text].map(eitherCase).join('')).join('|')})\\s*$` };
}

function eitherCase(character: string): string {
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
  if (lower !== upper && [...lower].length === 1 && [...upper].length === 1) return `[${lower}${upper}]`;
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

function findNode({ at: to, key = '', many }: WantedEnd, erp: GraphQLSchema): NodesByKey | string {
  const [packageName = '', nodeName = ''] = to.split('.');
  const operations = follow(follow(erp.getQueryType(), packageName), nodeName);
  if (!operations) return `the tenant has no ${to}`;
  const query = operations.getFields()['query'];
  const nodeType = query && nodeOf(query);
  const pageType = query && getNamedType(query.type);
  // Containers are found by shape: their names differ between the vendor's products.
  if (!query?.args.some(({ name }) => name === 'filter') || !nodeType || !isObjectType(pageType))
    return `${to} of the tenant has no query with a filter`;
  const keyKind = keyKindOf(nodeType, key);
  if (!keyKind) return `${nodeType.name} of the tenant has no plain value at ${key}`;
  const keyPath = key.split('.');
  return {
    package: packageName,
    node: nodeName,
    nodeType,
    pageType,
    query,
    keyPath,
    keyKind,
    many,
  };
}

function follow(type: GraphQLObjectType | null | undefined, name: string): GraphQLObjectType | undefined {
  const next = getNamedType(type?.getFields()[name]?.type);
  return isObjectType(next) ? next : undefined;
}

function nodeOf({ type }: GraphQLField<unknown, unknown>): GraphQLObjectType | undefined {
  const page = getNamedType(type);
  const edges = isObjectType(page) ? page.getFields()['edges'] : undefined;
  return edges && hasList(edges.type) ? follow(asObject(edges.type), 'node') : undefined;
}

const asObject = (type: GraphQLOutputType): GraphQLObjectType | undefined => {
  const named = getNamedType(type);
  return isObjectType(named) ? named : undefined;
};

const hasList = (type: GraphQLOutputType): boolean => isListType(type) || ('ofType' in type && isListType(type.ofType));

const NUMBERS = new Set(['Int', 'Float', 'Decimal', 'IntOrString']);

function keyKindOf(type: GraphQLObjectType, path: string): KeyKind | undefined {
  let current: GraphQLObjectType | undefined = type;
  const names = path.split('.');
  for (const [index, name] of names.entries()) {
    const field: GraphQLField<unknown, unknown> | undefined = current?.getFields()[name];
    if (!field || hasList(field.type)) return undefined;
    const named: GraphQLNamedOutputType = getNamedType(field.type);
    if (index < names.length - 1) current = isObjectType(named) ? named : undefined;
    else if (isLeafType(named)) return NUMBERS.has(named.name) ? 'number' : 'text';
  }
  return undefined;
}
