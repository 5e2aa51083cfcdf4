import { GatewayError } from '../../../kit/errors/index.ts';
import { changeStamp, DEFAULT_FIRST, PARAMETER_ARGUMENTS } from '../model/list-arguments.ts';
import type { OrderKey, RowType } from '../model/model.ts';
import { compileFilter, emptyArgument } from '../odata/compile-filter.ts';
import { afterKeys, type Cursor, cursorOf, decodeCursor, type PageOrder, toPageOrder } from '../odata/cursor.ts';
import { ALWAYS, and, type Expression } from '../odata/expression.ts';
import { toLiteral } from '../odata/literal.ts';
import { MAX_PAGE_SIZE, type ODataQuery } from '../odata/query.ts';
import type { CompanyScope } from '../scope.ts';
import { codecOf } from '../values/codecs.ts';
import { countInChains, listInChains } from './long-chain.ts';
import { printShape, type Shape } from './shape.ts';

type Data = Record<string, unknown>;

/** A list field's arguments from GraphQL. */
export interface ListArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly filter?: unknown;
  readonly orderBy?: readonly Readonly<Record<string, string | null>>[] | null;
  readonly changedSince?: string | null;
  readonly ageingDateType?: string | null;
  readonly periodNumber?: number | null;
}

/** A list field's arguments, checked and compiled. */
export interface PageRequest {
  readonly type: RowType;
  readonly first: number;
  readonly filter: Expression;
  readonly order: PageOrder;
  readonly cursor: Cursor | undefined;
  /** Options that only this list accepts. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The parts of a page that the caller selected. */
export interface PageWants {
  readonly rows: boolean;
  readonly hasNextPage: boolean;
  readonly cursors: boolean;
  readonly totalCount: boolean;
}

export interface Page {
  readonly rows: readonly Data[];
  readonly hasNextPage: boolean;
  /** Position of the first row, for cursors with counts. */
  readonly offset: number;
}

/** @throws GatewayError BAD_USER_INPUT */
export function toPageRequest(type: RowType, given: ListArguments, scope: CompanyScope): PageRequest {
  const first = given.first ?? DEFAULT_FIRST;
  if (first < 0 || first > MAX_PAGE_SIZE) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      `first: ${first} is out of range. Request 0 to ${MAX_PAGE_SIZE} rows and continue with after: pageInfo.endCursor.`,
    );
  }
  const filter = and([compileFilter(type, given.filter, scope), changedAfter(type, given.changedSince)]);
  const asked = (given.orderBy ?? []).map((entry) => toOrderKey(type, entry));
  const order = toPageOrder(type, asked, filter);
  const cursor = given.after ? decodeCursor(type, order, given.after) : undefined;
  return { type, first, filter, order, cursor, parameters: toParameters(type, given) };
}

function changedAfter(type: RowType, instant: string | null | undefined): Expression {
  const stamp = changeStamp(type);
  if (!stamp || instant === undefined) return ALWAYS;
  // Null would return everything as changed to callers that have not stored a moment yet.
  if (instant === null) throw emptyArgument('changedSince');
  return { op: 'gt', field: stamp.restName, literal: toLiteral(codecOf(stamp), instant) };
}

function toParameters(type: RowType, given: ListArguments): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const parameter of type.resource?.parameters ?? []) {
    const { name, option } = PARAMETER_ARGUMENTS[parameter];
    const value = given[name];
    if (value === null || value === undefined) continue;
    if (typeof value === 'number' && value < 0)
      throw new GatewayError(
        'BAD_USER_INPUT',
        `${name}: ${value} is out of range: 0 is the current period, 1 the previous one.`,
      );
    // Enum members are in lower case here. Source: Sage 200 reference, the aged views.
    parameters[option] = String(value).toLowerCase();
  }
  return parameters;
}

function toOrderKey(type: RowType, entry: Readonly<Record<string, string | null>>): OrderKey {
  const [only, another] = Object.entries(entry);
  if (!only || another || only[1] === null) {
    throw new GatewayError(
      'BAD_USER_INPUT',
      'Each entry of orderBy must have exactly one field. Write [{ name: ASC }, { balance: DESC }] for two keys.',
    );
  }
  const [name, direction] = only;
  const field = type.fields.get(name === 'id' ? 'sageId' : name);
  if (!field) throw new GatewayError('BAD_USER_INPUT', `${type.name} cannot be ordered by “${name}”.`);
  return { field: field.restName, descending: direction === 'DESC' };
}

/** Adds fields that a page needs besides the caller's selection. */
export function withOrderKeys(shape: Shape, request: PageRequest): Shape {
  return { ...shape, select: new Set([...shape.select, ...request.order.keys.map(({ field }) => field)]) };
}

export interface PageQuery extends ODataQuery {
  readonly filter: Expression;
  /** One row more than requested if that shows whether there is a next page. */
  readonly top: number;
  readonly skip: number;
}

export function pageQuery(request: PageRequest, shape: Shape, wants: PageWants): PageQuery {
  const { type, first, order, cursor } = request;
  return {
    ...printShape(wants.cursors ? withOrderKeys(shape, request) : shape),
    filter: and([request.filter, ...(cursor && 'after' in cursor ? [afterKeys(type, order, cursor.after)] : [])]),
    orderBy: order.keys,
    parameters: request.parameters,
    top: Math.min(first + (wants.hasNextPage ? 1 : 0), MAX_PAGE_SIZE),
    skip: cursor && 'skip' in cursor ? cursor.skip : 0,
  };
}

/** One page of a list, with one call; a second one only to check whether a page of the largest size is the last. */
export async function readPage(
  scope: CompanyScope,
  path: string,
  request: PageRequest,
  shape: Shape,
  wants: PageWants,
): Promise<Page> {
  const { type, first } = request;
  const query = pageQuery(request, shape, wants);
  const offset = query.skip;
  if (query.filter.op === 'never' || query.top === 0) return { rows: [], hasNextPage: false, offset };
  const rows = await listInChains(scope, path, type, query);
  if (rows.length > first) return { rows: rows.slice(0, first), hasNextPage: true, offset };
  const mayGoOn = wants.hasNextPage && query.top === first && rows.length === first;
  const probe = mayGoOn
    ? await listInChains(scope, path, type, { ...query, expand: [], top: 1, skip: offset + first })
    : [];
  return { rows, hasNextPage: probe.length > 0, offset };
}

export async function countRows(
  scope: CompanyScope,
  path: string,
  filter: Expression,
  parameters: Readonly<Record<string, string>>,
): Promise<number> {
  return filter.op === 'never' ? 0 : countInChains(scope, path, { filter, parameters });
}

/** A page in the form of the connection type; `toNode` wraps a row. */
export function toConnection<Node>(request: PageRequest, page: Page, toNode: (data: Data) => Node) {
  const nodes = page.rows.map(toNode);
  const cursorAt = (index: number) => {
    const row = page.rows[index];
    return row ? cursorOf(request.type, request.order, row, page.offset + index) : null;
  };
  return {
    nodes,
    edges: () => nodes.map((node, index) => ({ node, cursor: () => cursorAt(index) })),
    pageInfo: () => ({
      hasNextPage: page.hasNextPage,
      hasPreviousPage: false,
      startCursor: () => cursorAt(0),
      endCursor: () => cursorAt(page.rows.length - 1),
    }),
  };
}
