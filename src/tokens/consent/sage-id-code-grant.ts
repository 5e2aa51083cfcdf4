import { errors, jwtVerify } from 'jose';
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  clockSkew,
  clockTolerance,
  customFetch,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client';
import { Secret } from '../../kit/errors/index.ts';
import type { HttpResponse } from '../../kit/http/index.ts';
import { parseObject } from '../../kit/json.ts';
import { createOpenIdKeys } from '../issuer-keys.ts';
import {
  createTransport,
  type Exchange,
  type SageIdAnswer,
  type SageIdClientOptions,
  toAnswer,
  toConfiguration,
  toRequestError,
  toResponse,
  UNREPEATABLE_MS,
} from '../sage-id-client.ts';

export interface SageIdCodeGrantOptions extends SageIdClientOptions {
  readonly authorizeUrl: string;
  readonly audience: string;
  readonly scopes: readonly string[];
  readonly pkce: boolean;
  /** URL of the issuer's signing keys. @default found below the issuer */
  readonly jwksUri?: string | undefined;
  /** Whether an e-mail address counts as verified if the id_token has no `email_verified`. */
  readonly emailVerifiedMissing: 'refuse' | 'accept';
  /** How much this machine's clock and Sage's may differ, ms: an id_token is accepted for that long after it expires. @default 30_000 */
  readonly clockToleranceMs?: number;
}

/** What an attempt must remember until its browser returns. */
export interface CodeChallenge {
  readonly url: string;
  readonly state: Secret;
  readonly nonce: Secret;
  readonly verifier: Secret | undefined;
}

/** Who signed in, from the id_token. */
export interface SageIdPerson {
  readonly subject: string;
  readonly email: string | undefined;
  /** What Sage ID says; `missing` if it says nothing and that is not accepted. */
  readonly emailVerified: boolean | 'missing';
  readonly name: string | undefined;
}

export interface CodeAnswer extends SageIdAnswer {
  readonly person: SageIdPerson;
}

export interface SageIdCodeGrant {
  readonly issuer: string;
  challenge(redirectUri: string): Promise<CodeChallenge>;
  /**
   * Exchanges a code for tokens, once: issuers end the tokens of a code that is used twice.
   * @param search the callback's query, with its `?`
   * @throws TokenRequestError; IdTokenError if Sage's answer does not prove who signed in
   */
  exchange(
    search: string,
    redirectUri: string,
    challenge: Pick<CodeChallenge, 'state' | 'nonce' | 'verifier'>,
  ): Promise<CodeAnswer>;
}

/** The id_token is invalid, is missing, or has a signature that cannot be checked now. */
export class IdTokenError extends Error {
  override readonly name = 'IdTokenError';
  readonly reason: 'missing' | 'wrong' | 'unchecked';
  /** To be revoked. */
  readonly refreshToken: Secret | undefined;

  constructor(reason: IdTokenError['reason'], refreshToken: Secret | undefined) {
    super(`the id_token is ${reason}`);
    this.reason = reason;
    this.refreshToken = refreshToken;
  }
}

/** OpenID Connect Core 3.1.3.7: the default algorithm of an id_token. Never `none`. */
const SIGNED_WITH = ['RS256'];

