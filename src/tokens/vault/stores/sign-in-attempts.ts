import { createHash } from 'node:crypto';
import { Secret } from '../../../kit/errors/index.ts';
import type { Database } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/** A sign-in that a browser has begun and not yet finished. */
export interface SignInAttempt {
  readonly state: Secret;
  readonly nonce: Secret;
  /** PKCE's verifier; undefined when PKCE is switched off. */
  readonly verifier: Secret | undefined;
  /** The requested name; undefined: the person's own connection. */
  readonly connection: string | undefined;
  /** Id of the connect link that began it. */
  readonly link?: string | undefined;
  readonly returnTo: string;
  /** The caller that began it, if known. */
  readonly begunBy: { readonly id: string; readonly admin: boolean } | undefined;
  /** Epoch ms. */
  readonly endsAt: number;
}

/**
 * Attempts are kept in their browsers, sealed. Nothing is stored here until an attempt comes back, so one person's attempts
 * cannot displace another's. Every process on the vault can open what any of them sealed.
 */
export interface SignInAttempts {
  /** Public name of the attempt in the browser: 16 hex digits. */
  nameOf(state: Secret): string;
  /** About 400 bytes, and four thirds of the length of `returnTo`; only characters that are allowed in a cookie. */
  seal(attempt: SignInAttempt): Secret;
  /** @returns undefined for a value that was sealed under another name or key, was changed, or has expired. */
  open(name: string, sealed: Secret): SignInAttempt | undefined;
  /**
   * Seals the answer to a `state`, so that a browser can be redirected with it: a form from another site brings no cookie,
   * and the URL of the redirect must not show a code.
   */
  sealAnswer(state: Secret, answer: Secret): Secret;
  /** @returns undefined for a value that was sealed under another name or key, or was changed. */
  openAnswer(name: string, sealed: Secret): Secret | undefined;
  /** Uses up an attempt, for all processes. @returns whether this was the first use. */
  use(attempt: SignInAttempt): Promise<boolean>;
}

export interface SignInAttemptsOptions {
  /** Part of every seal, because two vaults may have the same key. */
  readonly vaultId: string;
  readonly database: Database;
  readonly keys: KeyRing;
  readonly now: () => number;
}

export function createSignInAttempts({ vaultId, database, keys, now }: SignInAttemptsOptions): SignInAttempts {
  // A key for each attempt: strangers may begin any number of attempts, and a shared key could be used so often that its IVs repeat.
  const sealsOf = (name: string) => keys.derive(`sign-in attempt ${vaultId} ${name}`);
  const place = (name: string) => ({ table: 'sign_ins', row: name, field: 'attempt' });
  const answerSealsOf = (name: string) => keys.derive(`sign-in answer ${vaultId} ${name}`);
  const answerPlace = (name: string) => ({ table: 'sign_ins', row: name, field: 'answer' });
  return {
    nameOf,
    seal(attempt) {
      const name = nameOf(attempt.state);
      return new Secret(sealsOf(name).seal(new Secret(toText(attempt)), place(name)));
    },
    open(name, sealed) {
      const text = sealsOf(name).open(sealed.reveal(), place(name));
      const attempt = text && parseText(text);
      return attempt && attempt.endsAt > now() ? attempt : undefined;
    },
    sealAnswer(state, answer) {
      const name = nameOf(state);
      return new Secret(answerSealsOf(name).seal(answer, answerPlace(name)));
    },
    openAnswer: (name, sealed) => answerSealsOf(name).open(sealed.reveal(), answerPlace(name)),
    async use({ state, endsAt }) {
      // In the table of idempotency keys, which also allow one use: until it expires, a second use finds the first.
      const id = createHash('sha256').update('sign-in').update(state.reveal()).digest('hex');
      const first = await database.query(
        `INSERT INTO outcomes (id, body_digest, ends_at) VALUES ($1, '', $2) ON CONFLICT (id) DO NOTHING RETURNING id`,
        [id, endsAt],
      );
      return first.length > 0;
    },
  };
}

const nameOf = (state: Secret): string => createHash('sha256').update(state.reveal()).digest('hex').slice(0, 16);

type Fields = [
  state: string,
  nonce: string,
  verifier: string | null,
  connection: string | null,
  returnTo: string,
  begunBy: SignInAttempt['begunBy'] | null,
  endsAt: number,
  link?: string,
];

function toText({ state, nonce, verifier, connection, returnTo, begunBy, endsAt, link }: SignInAttempt): string {
  const fields = [
    state.reveal(),
    nonce.reveal(),
    verifier?.reveal() ?? null,
    connection ?? null,
    returnTo,
    begunBy ?? null,
    endsAt,
    ...(link === undefined ? [] : [link]),
  ] as Fields;
  return JSON.stringify(fields);
}

function parseText(text: Secret): SignInAttempt {
  // The gateway sealed it, so it has the form that `seal` wrote.
  const [state, nonce, verifier, connection, returnTo, begunBy, endsAt, link] = JSON.parse(text.reveal()) as Fields;
  return {
    state: new Secret(state),
    nonce: new Secret(nonce),
    verifier: verifier === null ? undefined : new Secret(verifier),
    connection: connection ?? undefined,
    returnTo,
    begunBy: begunBy ?? undefined,
    endsAt,
    ...(link !== undefined && { link }),
  };
}
