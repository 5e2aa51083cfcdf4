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
        jwksUri: upstreamUrl().describe("Where the issuer's public keys are."),
        connectionClaim: text().optional().describe('Claim that names the connection.'),
        tenantClaim: text().optional().describe('Claim that names the ERP tenants.'),
        defaultTenantClaim: text()
          .optional()
          .describe('Claim that names the one of them that a request means which names none.'),
        metricsClaim: text().optional().describe('Claim that is true for callers who may read metrics.'),
        companies: companies(),
        readOnly: readOnly(true),
        ...rights.settings(),
      }),
    )
    .prefault([])
    .describe('Callers with a token of another issuer.');

type JwtSettings = Read<ReturnType<typeof settings>>[number];

/** Never `none`, never a shared secret: an issuer signs with a key we only read. */
export const SIGNATURE_ALGORITHMS = ['RS256', 'ES256'];
/** How far our clock and an issuer's may differ, s. */
const CLOCK_SKEW_S = 60;

/** Users of other systems, vouched for by the issuers in the configuration. */
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
  // One address, one set of keys: an issuer that stands for several audiences is not asked once for each.
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
      // One issuer may stand for several audiences.
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
    "This token names a person's own connection, which only they use. Have the issuer name another one (connectionClaim).",
    { caller },
  );

/** The issuer a token claims, not yet believed; undefined when it is not a JWT. */
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

/** Without colons: the last one of a caller's id ends the issuer, which may go on as the subject of another does. */
const toIdPart = (subject: string) => subject.replaceAll('%', '%25').replaceAll(':', '%3A');

function textsIn(claims: JWTPayload, claim: string | undefined): readonly string[] {
  const value = claim === undefined ? undefined : claims[claim];
  return (Array.isArray(value) ? value : [value]).filter(
    (text): text is string => typeof text === 'string' && text !== '',
  );
}
