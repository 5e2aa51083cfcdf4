import { GatewayError, type Secret } from '../kit/errors/index.ts';
import type { AccessToken, TokenSource } from './token-source.ts';

/** A caller's own token: handed on as it came, never renewed, dead once the upstream refused it. */
export function createPassThroughTokenSource(token: Secret): TokenSource {
  let current: AccessToken | undefined = { value: token, issuedAt: Date.now(), expiresAt: Number.POSITIVE_INFINITY };
  return {
    async get() {
      if (current) return current;
      throw new GatewayError('UNAUTHENTICATED', 'Sage refused the token sent with this request. Send a new one.');
    },
    drop(rejected) {
      if (current?.value.reveal() === rejected.value.reveal()) current = undefined;
    },
  };
}
