import { hash } from 'node:crypto';
import { BoundedCache } from '../../../kit/cache.ts';
import { unavailable } from '../errors.ts';
import type { SchemaReader } from './schema-reader.ts';

/** The schema of an answer, packed if it is new. */
export interface ShownSchema {
  readonly digest: string;
  readonly packed: Buffer | undefined;
  /** SHA-256 of the tenant's answer as it was sent. */
  readonly answer: string;
}

export interface SchemaAnswers {
  /** @throws GatewayError if it contains no schema */
  read(tenant: string, answer: Buffer): Promise<ShownSchema>;
  /** Remembers an answer that an earlier process read. */
  remember(answer: string, digest: string): void;
  /** Reads the next answer with this schema again, even if its bytes are the same. */
  forget(digest: string): void;
}

/** A limit is needed: a server may put something like a timestamp into each answer, so that no two are the same. */
const MAX_KNOWN_BYTES = 1_000;

/**
 * Reads answers to introspection, but the same bytes only once: tenants on the same release send the same answer, all at once when
 * a gateway starts, and again at each refresh.
 * @param isKept whether the schema is available without its answer
 */
export function createSchemaAnswers(reader: SchemaReader, isKept: (digest: string) => boolean): SchemaAnswers {
  const digestByBytes = new BoundedCache<string, string>({ name: 'schema answers', maxEntries: MAX_KNOWN_BYTES });
  const reading = new Map<string, ReturnType<SchemaReader['read']>>();
  return {
    async read(tenant, answer) {
      const bytes = hash('sha256', answer, 'base64');
      const known = digestByBytes.get(bytes);
      if (known !== undefined && isKept(known)) return { digest: known, packed: undefined, answer: bytes };
      const underWay = reading.get(bytes) ?? reader.read(answer).finally(() => reading.delete(bytes));
      reading.set(bytes, underWay);
      const found = await underWay.catch((cause: unknown) => {
        const isTheirs = cause instanceof TypeError;
        throw unavailable(tenant, `shows a schema that ${isTheirs ? 'cannot' : 'could not'} be read`, cause);
      });
      if (!found) throw unavailable(tenant, 'does not show its schema');
      digestByBytes.set(bytes, found.digest);
      return { ...found, answer: bytes };
    },
    remember: (answer, digest) => digestByBytes.set(answer, digest),
    forget: (digest) => digestByBytes.deleteWhere((known) => known === digest),
  };
}
