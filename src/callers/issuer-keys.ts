import { createRemoteJWKSet, customFetch } from 'jose';
import type { Send } from '../kit/http/index.ts';

export interface IssuerKeysOptions {
  readonly jwksUri: string;
  readonly send: Send;
}

/** Unknown key ids make the keys be fetched again at most this often, ms. */
const PAUSE_MS = 60_000;
/** While there are no keys at all, ms: an issuer that comes back should not have to wait a minute for us. */
const FIRST_PAUSE_MS = 10_000;
const TIMEOUT_MS = 5_000;
/** How long keys that were once fetched count while the issuer cannot be asked, ms: its outage is not yet ours. */
const KEPT_MS = 3600_000;

/** The keys an issuer signs with: fetched when needed, kept, and fetched anew when it signs with one that is unknown. */
export function createIssuerKeys({ jwksUri, send }: IssuerKeysOptions) {
  let kept: { readonly text: string; readonly at: number } | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;

  const fetchKeys = async (url: string, headers: Headers, signal: AbortSignal): Promise<string> => {
    const { status, body } = await send({ method: 'GET', url, headers: Object.fromEntries(headers), signal });
    const text = body.toString('utf8');
    // Anything but a list of keys is no answer, whatever its status, and must not take the place of keys.
    if (status === 200 && hasKeys(JSON.parse(text))) return text;
    throw new Error(`an issuer answered HTTP ${status} and no keys`);
  };

  const fetchOrKeep = async (url: string, headers: Headers, signal: AbortSignal): Promise<string> => {
    const passedMs = Date.now() - failedAt;
    // A clock that was set back ends the pause instead of stretching it.
    if (passedMs >= 0 && passedMs < FIRST_PAUSE_MS) throw new Error('an issuer gave no keys just now');
    try {
      kept = { text: await fetchKeys(url, headers, signal), at: Date.now() };
    } catch (error) {
      if (!kept || Date.now() - kept.at > KEPT_MS) {
        failedAt = Date.now();
        throw error;
      }
    }
    return kept.text;
  };

  return createRemoteJWKSet(new URL(jwksUri), {
    cooldownDuration: PAUSE_MS,
    timeoutDuration: TIMEOUT_MS,
    [customFetch]: async (url, { signal, headers }) =>
      new Response(await fetchOrKeep(url, new Headers(headers), signal)),
  });
}

const hasKeys = (answer: unknown): boolean =>
  typeof answer === 'object' && answer !== null && 'keys' in answer && Array.isArray(answer.keys);
