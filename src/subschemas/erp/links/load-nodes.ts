import { GraphQLError } from 'graphql';
import { type LinkedRow, type LinkedRows, type LinkKey, type LinkQuery, toKey } from '../../../graph/subschema.ts';
import { argument, asArray, field, fieldsAlong, sortErrors, variable } from '../../../kit/graphql-nodes.ts';
import { memberAt } from '../../../kit/json.ts';
import { type Asking, notKnown, toRows } from './ask-nodes.ts';
import { toErpFilter } from './erp-filter.ts';
import { DEFAULT_PAGE, smallerPage } from './page-sizes.ts';

/**
 * Finds one record for each key, with one filter for all keys that is read to the end. The result is one or two records for each key;
 * for a key without a record, it is certain that there is none, or there is an error.
 */
export async function loadNodes(asking: Asking): Promise<LinkedRows> {
  const rows: LinkedRow[] = [];
  const errors: GraphQLError[] = [];
  for (let next: Step | undefined = { keys: asking.question.keys, after: undefined, rows: [] }; next; ) {
    const step: Step = next;
    const page = await readPage(asking, step);
    errors.push(...page.errors);
    const read = { ...step, rows: [...step.rows, ...page.rows] };
    const { settled, step: following, halves, unknown } = goOn(asking, read, page);
    rows.push(...settled);
    if (unknown !== undefined) errors.push(notKnown(asking, unknown));
    if (halves) {
      const parts = await Promise.all(halves.map((keys) => loadNodes(withKeys(asking, keys))));
      rows.push(...parts.flatMap((part) => part.rows));
      errors.push(...parts.flatMap((part) => part.errors));
    }
    next = following;
  }
  return toRows(asking, rows, errors);
}

const withKeys = (asking: Asking, keys: readonly LinkKey[]): Asking => ({
  ...asking,
  question: { ...asking.question, keys },
});

/** A page to be read. */
interface Step {
  readonly keys: readonly LinkKey[];
  readonly after: string | undefined;
  /** Rows of earlier pages with the same keys. */
  readonly rows: readonly LinkedRow[];
  /** Rows of the previous page, if it did not say whether there are more. */
  readonly doubted?: number;
}

interface Page {
  readonly rows: readonly LinkedRow[];
  /** Of no row. */
  readonly errors: readonly GraphQLError[];
  /** Undefined if the tenant does not say, null if there is no page at all. */
  readonly hasMore: boolean | undefined | null;
  readonly cursor: string | undefined;
}

/** What to do after a page, and the rows that are final. */
interface Course {
  readonly settled: readonly LinkedRow[];
  readonly step?: Step;
  readonly halves?: readonly (readonly LinkKey[])[];
  /** Why no more can be determined. */
  readonly unknown?: string;
}

function goOn(asking: Asking, { keys, after, rows }: Step, { rows: latest, hasMore, cursor }: Page): Course {
  const { sizes, target, question } = asking;
  const mayHaveMore = hasMore ?? !sizes.isShort(question.tenant, latest.length);
  if (hasMore === null || !mayHaveMore) return { settled: rows };
  const count = countByKey(rows, question.match);
  if (hasMore === undefined) {
    const missing = keys.filter(({ id }) => !count.has(id));
    if (missing.length === 0) return { settled: rows };
    // The tenant does not say whether there are more: query again for keys without a record.
    if (missing.length < keys.length)
      return { settled: rows, step: { keys: missing, after: undefined, rows: [], doubted: latest.length } };
    return { settled: rows, unknown: 'answered with other records, and does not say whether there are more' };
  }
  const open = keys.filter(({ id }) => (count.get(id) ?? 0) < 2);
  if (open.length === 0) return { settled: rows };
  // A key that several records share is already an error; thousands of them must not be read because of other keys.
  if (open.length < keys.length) {
    const isShared = ({ key }: LinkedRow) => (count.get(toKey(key, question.match)?.id ?? '') ?? 0) >= 2;
    return { settled: rows.filter(isShared), step: { keys: open, after: undefined, rows: [] } };
  }
  if (target.paging.after && cursor !== undefined && cursor !== after && latest.length > 0)
    return { settled: [], step: { keys, after: cursor, rows } };
  if (keys.length === 1)
    return { settled: rows, unknown: 'says that there are more records, and not how to read them' };
  const half = Math.ceil(keys.length / 2);
  return { settled: [], halves: [keys.slice(0, half), keys.slice(half)] };
}

function countByKey(rows: readonly LinkedRow[], match: Asking['question']['match']): ReadonlyMap<string, number> {
  const count = new Map<string, number>();
  for (const { key } of rows) {
    const { id = '' } = toKey(key, match) ?? {};
    count.set(id, (count.get(id) ?? 0) + 1);
  }
  return count;
}

