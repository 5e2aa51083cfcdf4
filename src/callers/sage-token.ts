import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Send } from '../kit/http/index.ts';
import { createOpenIdKeys } from '../tokens/index.ts';
import { SIGNATURE_ALGORITHMS, toSignatureError } from './kinds/jwt.ts';
import { wrongCredentials } from './unauthenticated.ts';

/** Which Sage ID tokens are accepted. */
export interface SageTokenRules {
  /** Compared as text. */
  readonly issuer: string;
  /** @default found below the issuer */
  readonly jwksUri?: string | undefined;
  readonly audience: string;
  /** How much this machine's clock and Sage's may differ, ms. */
  readonly clockToleranceMs: number;
}

export interface SageTokenCheckOptions extends SageTokenRules {
  /** The applications that a token may have been issued to. */
  readonly clients: ReadonlySet<string>;
  /** Fetches the issuer's keys. */
  readonly send: Send;
  readonly now: () => number;
}

/** An account at Sage ID, from its own token. */
export interface SageAccount {
  readonly subject: string;
  /** In lower case; undefined unless the token says that it is verified. */
  readonly email: string | undefined;
}

/**
 * Checks Sage ID access tokens locally.
 * @returns a function that returns the account of a token, or undefined for a token that is not a JWT.
 * It throws GatewayError UNAUTHENTICATED, or UPSTREAM_UNAVAILABLE while the keys cannot be fetched.
 */
export function createSageTokenCheck(options: SageTokenCheckOptions) {
  const { issuer, jwksUri, audience, clockToleranceMs, clients, send, now } = options;
  const keys = createOpenIdKeys({ issuer, jwksUri, send });

  return async (token: string): Promise<SageAccount | undefined> => {
    if (!isJwt(token)) return undefined;
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: SIGNATURE_ALGORITHMS,
      clockTolerance: clockToleranceMs / 1_000,
      currentDate: new Date(now()),
      requiredClaims: ['exp', 'sub'],
    }).catch((error: unknown) => {
      throw isAudienceFault(error) ? issuedForAnotherApi() : toSignatureError(error);
    });
    if (!isIssuedToOneOf(clients, payload)) throw issuedToAnotherApplication();
    if (typeof payload.sub !== 'string' || payload.sub === '') throw wrongCredentials();
    return { subject: payload.sub, email: verifiedEmailOf(payload) };
  };
}

function isJwt(token: string): boolean {
  try {
    // An encrypted token has a readable header, but nothing else.
    return decodeProtectedHeader(token).alg !== undefined && decodeJwt(token) !== undefined;
  } catch {
    return false;
  }
}

/** Auth0 uses `azp`, RFC 9068 `client_id`. If there are both, both must be listed. */
function isIssuedToOneOf(clients: ReadonlySet<string>, claims: JWTPayload): boolean {
  const named = [claims['azp'], claims['client_id']].filter((value) => value !== undefined);
  return named.length > 0 && named.every((value) => typeof value === 'string' && clients.has(value));
}

function verifiedEmailOf({ email, email_verified: verified }: JWTPayload): string | undefined {
  return typeof email === 'string' && (verified === true || verified === 'true') ? email.toLowerCase() : undefined;
}

// The token is genuine, so the message tells its sender nothing that is not in the token.
const issuedForAnotherApi = () =>
  wrongCredentials(
    undefined,
    'This Sage ID token is for another API. Send one that was requested with the audience of Sage 200 (sage200.audience).',
  );

const issuedToAnotherApplication = () =>
  wrongCredentials(
    undefined,
    "This Sage ID token was issued to another application. Send one that was issued to this gateway, or ask the operator to add the application's client id (azp or client_id) to callers.passThrough.clients.",
  );

const isAudienceFault = (error: unknown) => error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud';
