// Longer than most, and one thing: how the far ends of links are asked for, in as few requests as there can be.
import {
  type ArgumentNode,
  type FieldNode,
  GraphQLError,
  isLeafType,
  isObjectType,
  Kind,
  OperationTypeNode,
  parseType,
  print,
  type SelectionSetNode,
  type VariableDefinitionNode,
} from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Erp } from '../../subschemas/erp/index.ts';
import { executeDocument } from '../execution/execute-document.ts';
import type { GatewayContext } from '../graph.ts';
import type { OperationShape } from '../operation/classify-operation.ts';
import { extractDocument } from '../operation/extract-document.ts';
import { argumentValue, type Variables } from '../operation/plan-operation.ts';
import { type DocumentLinks, toField } from './document-links.ts';
import {
  type Company,
  type Found,
  Grafter,
  type Load,
  type Path,
  type SelectedLink,
  type Stem,
  toText,
} from './graft.ts';
import { canAsk, type LinkKey, sage200Values, toErpFilter, toKey } from './keys.ts';
import type { ErpTarget, LinkField, Sage200Target } from './link.ts';

export interface LinkRun {
  readonly links: DocumentLinks;
  readonly shape: OperationShape;
  readonly variables: Variables;
  readonly context: GatewayContext;
  readonly tenant: string;
  readonly erp: Erp;
  /** Epoch ms, the operation's. */
  readonly deadlineAt: number;
  /** Takes the tenant's diagnoses of what links asked. */
  readonly onDiagnoses: (diagnoses: readonly unknown[]) => void;
}

/** Keys in one filter of the ERP: twice as many records are asked for, which is what clients in the field ask at most. */
const KEYS_IN_A_FILTER = 250;
/** Queries with an alias each in one document. */
const KEYS_IN_A_DOCUMENT = 100;
/** Requests that one link field sends side by side. */
const REQUESTS_AT_ONCE = 4;
/** Rows in one page of Sage 200 at most. */
const MAX_ROWS = 5_000;
/** The page of a tenant's `query` when it is not told; said all the same, since releases may differ. */
const DEFAULT_PAGE = 20;

/** Fills in the link fields of one operation's answers. */
export function createGrafter(run: LinkRun): Grafter {
  const grafter: Grafter = new Grafter(
    run.links,
    run.shape,
    run.variables,
    load(() => grafter),
  );
  return grafter;

  function load(grafted: () => Grafter): Load {
    return async (field, keys, company) => {
      const { target } = field.link;
      try {
        switch (target.kind) {
          case 'absent':
            throw await absence(run);
          case 'sage200':
            return await loadRows(run, grafted(), { field, target, company }, keys);
          case 'erp': {
            const asking = { field, target, company };
            const size = target.many ? KEYS_IN_A_DOCUMENT : KEYS_IN_A_FILTER;
            const ask = target.many ? loadPages : loadNodes;
            const chunks = inChunks(
              keys.filter((key) => canAsk(key, target.keyKind)),
              size,
            );
            const found = await atOnce(chunks, (chunk) => allFailing(chunk, () => ask(run, grafted(), asking, chunk)));
            return new Map(found.flatMap((part) => [...part]));
          }
        }
      } catch (error) {
        return failing(keys, error);
      }
    };
  }
}

type Answers = Map<string, Found | GatewayError>;

interface Asking<Target> {
  readonly field: SelectedLink;
  readonly target: Target;
  readonly company: Company | undefined;
}

async function absence({ erp, tenant }: LinkRun): Promise<GatewayError> {
  const source = `erp:${tenant}` as const;
  const message = `The schema of ERP tenant "${tenant}" came only now. Ask again.`;
  return erp.schemaOf(tenant).then(
    () => new GatewayError('UPSTREAM_UNAVAILABLE', message, { source, retryAfter: 1 }),
    (error: unknown) => {
      if (error instanceof GatewayError) return error;
      throw error;
    },
  );
}

