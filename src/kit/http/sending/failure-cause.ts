import type { HttpFailure } from '../send.ts';

/** Follows the name of the other side. Codes of Node, OpenSSL and undici; other codes have no words. */
const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at its address',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name cannot be looked up just now',
  EHOSTUNREACH: 'there is no route to its address',
  ENETUNREACH: 'there is no route to its address',
  ETIMEDOUT: 'its address does not respond',
  UND_ERR_CONNECT_TIMEOUT: 'its address does not respond',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  UND_ERR_SOCKET: 'it closed the connection',
  UND_ERR_HEADERS_TIMEOUT: 'it did not answer in time',
  UND_ERR_BODY_TIMEOUT: 'it did not answer in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed, which is not trusted here',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate comes from an authority that is not trusted here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes from an authority that is not trusted here',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host name',
  ERR_PROXY_UNREACHABLE: 'the outbound proxy cannot be reached',
  ERR_PROXY_TIMEOUT: 'the outbound proxy did not answer in time',
  ERR_PROXY_REFUSED: 'the outbound proxy does not let the gateway through to it',
  ERR_PROXY_CREDENTIALS: 'the outbound proxy wants a user name and password',
  EPROTO: 'it does not speak TLS as it should',
};

export interface FailureCause {
  /** Such as `ECONNREFUSED`. */
  readonly code: string;
  /** Such as `nothing listens at its address`. Contains nothing of the request and its address. */
  readonly words: string;
}

/** Why there was no answer. */
export function causeOf({ kind, cause }: HttpFailure): FailureCause {
  const given = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : kind;
  // Codes are words in capitals; other texts may contain anything.
  const code = /^[A-Z][A-Z0-9_]{2,60}$/.test(given) ? given : kind;
  const words = WORDS[code] ?? FOREIGN.find(([pattern]) => pattern.test(code))?.[1] ?? KINDS[kind];
  return { code, words };
}

const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/^HPE_/, 'it does not speak HTTP as it should'],
  [/^ERR_(SSL|TLS)_/, 'it does not speak TLS as it should'],
  [/CERT/, 'its certificate is not trusted here'],
];

const KINDS: Readonly<Record<HttpFailure['kind'], string>> = {
  refused: 'it cannot be reached',
  cut: 'the connection broke off',
  timeout: 'it did not answer in time',
  tooLarge: 'its answer is too large',
  aborted: 'the request was aborted',
  paused: 'it has been failing',
  crowded: 'too many requests wait for it',
};
