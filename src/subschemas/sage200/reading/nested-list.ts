import { GatewayError } from '../../../kit/errors/index.ts';
import type { RowType } from '../model/model.ts';
import { chunkKeys } from '../odata/chunk-keys.ts';
import { afterKeys } from '../odata/cursor.ts';
import { ALWAYS, and, countTerms, type Expression } from '../odata/expression.ts';
import { toLiteralFromRow } from '../odata/literal.ts';
import { MAX_PAGE_SIZE, type ODataQuery } from '../odata/query.ts';
import { keyOf } from '../row-data.ts';
import type { CompanyScope } from '../scope.ts';
import { inShorterChains, keyChain } from './by-key.ts';
import { countRows, type Page, type PageRequest, type PageWants, withOrderKeys } from './page.ts';
import { printShape, type Shape } from './shape.ts';

type Data = Record<string, unknown>;

/** One parent's part of a list that was read for many. */
export interface NestedPage extends Page {
  /** All rows of this parent that match the filter; a separate call only if not all of them were read. */
  readonly totalCount: () => Promise<number>;
}

/** The common part of the lists under all parents of one field. */
export interface NestedRequest extends NestedQuestion {
  /** The same for equal questions, and for no others. */
  readonly name: string;
}

interface NestedQuestion {
  readonly request: PageRequest;
  readonly path: string;
  /** REST field of the rows that contains the parent's id. */
  readonly by: string;
  readonly shape: Shape;
  readonly wants: PageWants;
}

/**
 * The rows of one parent, read together with those of all parents that are requested at the same moment: one request
 * over all their ids while the answer fits a page. OData has no limit per parent, so parents with enough rows leave the
 * chain, and the others continue after the last row.
 */
export function loadNestedPage(scope: CompanyScope, parentKey: string, nested: NestedRequest): Promise<NestedPage> {
  return scope.loader<NestedPage>(nested.name, (keys) => readNestedPages(scope, keys, nested)).load(parentKey);
}

export function toNestedRequest(question: NestedQuestion): NestedRequest {
  const { path, by, request, shape, wants } = question;
  const { filter, order, cursor, first, parameters } = request;
  const { select, expand } = printShape(shape);
  const name = JSON.stringify([path, by, filter, order, cursor, first, parameters, wants, select, expand]);
  return { ...question, name: `list ${name}` };
}

async function readNestedPages(
  scope: CompanyScope,
  parentKeys: readonly string[],
  nested: NestedRequest,
): Promise<readonly NestedPage[]> {
  if (nested.request.filter.op === 'never') return parentKeys.map((key) => new ParentPage(nested, scope, key).toPage());
  const { client, limits } = scope.operation.engine;
  refuseLongFilter(nested, limits.maxTerms);
  const query = toQuery(nested);
  const chainBytes = (key: string) => encodeURIComponent(`${nested.by} eq ${key} or `).length;
  const fixedBytes = client.urlBytes(nested.path, { ...query, filter: nested.request.filter, top: MAX_PAGE_SIZE });
  const chunks = chunkKeys(parentKeys, limits, fixedBytes + '&$filter=()%20and%20()'.length, chainBytes);
  scope.operation.calls?.expect(chunks.length);
  const readChain = (keys: readonly string[]) => readChunk(scope, keys, nested, query);
  const pages = await Promise.all(chunks.map((chunk) => inShorterChains(chunk, limits, readChain)));
  return pages.flat().map((page) => page.toPage());
}

/** Its terms are added to the chain of parents in every request, so they cannot be split. */
function refuseLongFilter({ request }: NestedRequest, maxTerms: number): void {
  const terms = countTerms(request.filter);
  if (terms <= maxTerms) return;
  throw new GatewayError(
    'BAD_USER_INPUT',
    `The filter of a list under other rows may have ${maxTerms} conditions, but this one has ${terms}. Query the list by itself, where long filters are split, or use fewer conditions.`,
  );
}

function toQuery({ request, by, shape }: NestedRequest): ODataQuery {
  const complete = withOrderKeys(shape, request);
  return {
    ...printShape({ ...complete, select: new Set([...complete.select, by]) }),
    orderBy: request.order.keys,
    parameters: request.parameters,
  };
}

/** One or-chain of parents, page by page until each has enough rows or all are read. */
async function readChunk(
  scope: CompanyScope,
  keys: readonly string[],
  nested: NestedRequest,
  query: ODataQuery,
): Promise<readonly ParentPage[]> {
  const { request, path, by } = nested;
  const pages = keys.map((key) => new ParentPage(nested, scope, key));
  const byKey = new Map(pages.map((page) => [page.key, page]));
  let open = pages;
  let last: Data | undefined;
  while (open.length > 0) {
    const { type, order, cursor } = request;
    const behind = last
      ? behindRow(request, last)
      : cursor && 'after' in cursor
        ? afterKeys(type, order, cursor.after)
        : ALWAYS;
    const filter = and([
      keyChain(
        by,
        open.map(({ key }) => key),
      ),
      request.filter,
      behind,
    ]);
    if (filter.op === 'never') break;
    // Without key values to continue from, the rows already read for parents in the chain are skipped.
    const skip = order.isKeyset ? 0 : open.reduce((sum, page) => sum + page.readCount, 0);
    const rows = await scope.operation.engine.client.list(scope.reading, path, {
      ...query,
      filter,
      top: MAX_PAGE_SIZE,
      skip,
    });
    for (const row of rows) byKey.get(keyOf(row, by) ?? '')?.add(row);
    if (rows.length < MAX_PAGE_SIZE) {
      for (const page of open) page.isComplete = true;
      break;
    }
    last = rows.at(-1);
    open = open.filter((page) => !page.hasEnough);
  }
  return pages;
}

function behindRow({ type, order }: PageRequest, row: Data): Expression {
  if (!order.isKeyset) return ALWAYS;
  const values = order.keys.map(({ field }) => row[field] ?? null);
  return afterKeys(type, order, values, toLiteralFromRow);
}

/** Collects one parent's rows. Keeps one row more than requested, which shows that a next page exists. */
class ParentPage {
  readonly key: string;
  readonly #nested: NestedRequest;
  readonly #scope: CompanyScope;
  readonly #rows: Data[] = [];
  readonly #offset: number;
  /** Number of this parent's rows read so far, kept or not. */
  readCount = 0;
  isComplete: boolean = false;

  constructor(nested: NestedRequest, scope: CompanyScope, key: string) {
    this.#nested = nested;
    this.#scope = scope;
    this.key = key;
    const { cursor } = nested.request;
    this.#offset = cursor && 'skip' in cursor ? cursor.skip : 0;
  }

  get hasEnough(): boolean {
    return this.#rows.length > this.#nested.request.first;
  }

  add(row: Data): void {
    this.readCount += 1;
    if (this.readCount > this.#offset && !this.hasEnough) this.#rows.push(row);
  }

  toPage(): NestedPage {
    const { request, path, by } = this.#nested;
    const { first, cursor } = request;
    const countsAll = this.isComplete && !(cursor && 'after' in cursor);
    return {
      rows: this.#rows.slice(0, first),
      hasNextPage: this.hasEnough,
      offset: this.#offset,
      totalCount: async () =>
        countsAll
          ? this.readCount
          : countRows(this.#scope, path, and([keyChain(by, [this.key]), request.filter]), request.parameters),
    };
  }
}

/** A nested list can be read for many parents only if Sage has a list of its row type. */
export const hasOwnList = (type: RowType): boolean => type.resource?.operations.has('LIST') === true;