/** One record a key: one filter for all of them. */
async function loadNodes(
  run: LinkRun,
  grafter: Grafter,
  asking: Asking<ErpTarget>,
  keys: readonly LinkKey[],
): Promise<Answers> {
  const { field, target, company } = asking;
  const { link, sets } = field;
  const { links, tenant } = run;
  const [filter, first, id] = [`${links.prefix}filter`, `${links.prefix}first`, `${links.prefix}row`];
  const keyAlias = links.keyAlias(target);
  const node = fieldOf('node', [], {
    kind: Kind.SELECTION_SET,
    selections: [toField(target.keyPath, keyAlias), toField(['_id'], id), ...stripped(run, sets, target.nodeType)],
  });
  const query = fieldOf(
    'query',
    [variable('filter', filter), variable('first', first)],
    selecting([fieldOf('edges', [], selecting([node]))]),
  );
  const top = keys.length * 2;
  const given = {
    [filter]: toErpFilter(keys, target.keyPath, { match: link.match, kind: target.keyKind }),
    [first]: top,
  };
  const types = { [filter]: 'String', [first]: 'Int' };
  const { data, errors } = await askErp(run, target, [query], { given, types });
  const edges = asArray(readAt(data, [target.package, target.node, 'query', 'edges']));
  // Sharing a key is rare; so many that they fill the page leave others unseen.
  if (edges.length >= top && keys.length > 1) {
    const half = Math.ceil(keys.length / 2);
    const parts = [keys.slice(0, half), keys.slice(half)].map((part) => loadNodes(run, grafter, asking, part));
    return new Map((await Promise.all(parts)).flatMap((part) => [...part]));
  }
  const rows = edges.map((edge) => readAt(edge, ['node']));
  const { below, others } = sortErrors(errors, [target.package, target.node, 'query', 'edges'], (path) =>
    path[1] === 'node' ? { index: Number(path[0]), rest: path.slice(2) } : undefined,
  );
  const keyOf = (row: unknown) => toKey(readAt(row, [keyAlias, ...target.keyPath.slice(1)]), link.match);
  const describe = (row: unknown) => `_id ${String(readAt(row, [id]))}`;
  const place = `${target.package}.${target.node} of ERP tenant "${tenant}"`;
  return answersOf(
    grafter,
    { rows, keys, keyOf, describe, place, source: `erp:${tenant}`, below, others, link },
    (value, errorsBelow) => ({
      value,
      type: target.nodeType,
      sets,
      company,
      errors: errorsBelow,
    }),
  );
}

/** Any number of records a key: one document with a query for each, so that `first` is each one's own. */
async function loadPages(
  run: LinkRun,
  grafter: Grafter,
  { field, target, company }: Asking<ErpTarget>,
  keys: readonly LinkKey[],
): Promise<Answers> {
  const { link, nodes, sets } = field;
  const { prefix } = run.links;
  const selections = stripped(run, sets, target.pageType);
  const written = nodes[0]?.arguments ?? [];
  const isPaged = written.some(({ name }) => name.value === 'first' || name.value === 'last');
  const paging = isPaged ? written : [...written, number('first', DEFAULT_PAGE)];
  const alias = (index: number) => `${prefix}${index}`;
  const queries = keys.map((_, index) =>
    fieldOf(
      'query',
      [variable('filter', `${prefix}filter${index}`), ...paging],
      { kind: Kind.SELECTION_SET, selections },
      alias(index),
    ),
  );
  const given = Object.fromEntries(
    keys.map((key, index) => [
      `${prefix}filter${index}`,
      toErpFilter([key], target.keyPath, { match: link.match, kind: target.keyKind }),
    ]),
  );
  const types = Object.fromEntries(Object.keys(given).map((name) => [name, 'String']));
  const { data, errors } = await askErp(run, target, queries, { given, types });
  const { below, others } = sortErrors(errors, [target.package, target.node], (path) => ({
    index: keys.findIndex((_, index) => alias(index) === path[0]),
    rest: path.slice(1),
  }));
  const pages = keys.map((_, index) => readAt(data, [target.package, target.node, alias(index)]) ?? null);
  const stems = pages.map(
    (value, index): Stem => ({
      value,
      type: target.pageType,
      sets,
      company,
      errors: [...(below.get(index) ?? []), ...others],
    }),
  );
  const values = await grafter.values(stems);
  return new Map(
    keys.map((key, index) => [key.id, { value: values[index] ?? null, errors: stems[index]?.errors ?? [] }]),
  );
}

