import type { GraphQLSchema } from 'graphql';
import { BoundedCache } from '../../../kit/cache.ts';
import { buildSchema } from './build-schema.ts';
import { PackedSchema } from './packed-schema.ts';

/**
 * Types of all schemas in memory. One that has been asked for its fields takes about 2.5 kB, so this is some 100 MB when
 * every tool has looked at everything, and a tenth of it before: twenty releases of the ERP's usual size.
 */
const MAX_HELD_TYPES = 40_000;
/** There are never so many: each has types. */
const MAX_HELD = 10_000;

interface HeldSchema {
  readonly schema: GraphQLSchema;
  readonly types: number;
}

/** Schemas in memory by digest. The ones that were used longest ago are let go; an operation that works with one keeps it until its end. */
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

  /** @throws TypeError when that is not a packed schema of this release */
  add(digest: string, packed: Buffer): void {
    const read = new PackedSchema(packed);
    this.#held.set(digest, { schema: buildSchema(read), types: read.typeCount });
  }

  delete(digest: string): void {
    this.#held.delete(digest);
  }
}
