import { type FieldNode, GraphQLError, print } from 'graphql';
import type { Erp } from '../../../subschemas/erp/index.ts';
import { canAsk, toErpFilter } from '../keys.ts';
import type { ErpTarget, GivenVariables, LinkEnd, LinkedRow, LinkedRows, LinkQuestion } from '../link.ts';
import { argument, asArray, field, fieldsAlong, integer, readAt, sortErrors, variable } from './nodes.ts';

/** Keys in one filter of the ERP: twice as many records are asked for, which is what clients in the field ask at most. */
const KEYS_IN_A_FILTER = 250;
/** Queries with an alias each in one document. */
const KEYS_IN_A_DOCUMENT = 100;
/** The page of a tenant's `query` when it is not told; said all the same, since releases may differ. */
const DEFAULT_PAGE = 20;

/** Records of a tenant, found by the filter of a node's `query`. */
export function createErpEnd(target: ErpTarget, erp: Erp): LinkEnd {
  return {
    keysAtOnce: target.many ? KEYS_IN_A_DOCUMENT : KEYS_IN_A_FILTER,
    canAsk: (key) => canAsk(key, target.keyKind),
    load: (question) => (target.many ? loadPages : loadNodes)({ erp, target, question }),
  };
}

interface Asking {
  readonly erp: Erp;
  readonly target: ErpTarget;
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
  const edges = asArray(readAt(data, at));
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
    const value = readAt(edge, ['node']);
    return {
      key: readAt(value, [key, ...target.keyPath.slice(1)]),
      value,
      name: `_id ${String(readAt(value, [id]))}`,
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
      value: readAt(data, [...at, aliases[index] ?? '']) ?? null,
      name: '',
      errors: [...(sorted.below.get(index) ?? []), ...sorted.others],
    }),
  );
  return toRows(asking, rows, sorted.others);
}

const toRows = (
  { target, question: { context, scope } }: Asking,
  rows: readonly LinkedRow[],
  errors: readonly GraphQLError[],
): LinkedRows => ({
  rows,
  errors,
  scope,
  place: `${target.package}.${target.node} of ERP tenant "${context.tenant}"`,
  source: `erp:${context.tenant}`,
});

async function ask({ erp, target, question }: Asking, queries: readonly FieldNode[], given: GivenVariables) {
  const { context, deadlineAt, onDiagnoses, toDocument } = question;
  const { document, variables } = toDocument(fieldsAlong([target.package, target.node], queries), given);
  context.calls.take();
  const request = { kind: 'query', query: print(document), variables } as const;
  const result = await erp.execute(context.tenant ?? '', request, { signal: context.signal, deadlineAt });
  const said = result.extensions?.['diagnoses'];
  if (Array.isArray(said)) onDiagnoses(said);
  const errors = (result.errors ?? []).map(
    ({ message, path, extensions }) => new GraphQLError(message, { path: path ?? null, extensions: { ...extensions } }),
  );
  return { data: result.data, errors };
}