/** Rows of Sage 200, by its own list: the engine cuts long filters into as many requests as they need. */
async function loadRows(
  run: LinkRun,
  grafter: Grafter,
  { field, target, company }: Asking<Sage200Target>,
  keys: readonly LinkKey[],
): Promise<Answers> {
  const { link, nodes, sets } = field;
  const { links, shape, variables, context } = run;
  const rowType = links.schema.getType(target.typeName);
  if (!isObjectType(rowType)) throw new Error(`${link.name} leads to ${target.typeName}, which is no type of rows.`);
  const keyType = links.schema.getType(target.keyType);
  if (!isLeafType(keyType)) throw new Error(`${link.name} looks for a ${target.keyType}, which is not a plain value.`);
  const valuesOf = (key: LinkKey) => sage200Values(key, { match: link.match, kind: target.keyKind, type: keyType });
  const asked = keys.filter((key) => valuesOf(key).length > 0);
  if (asked.length === 0) return new Map();
  const names = {
    keys: `${links.prefix}keys`,
    site: `${links.prefix}site`,
    company: `${links.prefix}company`,
    id: `${links.prefix}row`,
  };
  const [own] = nodes;
  const chosen = (name: 'site' | 'company') => own && toText(argumentValue(own, name, shape, variables));
  const [site, ofCompany] = [chosen('site'), chosen('company')];
  const scope: Company = site === undefined && ofCompany === undefined ? (company ?? {}) : { site, company: ofCompany };
  const keyAlias = links.keyAlias({ keyPath: [target.keyField] });
  const row = fieldOf('nodes', [], {
    kind: Kind.SELECTION_SET,
    selections: [
      toField([target.keyField], keyAlias),
      ...(target.hasSageId ? [toField(['sageId'], names.id)] : []),
      ...stripped(run, sets, rowType),
    ],
  });
  const among = object(
    target.keyField,
    object('in', { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: names.keys } }),
  );
  const list = fieldOf(
    target.listField,
    [number('first', MAX_ROWS), { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'filter' }, value: among }],
    selecting([row]),
  );
  const root = fieldOf(
    'sage200',
    [variable('site', names.site), variable('company', names.company)],
    selecting([list]),
  );
  const extract = documentOf(run, root, {
    given: { [names.keys]: asked.flatMap(valuesOf), [names.site]: scope.site, [names.company]: scope.company },
    types: { [names.keys]: `[${target.keyType}!]`, [names.site]: 'ID', [names.company]: 'ID' },
  });
  const result = await executeDocument({ ...extract, schema: links.schema, context });
  const rows = asArray(readAt(result.data, ['sage200', target.listField, 'nodes']));
  const { below, others } = sortErrors(result.errors ?? [], ['sage200', target.listField, 'nodes'], (path) => ({
    index: Number(path[0]),
    rest: path.slice(1),
  }));
  return answersOf(
    grafter,
    {
      rows,
      keys: asked,
      keyOf: (each) => toKey(readAt(each, [keyAlias]), link.match),
      describe: (each) => `id ${String(readAt(each, [names.id]) ?? 'unknown')}`,
      place: `${target.listField} of Sage 200`,
      source: 'sage200',
      below,
      others,
      link,
    },
    (value, errors) => ({ value, type: rowType, sets, company: scope, errors }),
  );
}

interface Rows {
  readonly rows: readonly unknown[];
  readonly keys: readonly LinkKey[];
  readonly keyOf: (row: unknown) => LinkKey | undefined;
  /** Names a row to a person. */
  readonly describe: (row: unknown) => string;
  readonly place: string;
  readonly source: 'sage200' | `erp:${string}`;
  readonly below: ReadonlyMap<number, readonly GraphQLError[]>;
  /** Errors of no row: they are those of every key that was not found. */
  readonly others: readonly GraphQLError[];
  readonly link: LinkField;
}

async function answersOf(
  grafter: Grafter,
  found: Rows,
  toStem: (row: unknown, errors: GraphQLError[]) => Stem,
): Promise<Answers> {
  const { rows, keys, keyOf, describe, place, source, below, others, link } = found;
  const byKey = new Map<string, number[]>();
  for (const [index, row] of rows.entries()) {
    const key = keyOf(row);
    if (key) byKey.set(key.id, [...(byKey.get(key.id) ?? []), index]);
  }
  const wanted = keys.map(({ id }) => byKey.get(id)?.[0]).filter((index) => index !== undefined);
  const stems = new Map(wanted.map((index) => [index, toStem(rows[index], [...(below.get(index) ?? [])])]));
  const values = await grafter.values([...stems.values()]);
  const valueAt = new Map([...stems.keys()].map((index, position) => [index, values[position]]));
  return new Map(
    keys.map((key): [string, Found | GatewayError] => {
      const [index, second] = byKey.get(key.id) ?? [];
      if (index === undefined) return [key.id, { value: null, errors: others }];
      if (second !== undefined) {
        const both = `${describe(rows[index])} and ${describe(rows[second])}`;
        const message = `${link.name} leads to two records of ${place} with the key “${key.text.slice(0, 80)}”: ${both}. Give one of them another key.`;
        return [key.id, new GatewayError('UPSTREAM_REJECTED', message, { source })];
      }
      return [key.id, { value: valueAt.get(index) ?? null, errors: stems.get(index)?.errors ?? [] }];
    }),
  );
}

interface Given {
  /** Values of variables of ours. */
  readonly given: Variables;
  /** Their GraphQL types. */
  readonly types: Readonly<Record<string, string>>;
}

