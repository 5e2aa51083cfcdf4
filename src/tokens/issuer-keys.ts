import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { GatewayError } from '../kit/errors/index.ts';
import type { Send } from '../kit/http/index.ts';
import { isObject, type JsonObject } from '../kit/json.ts';
import { isLoopbackHost } from '../kit/this-machine.ts';

export interface IssuerKeysOptions {
  readonly jwksUri: string;
  /** Where there are no keys at `jwksUri`, they are where this issuer's openid-configuration says. Left out: nowhere else. */
  readonly issuer?: string | undefined;
  readonly send: Send;
  /** False where only tokens are checked that came from the issuer itself: nobody can make some up to have it asked over and over. @default true */
  readonly pauses?: boolean;
}

/** Keys younger than this are used without asking for them again, ms. */
const FRESH_MS = 4_000;
/** Keys older than this are used once the issuer was asked, ms: one that it removed stops working within 10 s. */
const MUST_ASK_MS = 9_000;
/** Key ids that are new make the keys be fetched again at most this often, ms: anybody can make some up. */
const NEW_ID_PAUSE_MS = 60_000;
/** After an issuer gave no keys, ms: until it is asked again, and until somebody waits for its answer again. */
const FAILURE_PAUSE_MS = 10_000;
const OUTAGE_MS = 60_000;
/** How long keys that were once fetched count while the issuer cannot be asked, ms: its outage is not yet ours. */
const KEPT_MS = 3600_000;
const TIMEOUT_MS = 5_000;
/** Ids of removed keys that are remembered. */
const MAX_REMOVED = 100;

interface Keys {
  readonly find: JWTVerifyGetKey;
  readonly ids: ReadonlySet<string>;
  /** When they were asked for, epoch ms. */
  readonly at: number;
}

/**
 * The keys an issuer signs with, as they are now.
 * @returns for jose: throws its JWKSNoMatchingKey for a key that the issuer does not have, GatewayError
 * UPSTREAM_UNAVAILABLE where it cannot be known now
 */
export function createIssuerKeys({ jwksUri, issuer, send, pauses = true }: IssuerKeysOptions): JWTVerifyGetKey {
  let kept: Keys | undefined;
  let fetching: Promise<Keys> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let address = jwksUri;
  const removed = new Set<string>();

  const fetchKeys = async (): Promise<Keys> => {
    const at = Date.now();
    const found = await findKeys(send, address, issuer);
    address = found.address;
    const ids = new Set(found.keys.keys.flatMap(({ kid }) => kid ?? []));
    return { find: createLocalJWKSet(found.keys), ids, at };
  };

  const keep = (keys: Keys): Keys => {
    for (const id of kept?.ids ?? []) if (!keys.ids.has(id)) removed.add(id);
    for (const id of keys.ids) removed.delete(id);
    for (const id of removed) if (removed.size > MAX_REMOVED) removed.delete(id);
    failedAt = Number.NEGATIVE_INFINITY;
    kept = keys;
    return keys;
  };

  /** Once at a time. @throws GatewayError UPSTREAM_UNAVAILABLE */
  const refresh = (): Promise<Keys> => {
    if (pauses && passedMs(failedAt) < FAILURE_PAUSE_MS) return Promise.reject(unavailable());
    fetching ??= fetchKeys()
      .then(keep, (cause: unknown) => {
        failedAt = Date.now();
        throw unavailable(cause);
      })
      .finally(() => {
        fetching = undefined;
      });
    return fetching;
  };

  const current = (): Keys | Promise<Keys> => {
    const known = kept;
    if (!known) return refresh();
    const ageMs = passedMs(known.at);
    if (ageMs < FRESH_MS) return known;
    const refreshed = refresh();
    const isAway = passedMs(failedAt) < OUTAGE_MS && ageMs < KEPT_MS;
    if (ageMs < MUST_ASK_MS || isAway) {
      refreshed.catch(() => {});
      return known;
    }
    return refreshed.catch((error: unknown) => {
      if (ageMs < KEPT_MS) return known;
      throw error;
    });
  };

  const isNew = (id: string | undefined): boolean =>
    kept !== undefined && id !== undefined && !kept.ids.has(id) && !removed.has(id);

  return async (header, token) => {
    if (!isNew(header.kid)) return (await current()).find(header, token);
    const leftMs = NEW_ID_PAUSE_MS - passedMs(kept?.at ?? 0);
    if (pauses && leftMs > 0) throw unavailable(undefined, Math.ceil(leftMs / 1_000));
    return (await refresh()).find(header, token);
  };
}

/** The keys of an OpenID issuer: at `jwksUri` when that is known, else where Auth0 has them, else where its configuration says. */
export function createOpenIdKeys({
  issuer,
  jwksUri,
  ...options
}: Omit<IssuerKeysOptions, 'jwksUri' | 'issuer'> & {
  readonly issuer: string;
  readonly jwksUri?: string | undefined;
}): JWTVerifyGetKey {
  if (jwksUri !== undefined) return createIssuerKeys({ jwksUri, ...options });
  return createIssuerKeys({ jwksUri: `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`, issuer, ...options });
}

/** A clock that was set back ends a pause instead of stretching it. */
function passedMs(since: number): number {
  const ms = Date.now() - since;
  return ms < 0 ? Number.POSITIVE_INFINITY : ms;
}

const unavailable = (cause?: unknown, retryAfter = FAILURE_PAUSE_MS / 1_000) =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    "The keys of the token's issuer cannot be fetched now, or do not show the token's key yet. Try again later.",
    { retryAfter, cause },
  );

async function findKeys(send: Send, address: string, issuer: string | undefined) {
  const atAddress = await fetchJson(send, address).catch((error: unknown) => {
    if (issuer === undefined) throw error;
  });
  if (isKeySet(atAddress)) return { address, keys: atAddress };
  const elsewhere = issuer === undefined ? undefined : await discover(send, issuer);
  const keys = elsewhere === undefined ? undefined : await fetchJson(send, elsewhere);
  if (elsewhere !== undefined && isKeySet(keys)) return { address: elsewhere, keys };
  throw new Error('an issuer answered without keys');
}

/** OpenID Connect Discovery 1.0, section 4: the document must name the very issuer that was asked for. */
async function discover(send: Send, issuer: string): Promise<string | undefined> {
  const found = await fetchJson(send, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (!isObject(found)) return undefined;
  const url = typeof found['jwks_uri'] === 'string' ? URL.parse(found['jwks_uri']) : null;
  const isSafe = url?.protocol === 'https:' || isLoopbackHost(new URL(issuer).hostname);
  return url && isSafe && found['issuer'] === issuer ? url.href : undefined;
}

async function fetchJson(send: Send, url: string): Promise<unknown> {
  const headers = { accept: 'application/json' };
  const { status, body } = await send({ method: 'GET', url, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  // Anything but a list of keys is no answer, whatever its status, and must not take the place of keys.
  if (status === 200) return JSON.parse(body.toString('utf8'));
  throw new Error(`an issuer answered HTTP ${status}`);
}

const isKeySet = (answer: unknown): answer is JSONWebKeySet & JsonObject =>
  isObject(answer) && Array.isArray(answer['keys']) && answer['keys'].every(isObject);