/** Reads the page, and a smaller one if the tenant says that it is too large. */
async function readPage(asking: Asking, step: Step): Promise<Page> {
  const { target, question, sizes } = asking;
  const { tenant } = question;
  const { first: hasFirst, hasNextPage, totalCount } = target.paging;
  const count = step.keys.length;
  // Twice as many rows reveal shared keys; that is enough if the tenant itself says whether there are more.
  const wanted = hasNextPage || totalCount ? Math.max(count, Math.min(count * 2, DEFAULT_PAGE)) : count * 2;
  for (let first = sizes.firstFor(tenant, wanted), wasRefused = false; ; wasRefused = true) {
    const { data, errors } = await question.ask(
      queryOf(asking, step.after !== undefined),
      givenOf(asking, step, first),
    );
    const answer = memberAt(data, [target.package, target.node, 'query']);
    const isPage = Array.isArray(memberAt(answer, ['edges']));
    const smaller =
      isPage || !hasFirst
        ? undefined
        : smallerPage(
            errors.map(({ message }) => message),
            first,
          );
    if (smaller !== undefined) {
      first = smaller;
      continue;
    }
    if (!isPage) {
      return {
        rows: [],
        errors: errors.length > 0 ? sorted(asking, errors).others : [notKnown(asking, 'answered without a page')],
        hasMore: null,
        cursor: undefined,
      };
    }
    if (wasRefused) sizes.accept(tenant, first);
    const page = toPage(asking, answer, errors, step);
    if (step.doubted !== undefined && page.rows.length > 0) sizes.see(tenant, step.doubted, true);
    sizes.see(tenant, page.rows.length, page.hasMore === true && page.rows.length < first);
    return page;
  }
}

/** @param isLater whether it goes on behind another page */
const queryOf = ({ target, question: { prefix, selections } }: Asking, isLater: boolean): LinkQuery => ({
  name: isLater ? 'a later page' : 'a page',
  make() {
    const { paging, filterType } = target;
    const variables = [
      { of: 'filter', type: filterType },
      ...(paging.first ? [{ of: 'first', type: paging.first.type }] : []),
      ...(paging.after && isLater ? [{ of: 'after', type: paging.after.type }] : []),
    ];
    const node = [
      fieldsAlong(target.keyPath, undefined, `${prefix}found`),
      ...(target.hasId ? [field('_id', { alias: `${prefix}row` })] : []),
      ...selections,
    ];
    const info = [
      ...(paging.hasNextPage ? [field('hasNextPage')] : []),
      ...(paging.endCursor ? [field('endCursor')] : []),
    ];
    const cursor = paging.cursor && !paging.endCursor ? [field('cursor')] : [];
    const record = field('node', { below: node });
    const below = [
      field('edges', { below: [record, ...cursor] }),
      ...(info.length > 0 ? [field('pageInfo', { below: info })] : []),
      ...(paging.totalCount && !paging.hasNextPage ? [field('totalCount')] : []),
    ];
    const given = variables.map(({ of }) => argument(of, variable(`${prefix}${of}`)));
    return {
      root: fieldsAlong([target.package, target.node], [field('query', { given, below })]),
      types: Object.fromEntries(variables.map(({ of, type }) => [`${prefix}${of}`, type])),
      records: [record],
    };
  },
});

function givenOf({ target, question: { prefix, match } }: Asking, { keys, after }: Step, first: number) {
  const { paging, keyPath, keyKind } = target;
  return {
    [`${prefix}filter`]: toErpFilter(keys, keyPath, { match, kind: keyKind }),
    ...(paging.first && { [`${prefix}first`]: paging.first.isText ? String(first) : first }),
    ...(paging.after && after !== undefined && { [`${prefix}after`]: after }),
  };
}

const sorted = ({ target }: Asking, errors: readonly GraphQLError[]) =>
  sortErrors(errors, [target.package, target.node, 'query', 'edges'], ([index, node, ...rest]) =>
    node === 'node' ? { index: Number(index), rest } : undefined,
  );

function toPage(asking: Asking, answer: unknown, errors: readonly GraphQLError[], step: Step): Page {
  const { target, question } = asking;
  const { prefix, match } = question;
  const { below, others } = sorted(asking, errors);
  const edges = asArray(memberAt(answer, ['edges']));
  const rows = edges.map((edge, index): LinkedRow => {
    const value = memberAt(edge, ['node']);
    return {
      key: memberAt(value, [`${prefix}found`, ...target.keyPath.slice(1)]),
      value,
      name: target.hasId
        ? `_id ${String(memberAt(value, [`${prefix}row`]))}`
        : `record ${step.rows.length + index + 1}`,
      errors: below.get(index) ?? [],
    };
  });
  // Without its key, the record may belong to any of the keys that were not found.
  const hidden = rows.filter(({ key }) => !toKey(key, match));
  const why = hidden
    .flatMap((row) => row.errors)
    .map(({ message, extensions }) => new GraphQLError(message, { extensions }));
  const silent = hidden.length > 0 && why.length === 0 ? [notKnown(asking, 'does not show the key of a record')] : [];
  return { rows, errors: [...others, ...why.slice(0, 1), ...silent], ...positionOf(answer, edges, step) };
}

function positionOf(answer: unknown, edges: readonly unknown[], { rows }: Step): Pick<Page, 'hasMore' | 'cursor'> {
  const said = memberAt(answer, ['pageInfo', 'hasNextPage']);
  const total = memberAt(answer, ['totalCount']);
  const cursor = memberAt(answer, ['pageInfo', 'endCursor']) ?? memberAt(edges.at(-1), ['cursor']);
  const byTotal = typeof total === 'number' ? total > rows.length + edges.length : undefined;
  return {
    hasMore: typeof said === 'boolean' ? said : byTotal,
    cursor: typeof cursor === 'string' ? cursor : undefined,
  };
}
