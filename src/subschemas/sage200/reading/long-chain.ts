import { GatewayError } from '../../../kit/errors/index.ts';
import { type RowType, scalarByRestName } from '../model/model.ts';
import { type Chain, chainOf, groupBytes, shortened } from '../odata/chain.ts';
import { chunkKeys } from '../odata/chunk-keys.ts';
import { rowOrder } from '../odata/merge.ts';
import { MAX_PAGE_SIZE, type ODataQuery } from '../odata/query.ts';
import { keyOf } from '../row-data.ts';
import type { CompanyScope } from '../scope.ts';
import { inShorterChains } from './by-key.ts';

type Data = Record<string, unknown>;
type Groups = Chain['groups'];

/**
 * A list with any number of values in its filter: if it is too long for one request, it is read in several, in
 * parallel, and sorted again.
 * @throws GatewayError BAD_USER_INPUT if only Sage can sort in that order
 */
export async function listInChains(
  scope: CompanyScope,
  path: string,
  type: RowType,
  query: ODataQuery,
): Promise<Data[]> {
  const { client } = scope.operation.engine;
  const read = (asked: ODataQuery) => client.list(scope.reading, path, asked);
  const chain = query.filter && chainOf(query.filter);
  if (!chain) return read(query);
  const order = rowOrder(type, query.orderBy ?? []);
  const [only, ...others] = chunked(scope, path, query, chain);
  const isWhole = others.length === 0;
  const { top = MAX_PAGE_SIZE, skip = 0 } = query;
  if (!order || skip + top > MAX_PAGE_SIZE) {
    if (isWhole) return read(query);
    throw tooMany(query, !order);
  }
  const { skip: _, ...rest } = query;
  const select = query.select && withOrder(type, query);
  const part: ODataQuery = { ...rest, ...(select && { select }), top: skip + top };
  const readPart = (groups: Groups) =>
    // If the chain was not split, the request is unchanged; Sage may still refuse it for its length.
    isWhole && groups.length === chain.groups.length
      ? read(query)
      : read({ ...part, filter: shortened(chain, groups) });
  if (isWhole) {
    let calls = 0;
    const rows = await inShorterChains(only ?? [], scope.operation.engine.limits, (groups) => {
      calls += 1;
      return readPart(groups);
    });
    return calls === 1 ? [...rows] : inOrder(rows, order).slice(skip, skip + top);
  }
  const parts = await Promise.all(
    [only ?? [], ...others].map((groups) => inShorterChains(groups, scope.operation.engine.limits, readPart)),
  );
  return inOrder(parts.flat(), order).slice(skip, skip + top);
}

/** Whether one request can contain that query, whose filter has this chain. */
export const isShortChain = (scope: CompanyScope, path: string, query: ODataQuery, chain: Chain): boolean =>
  chunked(scope, path, query, chain).length === 1;

/** Number of rows that match the filter, long chains in parts. A row has one value, so none is counted twice. */
export async function countInChains(scope: CompanyScope, path: string, query: ODataQuery): Promise<number> {
  const { client, limits } = scope.operation.engine;
  const chain = query.filter && chainOf(query.filter);
  if (!chain) return client.count(scope.reading, path, query);
  const count = async (groups: Groups) => [
    await client.count(scope.reading, path, { ...query, filter: shortened(chain, groups) }),
  ];
  const counts = await Promise.all(
    chunked(scope, path, query, chain).map((groups) => inShorterChains(groups, limits, count)),
  );
  return counts.flat().reduce((sum, part) => sum + part, 0);
}

function chunked(scope: CompanyScope, path: string, query: ODataQuery, chain: Chain): Groups[] {
  const { client, limits } = scope.operation.engine;
  const fixedBytes = client.urlBytes(path, { ...query, filter: chain.rest }) + '&$filter=()%20and%20()'.length;
  const chunks = chunkKeys(chain.groups, limits, fixedBytes, groupBytes(chain));
  scope.operation.calls?.expect(chunks.length);
  return chunks;
}

/** Rows must contain the fields that they are sorted by. */
function withOrder(type: RowType, { select = [], orderBy = [] }: ODataQuery): readonly string[] {
  const id = scalarByRestName(type, 'id') ? ['id'] : [];
  return [...new Set([...select, ...orderBy.map(({ field }) => field), ...id])].sort();
}

function inOrder(rows: readonly Data[], order: (first: Data, second: Data) => number): Data[] {
  const seen = new Set<string>();
  const unique = rows.filter((row) => {
    const key = keyOf(row);
    if (key === undefined) return true;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
  return unique.sort(order);
}

function tooMany({ orderBy = [] }: ODataQuery, isOrder: boolean): GatewayError {
  const fields = orderBy.map(({ field }) => field).join(', ');
  return new GatewayError(
    'BAD_USER_INPUT',
    isOrder
      ? `The filter has more values than one request to Sage 200 can take, and only Sage can order by ${fields}. Order by id, numbers or dates, or use fewer values at a time.`
      : `The filter has more values than one request to Sage 200 can take, too far into the list. Use fewer values at a time, or smaller pages.`,
  );
}
