import { decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Principal } from '../../kit/principal.ts';
import { type Read, text, upstreamUrl } from '../../kit/settings/index.ts';
import { createIssuerKeys, isPersonalConnection } from '../../tokens/index.ts';
import type { CallerCheck, CallerKind, CallerParts } from '../caller-kind.ts';
import { toSage200Identity } from '../sage200-identity.ts';
import type { SourceRights } from '../source-rights.ts';
import { wrongCredentials } from '../unauthenticated.ts';
import { companies, readOnly } from './rights.ts';

const settings = (rights: SourceRights) =>
  z
    .array(
      z.strictObject({
        issuer: text().describe('`iss` of the tokens, compared as text.'),
        audience: text().describe('`aud` that the tokens must have.'),
        jwksUri: upstreamUrl().describe("URL of the issuer's public keys."),
        connectionClaim: text().optional().describe('Claim that names the connection.'),
        tenantClaim: text().optional().describe('Claim that names the ERP tenants.'),
        defaultTenantClaim: text()
          .optional()
          .describe('Claim that names the default tenant, used if a request does not name one.'),
        metricsClaim: text().optional().describe('Claim that is true for callers who may read metrics.'),
        companies: companies(),
        readOnly: readOnly(true),
        ...rights.settings(),
      }),
    )
    .prefault([])
    .describe('Callers with a token from another issuer.');

type JwtSettings = Read<ReturnType<typeof settings>>[number];

/** Never `none` and never a shared secret: the gateway only has the issuer's public key. */
export const SIGNATURE_ALGORITHMS = ['RS256', 'ES256'];
/** How much this machine's clock and an issuer's may differ, s. */
const CLOCK_SKEW_S = 60;

/** Users of other systems, authenticated by the issuers in the configuration. */
export const jwt: CallerKind<'jwt', readonly JwtSettings[]> = {
  name: 'jwt',
  description: 'A token of an issuer named in the configuration.',
  section: 'jwt',
  settings,
  atMost: { admin: 'never', tenants: true },
  admits: (issuers) => issuers.length > 0,
  create: createJwtCheck,
};

function createJwtCheck(
  issuers: readonly JwtSettings[],
  { connection, knownTenants, rights, send, now }: CallerParts,
): CallerCheck {
  // One set of keys for each URL, so that an issuer with several audiences is only asked once.
  const keysOf = new Map(issuers.map(({ jwksUri }) => [jwksUri, createIssuerKeys({ jwksUri, send })]));
  const known = issuers.flatMap((issuer) => {
    const keys = keysOf.get(issuer.jwksUri);
    return keys ? [{ issuer, keys }] : [];
  });

  const toPrincipal = async (issuer: JwtSettings, claims: JWTPayload): Promise<Principal> => {
    if (typeof claims.sub !== 'string' || claims.sub === '') throw wrongCredentials();
    const id = `jwt:${issuer.issuer}:${toIdPart(claims.sub)}`;
    const [name] = textsIn(claims, issuer.connectionClaim);
    if (name !== undefined && isPersonalConnection(name)) throw personal(id);
    const tenants = textsIn(claims, issuer.tenantClaim).filter((tenant) => knownTenants.includes(tenant));
    const [usual] = textsIn(claims, issuer.defaultTenantClaim);
    return {
      id,
      kind: 'jwt',
      ...(await toSage200Identity(name, connection)),
      companies: issuer.companies,
      tenants,
      defaultTenant: usual !== undefined && tenants.includes(usual) ? usual : undefined,
      readOnly: issuer.readOnly,
      ...rights.in(issuer),
      admin: false,
      metrics: issuer.metricsClaim !== undefined && claims[issuer.metricsClaim] === true,
    };
  };

  return {
    async ofBearer(bearer) {
      const claimed = issuerOf(bearer);
      // One issuer may have several audiences.
      const candidates = known.filter(({ issuer }) => issuer.issuer === claimed);
      if (candidates.length === 0) return undefined;
      let failure: unknown;
      for (const { issuer, keys } of candidates) {
        try {
          const { payload } = await jwtVerify(bearer, keys, {
            issuer: issuer.issuer,
            audience: issuer.audience,
            algorithms: SIGNATURE_ALGORITHMS,
            clockTolerance: CLOCK_SKEW_S,
            currentDate: new Date(now()),
            requiredClaims: ['exp', 'sub'],
          });
          return toPrincipal(issuer, payload);
        } catch (error) {
          failure = error;
        }
      }
      throw toSignatureError(failure);
    },
  };
}

const personal = (caller: string) =>
  new GatewayError(
    'FORBIDDEN',
    "This token names a person's own connection, which only that person may use. The issuer must name another connection (connectionClaim).",
    { caller },
  );

/** The issuer that a token claims, not yet verified; undefined if it is not a JWT. */
function issuerOf(bearer: string): string | undefined {
  try {
    return decodeJwt(bearer).iss;
  } catch {
    return undefined;
  }
}

/** If keys cannot be fetched, the token cannot be judged; everything else is a wrong token. jose's errors quote claims. */
export function toSignatureError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const isCaller =
    error instanceof errors.JOSEError && !(error instanceof errors.JWKSInvalid) && error.code !== 'ERR_JOSE_GENERIC';
  if (isCaller) return wrongCredentials();
  return new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    "The token's signature cannot be checked at the moment. Try again later.",
  );
}

/** Escapes colons: in a caller's id, the last colon separates issuer and subject. */
const toIdPart = (subject: string) => subject.replaceAll('%', '%25').replaceAll(':', '%3A');

function textsIn(claims: JWTPayload, claim: string | undefined): readonly string[] {
  const value = claim === undefined ? undefined : claims[claim];
  return (Array.isArray(value) ? value : [value]).filter(
    (text): text is string => typeof text === 'string' && text !== '',
  );
}
