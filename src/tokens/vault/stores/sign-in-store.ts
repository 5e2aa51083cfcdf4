import { Secret } from '../../../kit/errors/index.ts';
import type { Database } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/** A sign-in that a browser has begun and not yet come back from. */
export interface SignInAttempt {
  /** Digest of `state`. */
  readonly id: string;
  /** Digest of the secret in the cookie of the browser that began. */
  readonly browser: string;
  /** PKCE's verifier; undefined when PKCE is switched off. */
  readonly verifier: Secret | undefined;
  readonly nonce: Secret;
  /** The name asked for; undefined: a connection of the person's own. */
  readonly connection: string | undefined;
  readonly returnTo: string;
  /** Epoch ms. */
  readonly endsAt: number;
}

/** In the vault, so that whichever instance the browser comes back to can finish. */
export interface SignInStore {
  begin(attempt: SignInAttempt): Promise<void>;
  /** Hands the attempt out once, to the browser that began it, while it lasts. */
  take(id: string, browser: string): Promise<SignInAttempt | undefined>;
}

export interface SignInStoreOptions {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly now: () => number;
}

export function createSignInStore({ database, keys, now }: SignInStoreOptions): SignInStore {
  const place = (id: string) => ({ table: 'sign_ins', row: id, field: 'secrets' });
  return {
    async begin({ id, browser, verifier, nonce, connection, returnTo, endsAt }) {
      const secrets = new Secret(JSON.stringify([nonce.reveal(), verifier?.reveal() ?? null]));
      await database.query('INSERT INTO sign_ins VALUES ($1, $2, $3, $4, $5, $6)', [
        id,
        browser,
        keys.seal(secrets, place(id)),
        connection ?? null,
        returnTo,
        endsAt,
      ]);
    },

    async take(id, browser) {
      const [row] = await database.query('DELETE FROM sign_ins WHERE id = $1 AND browser = $2 RETURNING *', [
        id,
        browser,
      ]);
      const secrets = parseSecrets(row && keys.open(String(row['secrets']), place(id)));
      if (!row || !secrets || Number(row['ends_at']) <= now()) return undefined;
      const connection = row['connection'];
      return {
        id,
        browser,
        ...secrets,
        connection: typeof connection === 'string' ? connection : undefined,
        returnTo: String(row['return_to']),
        endsAt: Number(row['ends_at']),
      };
    },
  };
}

function parseSecrets(opened: Secret | undefined): Pick<SignInAttempt, 'nonce' | 'verifier'> | undefined {
  if (!opened) return undefined;
  // Sealed by us, so it is what `begin` wrote.
  const [nonce = '', verifier = null] = JSON.parse(opened.reveal()) as [string?, (string | null)?];
  return { nonce: new Secret(nonce), verifier: verifier === null ? undefined : new Secret(verifier) };
}
