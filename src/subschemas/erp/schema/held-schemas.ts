import type { GraphQLSchema } from 'graphql';
import { BoundedCache } from '../../../kit/cache.ts';
import { buildSchema } from './build-schema.ts';
import { PackedSchema } from './packed-schema.ts';

/**
 * Maximum number of types of all schemas in memory. A type whose fields have been used takes about 2.5 kB, so this is about 100 MB if
 * tools have looked at everything, and a tenth of that before: twenty releases of the ERP's usual size.
 */
const MAX_HELD_TYPES = 40_000;
/** Never reached, since each schema has types. */
const MAX_HELD = 10_000;

interface HeldSchema {
  readonly schema: GraphQLSchema;
  readonly types: number;
}

/** Schemas in memory by digest. The least recently used ones are evicted; running operations keep theirs until they end. */
export class HeldSchemas {
  readonly #held: BoundedCache<string, HeldSchema>;

  constructor(maxTypes = MAX_HELD_TYPES) {
    this.#held = new BoundedCache({
      name: 'schemas',
      maxEntries: MAX_HELD,
      maxWeight: maxTypes,
      weigh: (_, { types }) => types,
      keepsLast: true,
    });
  }

  has(digest: string): boolean {
    return this.#held.has(digest);
  }

  use(digest: string): GraphQLSchema | undefined {
    return this.#held.get(digest)?.schema;
  }

  /** @throws TypeError if it is not a packed schema of this release */
  add(digest: string, packed: Buffer): void {
    const read = new PackedSchema(packed);
    this.#held.set(digest, { schema: buildSchema(read), types: read.typeCount });
  }

  delete(digest: string): void {
    this.#held.delete(digest);
  }
}