async function askErp(run: LinkRun, target: ErpTarget, queries: readonly FieldNode[], given: Given) {
  const root = fieldOf(target.package, [], selecting([fieldOf(target.node, [], selecting(queries))]));
  const { document, variables } = documentOf(run, root, given);
  const { erp, tenant, context, deadlineAt, onDiagnoses } = run;
  context.calls.take();
  const result = await erp.execute(
    tenant,
    { kind: 'query', query: print(document), variables },
    { signal: context.signal, deadlineAt },
  );
  const said = result.extensions?.['diagnoses'];
  if (Array.isArray(said)) onDiagnoses(said);
  const errors = (result.errors ?? []).map(
    ({ message, path, extensions }) => new GraphQLError(message, { path: path ?? null, extensions: { ...extensions } }),
  );
  return { data: result.data, errors };
}

/** A query of one root field with the caller's fragments and variables, as far as it uses them, and variables of ours. */
function documentOf({ shape, links, variables }: LinkRun, root: FieldNode, { given, types }: Given) {
  const definitions = Object.entries(types).map(
    ([name, type]): VariableDefinitionNode => ({
      kind: Kind.VARIABLE_DEFINITION,
      variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
      type: parseType(type),
    }),
  );
  const { name: _name, ...operation } = shape.operation;
  return extractDocument(
    {
      ...shape,
      fragments: links.fragments,
      operation: {
        ...operation,
        operation: OperationTypeNode.QUERY,
        variableDefinitions: [...(shape.operation.variableDefinitions ?? []), ...definitions],
      },
    },
    [root],
    { ...variables, ...given },
  );
}

const stripped = ({ links }: LinkRun, sets: readonly SelectionSetNode[], type: ErpTarget['nodeType']) =>
  sets.flatMap((set) => links.withoutLinks(set, type).selections);

/** Errors by the row they are below of, with paths that begin at it, and those of none. */
function sortErrors(
  errors: readonly GraphQLError[],
  prefix: Path,
  locate: (path: Path) => { readonly index: number; readonly rest: Path } | undefined,
) {
  const below = new Map<number, GraphQLError[]>();
  const others: GraphQLError[] = [];
  for (const error of errors) {
    const { path, message, extensions, originalError } = error;
    const isBelow =
      path !== undefined && path.length > prefix.length && prefix.every((part, index) => path[index] === part);
    const place = isBelow ? locate(path.slice(prefix.length)) : undefined;
    const more = { extensions, ...(originalError && { originalError }) };
    if (!place || !(place.index >= 0)) others.push(new GraphQLError(message, more));
    else
      below.set(place.index, [
        ...(below.get(place.index) ?? []),
        new GraphQLError(message, { path: place.rest, ...more }),
      ]);
  }
  return { below, others };
}

const failing = (keys: readonly LinkKey[], error: unknown): Answers => {
  // A fault of ours is nobody's failure: it ends the operation.
  if (!(error instanceof GatewayError)) throw error;
  return new Map(keys.map(({ id }) => [id, error]));
};

const allFailing = (keys: readonly LinkKey[], work: () => Promise<Answers>): Promise<Answers> =>
  work().catch((error: unknown) => failing(keys, error));

function inChunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

async function atOnce<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  const left = items.entries();
  const take = async () => {
    for (const [index, item] of left) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(REQUESTS_AT_ONCE, items.length) }, take));
  return results;
}

function fieldOf(
  name: string,
  given: readonly ArgumentNode[],
  selectionSet?: SelectionSetNode,
  alias?: string,
): FieldNode {
  return {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: name },
    ...(alias !== undefined && { alias: { kind: Kind.NAME, value: alias } }),
    arguments: given,
    ...(selectionSet && { selectionSet }),
  };
}

const selecting = (selections: readonly FieldNode[]): SelectionSetNode => ({ kind: Kind.SELECTION_SET, selections });

const variable = (name: string, from: string): ArgumentNode => ({
  kind: Kind.ARGUMENT,
  name: { kind: Kind.NAME, value: name },
  value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: from } },
});

const number = (name: string, value: number): ArgumentNode => ({
  kind: Kind.ARGUMENT,
  name: { kind: Kind.NAME, value: name },
  value: { kind: Kind.INT, value: String(value) },
});

const object = (name: string, value: ObjectFieldValue): ObjectFieldValue & { kind: Kind.OBJECT } => ({
  kind: Kind.OBJECT,
  fields: [{ kind: Kind.OBJECT_FIELD, name: { kind: Kind.NAME, value: name }, value }],
});

type ObjectFieldValue = ArgumentNode['value'];

function readAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) =>
      typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[name] : undefined,
    value,
  );
}

const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
