import { gunzipSync } from 'node:zlib';
import type { ExecutionResult } from 'graphql';
import type { Graph } from '../../graph/index.ts';
import { bytesOf } from '../../kit/http/index.ts';
import { isObject, toObject } from '../../kit/json.ts';
import { parseAsWritten } from '../../kit/written-json.ts';
import type { GraphqlRequest } from './graphql-request.ts';
import type { Executed } from './to-answer.ts';

/** The estimated and actual cost of an operation, and the limits. */
interface Cost {
  /** Of lists, of references and of links: `actual` are those in the answer, never more than were `requested`. */
  readonly rows: { readonly requested: number; readonly actual: number; readonly most: number };
  readonly upstreamRequests: { readonly actual: number; readonly most: number };
  /** Size of the answer without this member. */
  readonly bytes: { readonly actual: number; readonly most: number };
}

/** What an answer with its cost is made of. This has a price: bytes that would otherwise be passed on unchanged have to be parsed. */
export function toResult(executed: Executed): ExecutionResult {
  if ('result' in executed) return executed.result;
  const { content } = executed;
  const bytes = 'gzip' in content ? gunzipSync(content.gzip) : bytesOf(content);
  const { data, extensions } = toObject(parseAsWritten(bytes)) ?? {};
  return {
    ...(data !== undefined && { data: data as NonNullable<ExecutionResult['data']> }),
    ...(isObject(extensions) && { extensions }),
  };
}

/** @param bytes size of the answer without its cost */
export function withCost(
  result: ExecutionResult,
  { operation, gateway }: GraphqlRequest,
  bytes: number,
  costOf: Graph['costOf'],
): ExecutionResult {
  const { calls, tenant } = gateway;
  const { rows, rowsIn, most } = costOf(operation, tenant);
  const cost: Cost = {
    // A tenant's data may be text that nobody has read yet: then no links are below it, and it makes no rows.
    rows: { requested: rows, actual: rowsIn(result.data), most: most.rows },
    upstreamRequests: { actual: calls.made, most: calls.limit },
    bytes: { actual: bytes, most: most.bytes },
  };
  return { ...result, extensions: { ...result.extensions, cost } };
}
