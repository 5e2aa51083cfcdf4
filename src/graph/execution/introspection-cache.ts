import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { ExecutionResult } from 'graphql';
import { BoundedCache } from '../../kit/cache.ts';
import { jsonInTurns } from '../../kit/json-in-turns.ts';
import type { GraphOperation, PackedBody } from '../graph.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';

const gzipAsync = promisify(gzip);

/** Maximum number of cached answers, for all schemas and documents: compressed, the largest has a few hundred kilobytes. */
const MAX_ANSWERS = 32;
/** Faster ones are not worth caching. */
const WORTH_KEEPING_MS = 20;

/** Caches introspection answers, which depend on the schema and the document but never on the caller. */
export function createIntrospectionCache() {
  const kept = new BoundedCache<string, PackedBody>({ name: 'answers to introspection', maxEntries: MAX_ANSWERS });
  // A digest, because variables may be a megabyte long.
  const keyOf = ({ id }: JoinedSchema, { source, operationName, variables = {} }: Asked): string =>
    createHash('sha256')
      .update(JSON.stringify([id, source, operationName, variables]))
      .digest('base64url');
  return {
    /** The whole body of the answer. */
    packed: (joined: JoinedSchema, asked: Asked): PackedBody | undefined => kept.get(keyOf(joined, asked)),
    async answer(
      joined: JoinedSchema,
      asked: Asked,
      execute: () => Promise<ExecutionResult>,
    ): Promise<ExecutionResult> {
      const key = keyOf(joined, asked);
      const found = kept.get(key);
      if (found) return JSON.parse(gunzipSync(found.gzip).toString()) as ExecutionResult;
      const startedAt = performance.now();
      const result = await execute();
      if (performance.now() - startedAt < WORTH_KEEPING_MS || result.errors) return result;
      kept.set(key, { gzip: await gzipAsync(await jsonInTurns({ data: result.data })) });
      return result;
    },
  };
}

type Asked = Pick<GraphOperation, 'source' | 'operationName' | 'variables'>;
