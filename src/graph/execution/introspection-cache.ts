import type { ExecutionResult } from 'graphql';
import type { Generation } from '../schema/combine-schemas.ts';

/** Answers kept, over all schemas: one may be tens of megabytes, and tools ask the same thing again and again. */
const MAX_ANSWERS = 3;
/** Quicker ones are not worth their place. */
const WORTH_KEEPING_MS = 20;

interface Kept {
  readonly generation: WeakRef<Generation>;
  readonly key: string;
  readonly result: ExecutionResult;
}

/** Remembers what introspection answered: it depends on the schema and the document, never on the caller. */
export function createIntrospectionCache(now: () => number = () => performance.now()) {
  let kept: Kept[] = [];
  return async (
    generation: Generation,
    key: string,
    execute: () => Promise<ExecutionResult>,
  ): Promise<ExecutionResult> => {
    const found = kept.find((each) => each.key === key && each.generation.deref() === generation);
    // Schemas that are gone take their answers along.
    kept = kept.filter((each) => each !== found && each.generation.deref() !== undefined);
    if (found) {
      kept.unshift(found);
      return { ...found.result };
    }
    const startedAt = now();
    const result = await execute();
    if (now() - startedAt < WORTH_KEEPING_MS) return result;
    kept = [{ generation: new WeakRef(generation), key, result }, ...kept].slice(0, MAX_ANSWERS);
    return { ...result };
  };
}