/** The authorization code grant at Sage ID, with the gateway's own transport. The library's errors quote tokens, so none leaves this file. */
export function createSageIdCodeGrant(options: SageIdCodeGrantOptions): SageIdCodeGrant {
  const {
    issuer,
    authorizeUrl,
    audience,
    scopes,
    pkce,
    clientId,
    unrepeatableMs = UNREPEATABLE_MS,
    clockToleranceMs = 30_000,
    now = Date.now,
  } = options;
  const toleranceS = clockToleranceMs / 1_000;
  const keys = createOpenIdKeys({ issuer, jwksUri: options.jwksUri, send: options.send, pauses: false });

  const configure = () =>
    toConfiguration(
      options,
      { authorization_endpoint: authorizeUrl },
      { [clockTolerance]: toleranceS, [clockSkew]: Math.round((now() - Date.now()) / 1000) },
    );

  /** Checked with the issuer's own keys, whatever TLS guarantees: a proxy may terminate TLS. */
  const checkSignature = async (idToken: Secret, refreshToken: Secret | undefined): Promise<void> => {
    try {
      await jwtVerify(idToken.reveal(), keys, {
        issuer,
        audience: clientId,
        algorithms: SIGNED_WITH,
        clockTolerance: toleranceS,
        currentDate: new Date(now()),
      });
    } catch (error) {
      throw new IdTokenError(saysWrong(error) ? 'wrong' : 'unchecked', refreshToken);
    }
  };

  return {
    issuer,

    async challenge(redirectUri) {
      const [state, nonce] = [randomState(), randomNonce()];
      const verifier = pkce ? randomPKCECodeVerifier() : undefined;
      const url = buildAuthorizationUrl(configure(), {
        redirect_uri: redirectUri,
        response_type: 'code',
        audience,
        scope: scopes.join(' '),
        state,
        // Only needed with an id_token, which requires this scope.
        ...(scopes.includes('openid') ? { nonce } : {}),
        ...(verifier === undefined
          ? {}
          : { code_challenge: await calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' }),
      });
      return {
        url: url.href,
        state: new Secret(state),
        nonce: new Secret(nonce),
        verifier: verifier === undefined ? undefined : new Secret(verifier),
      };
    },

    async exchange(search, redirectUri, { state, nonce, verifier }) {
      const callback = new URL(redirectUri);
      callback.search = search;
      const exchange: Exchange = {};
      const config = configure();
      config[customFetch] = createTransport({ ...options, timeoutMs: unrepeatableMs }, exchange, toCodeResponse);
      const issuedAt = now();
      try {
        const result = await authorizationCodeGrant(config, callback, {
          expectedState: state.reveal(),
          expectedNonce: nonce.reveal(),
          idTokenExpected: true,
          ...(verifier === undefined ? {} : { pkceCodeVerifier: verifier.reveal() }),
        });
        const answer = toAnswer(result, issuedAt);
        if (result.id_token === undefined) throw new IdTokenError('missing', answer.refreshToken);
        await checkSignature(new Secret(result.id_token), answer.refreshToken);
        const person = toPerson({ ...result.claims() }, options);
        if (person.subject === '') throw new IdTokenError('wrong', answer.refreshToken);
        return { ...answer, person };
      } catch (error) {
        if (error instanceof IdTokenError) throw error;
        const given = givenTokens(exchange);
        if (given) throw new IdTokenError(given.hasIdToken ? 'wrong' : 'missing', given.refreshToken);
        throw toRequestError(error, exchange, now());
      }
    },
  };
}

/** Whether the token is at fault. Otherwise the keys cannot be fetched, or do not include the one that signed it. */
const saysWrong = (error: unknown): boolean =>
  error instanceof errors.JOSEError && !(error instanceof errors.JWKSNoMatchingKey);

/** As for a renewal, but with the id_token, which says who signed in. */
const toCodeResponse = (response: HttpResponse): Response => toResponse(response, ['id_token']);

/** The tokens in an answer that the library refused; undefined if there were none. */
function givenTokens({ response }: Exchange) {
  if (response?.status !== 200) return undefined;
  const answer = parseObject(response.body);
  if (typeof answer?.['access_token'] !== 'string') return undefined;
  const refreshToken = answer['refresh_token'];
  return {
    hasIdToken: typeof answer['id_token'] === 'string',
    refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? new Secret(refreshToken) : undefined,
  };
}

function toPerson(
  claims: Readonly<Record<string, unknown>>,
  { emailVerifiedMissing }: Pick<SageIdCodeGrantOptions, 'emailVerifiedMissing'>,
): SageIdPerson {
  const text = (name: string) => {
    const value = claims[name];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const verified = claims['email_verified'] ?? (emailVerifiedMissing === 'accept' ? true : 'missing');
  return {
    subject: text('sub') ?? '',
    email: text('email'),
    // Some issuers write the boolean as text. Any other value is not a yes: the address may be anybody's.
    emailVerified: verified === 'missing' ? verified : verified === true || verified === 'true',
    name: text('name'),
  };
}
