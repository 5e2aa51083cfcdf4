import {
  type FieldNode,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  Kind,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { average, sum } from '../data/decimal.ts';
import type { Row } from '../data/row.ts';
import { compareValues, compileOrder, sortRows } from '../filter/order.ts';
import { DEFAULT_PAGE_SIZE } from '../filter/page.ts';
import { type Comparable, comparableReader } from '../filter/values.ts';
import { type NodeModel, nodeOf, type PropertyModel } from '../model/model.ts';
import type { Call } from './call.ts';
import { nodeResolvers } from './node-fields.ts';
import { matchingRows, type QueryArguments, type RowSource } from './query-rows.ts';
import { type Resolvers, set } from './resolvers.ts';

/** `readAggregate` and `queryAggregate` of a node and of collections of it. */
export function attachAggregates(schema: GraphQLSchema, node: NodeModel, containers: readonly string[]): void {
  const { name } = node;
  const operations: Resolvers = {
    readAggregate: (source: RowSource, { filter }: { filter?: string }, call: Call) => ({
      rows: matchingRows(call, name, source, filter),
    }),
    queryAggregate: (source: RowSource, args: QueryArguments, call: Call, info: GraphQLResolveInfo) =>
      queryGroups(call, name, source, args, info),
  };
  for (const container of containers) set(schema, container, operations);
  set(schema, `${name}_AggregateGroup`, nodeResolvers(node));
  set(
    schema,
    `${name}_AggregateValues`,
    Object.fromEntries([...node.properties.values()].map((property) => [property.name, valuesOf(name, property)])),
  );
}

const valuesOf =
  (node: string, property: PropertyModel) =>
  (source: { rows: readonly Row[] }, _args: unknown, { store }: Call) => {
    const read = store.reader(node, property.column);
    if (property.target) return { rows: source.rows.map(read).filter((value) => value !== null) };
    const values = source.rows.map(read).filter((value) => value !== null) as (string | number)[];
    const compare =
      property.kind === 'decimal' ? (a: string | number, b: string | number) => Number(a) - Number(b) : compareValues;
    const extreme = (sign: 1 | -1) => () =>
      values.reduce<string | number | null>(
        (best, each) => (best === null || compare(each, best) * sign > 0 ? each : best),
        null,
      );
    return {
      sum: () => (values.length > 0 ? sum(values) : null),
      avg: () => (values.length > 0 ? average(values) : null),
      min: extreme(-1),
      max: extreme(1),
      distinctCount: () => new Set(values).size,
    };
  };

interface Group {
  readonly key: readonly Comparable[];
  readonly rows: Row[];
}

function queryGroups(call: Call, node: string, source: RowSource, args: QueryArguments, info: GraphQLResolveInfo) {
  const readers = groupReaders(call, node, selectionOf(info, 'edges', 'node', 'group'), info);
  const groups = new Map<string, Group>();
  for (const row of matchingRows(call, node, source, args.filter)) {
    const key = readers.map((read) => read(row));
    const text = JSON.stringify(key);
    const group = groups.get(text);
    if (group) group.rows.push(row);
    else groups.set(text, { key, rows: [row] });
  }
  const ordered = orderGroups(call, node, [...groups.values()], args.orderBy);
  const start = args.after == null ? 0 : ordered.findIndex((group) => cursorOf(group) === normal(args.after ?? '')) + 1;
  const size = args.first ?? DEFAULT_PAGE_SIZE;
  const page = ordered.slice(start, start + size);
  return {
    edges: page.map((group) => ({ node: { group: group.rows[0], values: group }, cursor: cursorOf(group) })),
    pageInfo: {
      startCursor: page[0] ? cursorOf(page[0]) : null,
      endCursor: page.length > 0 ? cursorOf(page.at(-1) as Group) : null,
      hasNextPage: start + size < ordered.length,
      hasPreviousPage: start > 0,
    },
  };
}

const cursorOf = ({ key, rows }: Group): string => `${JSON.stringify(key)}#${rows[0]?._id ?? 0}`;
const normal = (cursor: string): string => (cursor.includes('"') ? cursor : cursor.replaceAll("'", '"'));

/** By `orderBy`, read from each group's first row, or by the groups' own values. */
function orderGroups({ store }: Call, node: string, groups: Group[], orderBy: string | null | undefined): Group[] {
  const keys = compileOrder(orderBy, node, store);
  if (keys.length === 0) {
    return groups.sort((a, b) =>
      a.key.reduce<number>((found, value, at) => found || compareValues(value, b.key[at] ?? null), 0),
    );
  }
  const byFirst = new Map(groups.map((group) => [group.rows[0], group]));
  return sortRows(
    [...byFirst.keys()].filter((row) => row !== undefined),
    keys,
  ).flatMap((row) => byFirst.get(row) ?? []);
}

type ReadComparable = (row: Row) => Comparable;

/** One reader for each property selected below `group`. */
function groupReaders(
  call: Call,
  node: string,
  selections: readonly FieldNode[],
  info: GraphQLResolveInfo,
): ReadComparable[] {
  const { store } = call;
  return selections.flatMap((field): ReadComparable[] => {
    const property = nodeOf(store.model, node).properties.get(field.name.value);
    if (!property) return [];
    if (property.column === '_customData') {
      const argument = field.arguments?.[0];
      const selector = argument && valueFromASTUntyped(argument.value, info.variableValues);
      return [(row) => (row['_customData'] as Record<string, Comparable> | undefined)?.[String(selector)] ?? null];
    }
    const read = store.reader(node, property.column);
    if (!property.target) return [comparableReader(property, read)];
    return groupReaders(call, property.target, fieldsOf(field.selectionSet, info), info).map(
      (inner): ReadComparable => {
        return (row) => {
          const other = read(row) as Row | null;
          return other && inner(other);
        };
      },
    );
  });
}

/** The fields at a path below the current one, with fragments expanded. */
function selectionOf(info: GraphQLResolveInfo, ...path: readonly string[]): readonly FieldNode[] {
  let fields = info.fieldNodes.flatMap((field) => fieldsOf(field.selectionSet, info));
  for (const name of path) {
    fields = fields.filter((field) => field.name.value === name).flatMap((field) => fieldsOf(field.selectionSet, info));
  }
  return fields;
}

function fieldsOf(selectionSet: SelectionSetNode | undefined, info: GraphQLResolveInfo): FieldNode[] {
  return (selectionSet?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    const inner = selection.kind === Kind.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value];
    return fieldsOf(inner?.selectionSet, info);
  });
}
