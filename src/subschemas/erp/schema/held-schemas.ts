import type { GraphQLSchema } from 'graphql';
import { buildSchema } from './build-schema.ts';
import { PackedSchema } from './packed-schema.ts';

/**
 * Types of all schemas in memory. One that has been asked for its fields takes about 2.5 kB, so this is some 100 MB when
 * every tool has looked at everything, and a tenth of it before: twenty releases of the ERP's usual size.
 */
const MAX_HELD_TYPES = 40_000;

interface HeldSchema {
  readonly schema: GraphQLSchema;
  readonly types: number;
  /** The higher, the later. */
  lastUse: number;
}

/** Schemas in memory by digest. The ones that were used longest ago are let go; whoever works with one keeps it until he is done. */
export class HeldSchemas {
  readonly #maxTypes: number;
  readonly #held = new Map<string, HeldSchema>();
  #uses = 0;

  constructor(maxTypes = MAX_HELD_TYPES) {
    this.#maxTypes = maxTypes;
  }

  has(digest: string): boolean {
    return this.#held.has(digest);
  }

  use(digest: string): GraphQLSchema | undefined {
    const found = this.#held.get(digest);
    if (!found) return undefined;
    this.#uses += 1;
    found.lastUse = this.#uses;
    return found.schema;
  }

  /** @throws TypeError when that is no packed schema of this release */
  add(digest: string, packed: Buffer): void {
    const read = new PackedSchema(packed);
    this.#uses += 1;
    this.#held.set(digest, { schema: buildSchema(read), types: read.typeCount, lastUse: this.#uses });
    let types = [...this.#held.values()].reduce((sum, each) => sum + each.types, 0);
    for (const [old, each] of [...this.#held].sort(([, one], [, other]) => one.lastUse - other.lastUse)) {
      // The last one stays, however large it is.
      if (types <= this.#maxTypes || old === digest) break;
      this.#held.delete(old);
      types -= each.types;
    }
  }

  delete(digest: string): void {
    this.#held.delete(digest);
  }
}
