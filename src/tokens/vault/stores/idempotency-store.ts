import { createHash } from 'node:crypto';
import { Secret } from '../../../kit/errors/index.ts';
import type { Database } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { LateWrites } from './late-writes.ts';

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
 * - `since`: somebody began and has not ended, or died over it. Epoch ms.
 * - `lost`: it was sent, and nobody knows whether it was done.
 * - `otherBody`: the key was used for something else.
 */
export type IdempotencyBegin =
  | { readonly first: IdempotencyAttempt }
  | { readonly outcome: string }
  | { readonly since: number }
  | 'lost'
  | 'otherBody';

/** How a first attempt ended. None of these rejects: what the database does not take now, it takes later. */
export interface IdempotencyAttempt {
  /** @param outcome any text but an empty one, such as JSON; kept encrypted */
  finish(outcome: string): Promise<void>;
  /** It was sent, and nobody knows whether it was done. */
  lose(): Promise<void>;
  /** Frees the key: surely nothing was changed, such as when its request never left. */
  abandon(): Promise<void>;
}

/** Outcomes of writes by the key their callers gave them, for 7 days. */
export interface IdempotencyStore {
  /** @param bodyDigest a digest of what is to be written; the body itself is not kept. */
  begin(scope: IdempotencyScope, key: string, bodyDigest: string): Promise<IdempotencyBegin>;
}

export interface IdempotencyStoreOptions {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly late: Pick<LateWrites, 'write'>;
  readonly now: () => number;
}

/** ms an outcome is kept. */
const KEPT_MS = 7 * 24 * 3600_000;

/** Of an attempt whose answer was lost. */
const LOST = '';

/** How an attempt ended, as it is written; an attempt is known by its row and when that ends. */
interface Ended {
  readonly id: string;
  readonly endsAt: number;
  /** Left out: nothing was done. */
  readonly outcome?: string;
}

/** Writes how an attempt ended, over that attempt and no other. */
export const createOutcomeWriter =
  ({ database, keys }: Pick<IdempotencyStoreOptions, 'database' | 'keys'>) =>
  async ({ id, endsAt, outcome }: Ended): Promise<void> => {
    if (outcome === undefined) await database.query(ABANDON, [id, endsAt]);
    else await database.query(FINISH, [id, endsAt, keys.seal(new Secret(outcome), placeOf(id))]);
  };

export function createIdempotencyStore({ database, keys, late, now }: IdempotencyStoreOptions): IdempotencyStore {
  const read = async (
    scope: IdempotencyScope,
    key: string,
    bodyDigest: string,
  ): Promise<Exclude<IdempotencyBegin, { first: unknown }> | undefined> => {
    const id = toId(scope, key);
    const [row] = await database.query('SELECT * FROM outcomes WHERE id = $1 AND ends_at > $2', [id, now()]);
    if (!row) return undefined;
    if (row['body_digest'] !== bodyDigest) return 'otherBody';
    const sealed = row['outcome'];
    if (typeof sealed !== 'string') return { since: Number(row['ends_at']) - KEPT_MS };
    // An outcome that cannot be opened is one that nobody knows.
    const outcome = keys.open(sealed, placeOf(id))?.reveal() ?? LOST;
    return outcome === LOST ? 'lost' : { outcome };
  };

  const attemptAt = (id: string, endsAt: number): IdempotencyAttempt => ({
    finish: (outcome) => late.write('outcome', { id, endsAt, outcome } satisfies Ended),
    lose: () => late.write('outcome', { id, endsAt, outcome: LOST } satisfies Ended),
    abandon: () => late.write('outcome', { id, endsAt } satisfies Ended),
  });

  return {
    async begin(scope, key, bodyDigest) {
      // Begun before the gateway was replaced by this one, and sent again since: it is the same write.
      if (scope.formerly !== undefined) {
        const formerly = { ...scope, consent: scope.formerly, formerly: undefined };
        const known = await read(formerly, key, bodyDigest);
        if (known) return known;
      }
      const id = toId(scope, key);
      const endsAt = now() + KEPT_MS;
      const taken = await database.query(BEGIN, [id, bodyDigest, endsAt, now()]);
      if (taken.length > 0) return { first: attemptAt(id, endsAt) };
      // Freed between the two statements: anyone who freed it changed nothing.
      return (await read(scope, key, bodyDigest)) ?? this.begin(scope, key, bodyDigest);
    },
  };
}

const placeOf = (id: string) => ({ table: 'outcomes', row: id, field: 'outcome' });

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

const FINISH = 'UPDATE outcomes SET outcome = $3 WHERE id = $1 AND ends_at = $2';

const ABANDON = 'DELETE FROM outcomes WHERE id = $1 AND ends_at = $2 AND outcome IS NULL';
