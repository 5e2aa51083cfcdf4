import type { SandboxRequest } from '../sandbox-server.ts';
import type { CompanyKey, SiteRow } from '../seed/index.ts';
import { ApiError } from './api-error.ts';

/** The user of a token. */
export interface VerifiedUser {
  readonly subject: string;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  /** The companies this user may open. @default all */
  readonly companies?: readonly CompanyKey[] | undefined;
}

/** Undefined, null or a rejection: the token is unknown, expired or for something else. */
export type VerifyAccessToken = (
  token: string,
) => Promise<VerifiedUser | null | undefined> | VerifiedUser | null | undefined;

/** The operation, for rules about rights. */
export interface AccessQuestion {
  readonly user: VerifiedUser;
  readonly site: string;
  readonly company: number;
  readonly resource: string;
  readonly method: string;
}

/** @throws ApiError 401 without a bearer token, and for an invalid one. */
export async function authenticate(request: SandboxRequest, verify: VerifyAccessToken): Promise<VerifiedUser> {
  const [, token] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const refused = () => new ApiError(401, 'Authorization has been denied for this request.');
  if (token === undefined) throw refused();
  const user = await Promise.resolve()
    .then(() => verify(token))
    .catch(() => undefined);
  if (!user) throw refused();
  return user;
}

/** The rows of `GET /sites` for a user. */
export function sitesOf(user: VerifiedUser, sites: readonly SiteRow[]): readonly SiteRow[] {
  const { companies } = user;
  if (!companies) return sites;
  return sites.filter((row) =>
    companies.some(({ siteId, companyId }) => siteId === row.site_id && companyId === row.company_id),
  );
}

/**
 * The company that X-Site and X-Company name.
 * @throws ApiError 401 when it is not open to the user, as for a spent token. Source: Sage 200 API FAQ.
 */
export function chosenSite(request: SandboxRequest, open: readonly SiteRow[]): SiteRow {
  const site = request.headers['x-site'];
  const company = request.headers['x-company'];
  const row = open.find((entry) => entry.site_id === site && String(entry.company_id) === company);
  if (row) return row;
  throw new ApiError(401, 'The X-Site and X-Company headers do not name a company that is open to you.');
}
