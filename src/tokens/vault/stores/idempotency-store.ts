import { createHash } from 'node:crypto';
import { Secret } from '../../../kit/errors/index.ts';
import type { Database } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/** Within which an idempotency key means one thing. */
export interface IdempotencyScope {
  /** The principal's id. */
  readonly caller: string;
  /** Key of the consent, or a text that says whose token it is. */
  readonly consent: string;
  /** What an older gateway wrote in its place: the connection's name, where the consent is one from its time. */
  readonly formerly?: string | undefined;
  /** Site and company, in any fixed spelling. */
  readonly company: string;
  readonly mutation: string;
}

/**
 * - `first`: nobody has tried; go on, and say how it ended.
 * - `outcome`: it was done; this is what the first caller was told.
 * - `unfinished`: somebody began and has not ended, or died over it.
 * - `otherBody`: the key was used for something else.
 */
export type IdempotencyBegin = 'first' | { readonly outcome: string } | 'unfinished' | 'otherBody';

/** Outcomes of writes by the key their callers gave them, for 7 days. */
export interface IdempotencyStore {
  /** @param bodyDigest a digest of what is to be written; the body itself is not kept. */
  begin(scope: IdempotencyScope, key: string, bodyDigest: string): Promise<IdempotencyBegin>;
  /** @param outcome any text, such as JSON; kept encrypted. */
  finish(scope: IdempotencyScope, key: string, outcome: string): Promise<void>;
  /** Frees the key of an attempt that surely changed nothing, such as one whose request never left. */
  abandon(scope: IdempotencyScope, key: string): Promise<void>;
}

export interface IdempotencyStoreOptions {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly now: () => number;
  /** ms an outcome is kept. @default 7 days */
  readonly keptMs?: number;
}

const SEVEN_DAYS_MS = 7 * 24 * 3600_000;

export function createIdempotencyStore(options: IdempotencyStoreOptions): IdempotencyStore {
  const { database, keys, now, keptMs = SEVEN_DAYS_MS } = options;
  const place = (id: string) => ({ table: 'outcomes', row: id, field: 'outcome' });

  const read = async (scope: IdempotencyScope, key: string, bodyDigest: string) => {
    const id = toId(scope, key);
    const [row] = await database.query('SELECT * FROM outcomes WHERE id = $1 AND ends_at > $2', [id, now()]);
    if (!row) return undefined;
    if (row['body_digest'] !== bodyDigest) return 'otherBody';
    const sealed = row['outcome'];
    const outcome = typeof sealed === 'string' ? keys.open(sealed, place(id)) : undefined;
    // An outcome that cannot be opened is one that nobody knows.
    return outcome ? { outcome: outcome.reveal() } : 'unfinished';
  };

  return {
    async begin(scope, key, bodyDigest) {
      // Begun before the gateway was replaced by this one, and sent again since: it is the same write.
      if (scope.formerly !== undefined) {
        const formerly = { ...scope, consent: scope.formerly, formerly: undefined };
        const known = await read(formerly, key, bodyDigest);
        if (known) return known;
      }
      const id = toId(scope, key);
      const taken = await database.query(BEGIN, [id, bodyDigest, now() + keptMs, now()]);
      if (taken.length > 0) return 'first';
      // Freed between the two statements: whoever freed it changed nothing.
      return (await read(scope, key, bodyDigest)) ?? this.begin(scope, key, bodyDigest);
    },

    async finish(scope, key, outcome) {
      const id = toId(scope, key);
      const sealed = keys.seal(new Secret(outcome), place(id));
      await database.query('UPDATE outcomes SET outcome = $2, ends_at = $3 WHERE id = $1', [
        id,
        sealed,
        now() + keptMs,
      ]);
    },

    async abandon(scope, key) {
      await database.query('DELETE FROM outcomes WHERE id = $1 AND outcome IS NULL', [toId(scope, key)]);
    },
  };
}

/** The key itself may be anything its caller likes, so it is kept as a digest. */
function toId({ caller, consent, company, mutation }: IdempotencyScope, key: string): string {
  return createHash('sha256')
    .update(JSON.stringify([caller, consent, company, mutation, key]))
    .digest('hex');
}

const BEGIN = `
  INSERT INTO outcomes (id, body_digest, ends_at) VALUES ($1, $2, $3)
  ON CONFLICT (id) DO UPDATE SET body_digest = excluded.body_digest, outcome = NULL, ends_at = excluded.ends_at
  WHERE outcomes.ends_at <= $4
  RETURNING id`;
