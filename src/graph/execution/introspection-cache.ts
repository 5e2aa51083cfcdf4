import { promisify } from 'node:util';
import { gunzipSync, gzip } from 'node:zlib';
import type { ExecutionResult } from 'graphql';
import type { PackedBody } from '../graph.ts';
import type { Generation } from '../schema/combine-schemas.ts';

const gzipAsync = promisify(gzip);

/** Answers kept, over all schemas and documents: packed, the largest is some hundred kilobytes. */
const MAX_ANSWERS = 32;
/** Quicker ones are not worth their place. */
const WORTH_KEEPING_MS = 20;

interface Kept {
  readonly generation: WeakRef<Generation>;
  readonly key: string;
  /** Until it is packed: whoever asks meanwhile need not have it made again. */
  result: ExecutionResult | undefined;
  packed: PackedBody | undefined;
}

/** Remembers what introspection answered: it depends on the schema and the document, never on the caller. */
export function createIntrospectionCache(now: () => number = () => performance.now()) {
  let kept: Kept[] = [];

  const find = (generation: Generation, key: string): Kept | undefined => {
    const found = kept.find((each) => each.key === key && each.generation.deref() === generation);
    if (!found) return undefined;
    // Used last, put first; schemas that are gone take their answers along.
    kept = [found, ...kept.filter((each) => each !== found && each.generation.deref() !== undefined)];
    return found;
  };

  const pack = async (answer: Kept, result: ExecutionResult): Promise<void> => {
    answer.packed = { gzip: await gzipAsync(JSON.stringify({ data: result.data })) };
    answer.result = undefined;
  };

  return {
    /** The whole body of the answer. */
    packed: (generation: Generation, key: string): PackedBody | undefined => find(generation, key)?.packed,
    async answer(
      generation: Generation,
      key: string,
      execute: () => Promise<ExecutionResult>,
    ): Promise<ExecutionResult> {
      const found = find(generation, key);
      if (found?.result) return { ...found.result };
      if (found?.packed) return JSON.parse(gunzipSync(found.packed.gzip).toString()) as ExecutionResult;
      const startedAt = now();
      const result = await execute();
      if (now() - startedAt < WORTH_KEEPING_MS || result.errors) return result;
      const answer: Kept = { generation: new WeakRef(generation), key, result, packed: undefined };
      kept = [answer, ...kept].slice(0, MAX_ANSWERS);
      pack(answer, result).catch(() => {
        kept = kept.filter((each) => each !== answer);
      });
      return { ...result };
    },
  };
}

export const introspectionKey = (operation: {
  readonly source: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}): string => JSON.stringify([operation.source, operation.operationName, operation.variables ?? {}]);
