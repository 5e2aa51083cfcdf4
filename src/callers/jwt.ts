import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { GatewayError } from '../kit/errors/index.ts';
import type { Send } from '../kit/http/index.ts';
import { createIssuerKeys } from '../tokens/index.ts';
import type { CallerKind, FindConnection, JwtSettings } from './callers-settings.ts';
import type { Principal } from './principal.ts';
import { toSage200Identity } from './sage200-identity.ts';
import { wrongCredentials } from './unauthenticated.ts';

export interface JwtCallersOptions {
  readonly issuers: readonly JwtSettings[];
  readonly connection: FindConnection;
  readonly knownTenants: readonly string[];
  readonly send: Send;
  readonly now: () => number;
}

/** Never `none`, never a shared secret: an issuer signs with a key we only read. */
export const SIGNATURE_ALGORITHMS = ['RS256', 'ES256'];
export const CLOCK_SKEW_S = 60;

/** Users of other systems, vouched for by the issuers in the configuration. */
export function createJwtCallers({
  issuers,
  connection,
  knownTenants,
  send,
  now,
}: JwtCallersOptions): CallerKind<Principal> {
  // One address, one set of keys: an issuer that stands for several audiences is not asked once for each.
  const keysOf = new Map(issuers.map(({ jwksUri }) => [jwksUri, createIssuerKeys({ jwksUri, send })]));
  const known = issuers.flatMap((settings) => {
    const keys = keysOf.get(settings.jwksUri);
    return keys ? [{ settings, keys }] : [];
  });

  const toPrincipal = async (settings: JwtSettings, claims: JWTPayload): Promise<Principal> => {
    if (!claims.sub) throw wrongCredentials();
    const [name] = textsIn(claims, settings.connectionClaim);
    const tenants = textsIn(claims, settings.tenantClaim).filter((tenant) => knownTenants.includes(tenant));
    const [usual] = textsIn(claims, settings.defaultTenantClaim);
    return {
      id: `jwt:${settings.issuer}:${claims.sub}`,
      kind: 'jwt',
      ...(await toSage200Identity(name, connection)),
      companies: settings.companies,
      tenants,
      defaultTenant: usual !== undefined && tenants.includes(usual) ? usual : undefined,
      readOnly: settings.readOnly,
      admin: false,
    };
  };

  return {
    async identify(bearer) {
      const issuer = issuerOf(bearer);
      // One issuer may stand for several audiences.
      const candidates = known.filter(({ settings }) => settings.issuer === issuer);
      if (candidates.length === 0) return undefined;
      let failure: unknown;
      for (const { settings, keys } of candidates) {
        try {
          const { payload } = await jwtVerify(bearer, keys, {
            issuer: settings.issuer,
            audience: settings.audience,
            algorithms: SIGNATURE_ALGORITHMS,
            clockTolerance: CLOCK_SKEW_S,
            currentDate: new Date(now()),
            requiredClaims: ['exp', 'sub'],
          });
          return toPrincipal(settings, payload);
        } catch (error) {
          failure = error;
        }
      }
      throw toSignatureError(failure);
    },
  };
}

/** The issuer a token claims, not yet believed; undefined when it is no JWT. */
function issuerOf(bearer: string): string | undefined {
  try {
    return decodeJwt(bearer).iss;
  } catch {
    return undefined;
  }
}

/** Keys that cannot be fetched say nothing about the caller; everything else is a wrong token. jose's errors quote claims. */
export function toSignatureError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const isCaller =
    error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid) && error.code !== 'ERR_JOSE_GENERIC';
  if (isCaller) return wrongCredentials();
  return new GatewayError('UPSTREAM_UNAVAILABLE', "The token's signature cannot be checked now. Try again later.");
}

function textsIn(claims: JWTPayload, claim: string | undefined): readonly string[] {
  const value = claim === undefined ? undefined : claims[claim];
  return (Array.isArray(value) ? value : [value]).filter(
    (text): text is string => typeof text === 'string' && text !== '',
  );
}
