import { createHash, createHmac, randomBytes } from 'node:crypto';
import { decodeJwt } from 'jose';
import { GatewayError, Secret } from '../kit/errors/index.ts';
import { createPassThroughTokenSource, type TokenSource } from '../tokens/index.ts';
import type { CallerKind, CallersSettings } from './callers-settings.ts';
import type { Principal } from './principal.ts';
import { wrongCredentials } from './unauthenticated.ts';

export interface PassThroughCallersOptions {
  readonly settings: CallersSettings['passThrough'];
  /** Asks Sage 200 for the token's sites. @throws when Sage refuses it, or cannot be asked. */
  readonly proveSageToken: (token: Secret) => Promise<void>;
  readonly now: () => number;
}

/** How long a proof counts, ms, and how many are kept. */
const PROOF_LIFE_MS = 60_000;
const MAX_PROOFS = 1_000;

/** Callers who bring their own Sage ID token: believed once Sage 200 has accepted it. */
export function createPassThroughCallers({
  settings,
  proveSageToken,
  now,
}: PassThroughCallersOptions): CallerKind<Principal> {
  // By digest, so that a token stays in memory no longer than its request.
  const proofs = new Map<string, { readonly done: Promise<void>; readonly until: number }>();
  // Different in every process: the identity cannot be computed from a token seen elsewhere.
  const identityKey = randomBytes(32);

  const prove = (digest: string, token: Secret): Promise<void> => {
    const known = proofs.get(digest);
    if (known && now() < known.until) return known.done;
    const done = proveSageToken(token);
    proofs.delete(digest);
    if (proofs.size >= MAX_PROOFS) forgetOldest(proofs);
    const proof = { done, until: now() + PROOF_LIFE_MS };
    proofs.set(digest, proof);
    // A refusal is not remembered: a flood of wrong tokens must not push out the proofs of right ones for long.
    done.catch(() => {
      if (proofs.get(digest) === proof) proofs.delete(digest);
    });
    return done;
  };

  return {
    async identify(bearer) {
      if (!settings) return undefined;
      const token = new Secret(bearer);
      const digest = createHash('sha256').update(bearer).digest('hex');
      await prove(digest, token).catch((error: unknown) => {
        throw isTemporary(error) ? error : wrongCredentials(error);
      });
      const key = `token:${createHmac('sha256', identityKey).update(bearer).digest('hex').slice(0, 32)}`;
      const tokens = forgetWhenDropped(createPassThroughTokenSource(token), () => proofs.delete(digest));
      const { tenants, readOnly } = settings;
      return {
        id: personOf(bearer) ?? key,
        kind: 'passThrough',
        sage200: { key, tokens },
        companies: 'all',
        tenants,
        readOnly,
        admin: false,
      };
    },
  };
}

/**
 * The person whose token it is, the same with the next token: what they wrote under an idempotency key stays theirs.
 * Read only from a token that Sage has accepted, and so has checked. Undefined for a token that is no JWT.
 */
function personOf(bearer: string): string | undefined {
  try {
    const { sub } = decodeJwt(bearer);
    return sub === undefined || sub === '' ? undefined : `sage-id:${sub}`;
  } catch {
    return undefined;
  }
}

/** A token that Sage refused later is no longer proved. */
function forgetWhenDropped(tokens: TokenSource, forget: () => void): TokenSource {
  return {
    get: () => tokens.get(),
    drop(rejected) {
      forget();
      tokens.drop(rejected);
    },
  };
}

/** A Sage 200 that is down says nothing about a token: the caller hears of the outage, not of wrong credentials. */
const isTemporary = (error: unknown) => error instanceof GatewayError && TEMPORARY.has(error.code);

const TEMPORARY = new Set(['UPSTREAM_UNAVAILABLE', 'UPSTREAM_TIMEOUT', 'RATE_LIMITED']);

function forgetOldest(map: Map<string, unknown>): void {
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
