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

/** The answer with `extensions.cost`. This has a price: an answer that would otherwise be passed on unchanged has to be parsed. */
export function tellCost(executed: Executed, request: GraphqlRequest, costOf: Graph['costOf']): Executed {
  const { result, data, bytes } = read(executed);
  const cost = toCost(request, { data, bytes }, costOf);
  return { result: { ...result, extensions: { ...result.extensions, cost } } };
}

interface ReadAnswer {
  readonly result: ExecutionResult;
  readonly data: unknown;
  readonly bytes: number;
}

function read(executed: Executed): ReadAnswer {
  if ('result' in executed) {
    const { result } = executed;
    // A tenant's data may be text that nobody has read yet: then no links are below it, and it makes no rows.
    return { result, data: result.data, bytes: Buffer.byteLength(JSON.stringify(result.data ?? null)) };
  }
  const { content } = executed;
  const bytes = 'gzip' in content ? gunzipSync(content.gzip) : bytesOf(content);
  const { data, extensions } = toObject(parseAsWritten(bytes)) ?? {};
  const result = {
    ...(data !== undefined && { data: data as NonNullable<ExecutionResult['data']> }),
    ...(isObject(extensions) && { extensions }),
  };
  return { result, data, bytes: bytes.length };
}

function toCost(
  { operation, gateway }: GraphqlRequest,
  { data, bytes }: Pick<ReadAnswer, 'data' | 'bytes'>,
  costOf: Graph['costOf'],
): Cost {
  const { calls, tenant } = gateway;
  const bounds = operation ? costOf(operation, tenant) : undefined;
  const most = bounds?.most ?? { rows: 0, bytes: 0 };
  return {
    rows: { requested: bounds?.rows ?? 0, actual: bounds?.rowsIn(data) ?? 0, most: most.rows },
    upstreamRequests: { actual: calls.made, most: calls.limit },
    bytes: { actual: bytes, most: most.bytes },
  };
}
