import { createHash } from 'node:crypto';
import { Secret } from '../../../kit/errors/index.ts';
import type { Database } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { LateWrites } from './late-writes.ts';

/** An idempotency key is unique in this scope. */
export interface IdempotencyScope {
  /** The principal's id. */
  readonly caller: string;
  /** Key of the consent, or a text that identifies the token's owner. */
  readonly consent: string;
  /** The connection's name, which older gateways wrote instead, if the consent is from their time. */
  readonly formerly?: string | undefined;
  /** Site and company, in any fixed spelling. */
  readonly company: string;
  readonly mutation: string;
}

/**
 * - `first`: nobody has tried it; go on, and report the outcome.
 * - `outcome`: it was done; this is the answer to the first caller.
 * - `since`: an attempt began then and is in progress, or its process died. Epoch ms.
 * - `lost`: it was sent, and the outcome is unknown.
 * - `otherBody`: the key was used for a different write.
 */
export type IdempotencyBegin =
  | { readonly first: IdempotencyAttempt }
  | { readonly outcome: string }
  | { readonly since: number }
  | 'lost'
  | 'otherBody';

/** Reports how a first attempt ended. None of these rejects: if the database fails, the outcome is stored later. */
export interface IdempotencyAttempt {
  /** @param outcome any non-empty text, such as JSON; stored encrypted */
  finish(outcome: string): Promise<void>;
  /** It was sent, and the outcome is unknown. */
  lose(): Promise<void>;
  /** Frees the key: it is certain that nothing was changed, for example because the request was never sent. */
  abandon(): Promise<void>;
}

/** Outcomes of writes by their callers' keys, kept for 7 days. */
export interface IdempotencyStore {
  /** @param bodyDigest a digest of the body, which itself is not stored. */
  begin(scope: IdempotencyScope, key: string, bodyDigest: string): Promise<IdempotencyBegin>;
}

export interface IdempotencyStoreOptions {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly late: Pick<LateWrites, 'write'>;
  readonly now: () => number;
}

const KEPT_MS = 7 * 24 * 3600_000;

/** The stored outcome of an attempt whose answer was lost. */
const LOST = '';

/** The stored end of an attempt; the row and its expiry identify the attempt. */
interface Ended {
  readonly id: string;
  readonly endsAt: number;
  /** Left out: nothing was changed. */
  readonly outcome?: string;
}

/** Writes how an attempt ended, only over that attempt. */
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
    // An outcome that cannot be opened is unknown.
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
      // A write that began with an older gateway and is now repeated is the same write.
      if (scope.formerly !== undefined) {
        const formerly = { ...scope, consent: scope.formerly, formerly: undefined };
        const known = await read(formerly, key, bodyDigest);
        if (known) return known;
      }
      const id = toId(scope, key);
      const endsAt = now() + KEPT_MS;
      const taken = await database.query(BEGIN, [id, bodyDigest, endsAt, now()]);
      if (taken.length > 0) return { first: attemptAt(id, endsAt) };
      // It was freed between the two statements, so nothing was changed under it.
      return (await read(scope, key, bodyDigest)) ?? this.begin(scope, key, bodyDigest);
    },
  };
}

const placeOf = (id: string) => ({ table: 'outcomes', row: id, field: 'outcome' });

/** Callers may use any text as a key, so only its digest is stored. */
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
