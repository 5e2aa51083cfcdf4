import { GatewayError } from '../../../kit/errors/index.ts';
import { mapInTurns } from '../../../kit/turns.ts';
import type { RowType } from '../model/model.ts';
import { type ChainLimits, chunkKeys } from '../odata/chunk-keys.ts';
import { and, type Expression, or } from '../odata/expression.ts';
import { toLiteralFromRow } from '../odata/literal.ts';
import { rowPath } from '../odata/path.ts';
import type { ODataQuery } from '../odata/query.ts';
import { keyOf } from '../row-data.ts';
import type { CompanyScope } from '../scope.ts';
import { sageId } from '../values/sage-id.ts';
import { printShape, type Shape } from './shape.ts';

type Data = Record<string, unknown>;

/** Parallel requests for single rows, if Sage has nothing better. */
const SINGLE_READS_AT_ONCE = 8;

/** How to request rows of a shape by id. */
export interface RowRead {
  readonly type: RowType;
  readonly query: Pick<ODataQuery, 'select' | 'expand'>;
  /** Equal for all callers that need the same of a row. */
  readonly name: string;
}

export function rowRead(type: RowType, shape: Shape): RowRead {
  const { select, expand } = printShape(shape);
  const name = `row ${type.name} ${select?.join() ?? '*'} ${expand.join()}`;
  return { type, query: { ...(select && { select }), expand }, name };
}

/** One row by its id, together with all others of the same shape that are requested at the same moment. */
export function loadRow(scope: CompanyScope, { type, query, name }: RowRead, key: string): Promise<Data | undefined> {
  return scope.loader<Data | undefined>(name, (keys) => readRows(scope, type, keys, query)).load(key);
}

async function readRows(
  scope: CompanyScope,
  type: RowType,
  keys: readonly string[],
  query: ODataQuery,
): Promise<readonly (Data | undefined | Error)[]> {
  const { resource } = type;
  const { client } = scope.operation.engine;
  if (!resource) throw new Error(`${type.name} is not a resource and cannot be read by id.`);
  const canGet = resource.operations.has('GET');
  if (!resource.operations.has('LIST') || (canGet && keys.length === 1)) {
    return mapInTurns(keys, SINGLE_READS_AT_ONCE, (key) =>
      client.row(scope.reading, rowPath(resource.path, key), query).catch(toError),
    );
  }
  const { select } = query;
  const withId = select && !select.includes('id') ? { ...query, select: ['id', ...select] } : query;
  const rows = await listByKeys(scope, resource.path, 'id', keys, withId);
  const byKey = new Map(rows.map((row) => [keyOf(row), row]));
  return keys.map((key) => byKey.get(key));
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/**
 * All rows whose `field` is one of the keys, in parallel or-chains. Each chain must fit one page, so this is for fields
 * with one or few rows for each key.
 */
async function listByKeys(
  scope: CompanyScope,
  path: string,
  field: string,
  keys: readonly string[],
  query: ODataQuery,
): Promise<Data[]> {
  const { client, limits } = scope.operation.engine;
  const chainBytes = (key: string) => encodeURIComponent(`${field} eq ${key} or `).length;
  const chunks = chunkKeys(keys, limits, client.urlBytes(path, query) + '&$filter='.length, chainBytes);
  scope.operation.calls?.expect(chunks.length);
  const readChain = (chain: readonly string[]) => {
    const filter = and([keyChain(field, chain), ...(query.filter ? [query.filter] : [])]);
    return client.list(scope.reading, path, { ...query, filter });
  };
  const pages = await Promise.all(chunks.map((chunk) => inShorterChains(chunk, limits, readChain)));
  return pages.flat();
}

/** A refusal of a shorter chain has another cause than its length. */
const SHORT_CHAIN = 8;

/**
 * Reads one or-chain. Sage publishes no limit for a filter's length: if a chain is refused, it and later ones are
 * halved.
 */
export async function inShorterChains<Key, Result>(
  keys: readonly Key[],
  limits: ChainLimits,
  read: (keys: readonly Key[]) => Promise<readonly Result[]>,
): Promise<readonly Result[]> {
  try {
    return await read(keys);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'UPSTREAM_REJECTED' || keys.length < SHORT_CHAIN)
      throw error;
    const half = Math.ceil(keys.length / 2);
    const first = await inShorterChains(keys.slice(0, half), limits, read);
    limits.maxTerms = Math.min(limits.maxTerms, half);
    return [...first, ...(await inShorterChains(keys.slice(half), limits, read))];
  }
}

export const keyChain = (field: string, keys: readonly string[]): Expression =>
  or(keys.map((key) => ({ op: 'eq', field, literal: toLiteralFromRow(sageId, key) })));
