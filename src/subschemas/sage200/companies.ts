import { BoundedCache } from '../../kit/cache.ts';
import { elapsed } from '../../kit/clock.ts';
import { isCompany, isSite } from '../../kit/company-id.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import type { StopSignal } from '../../kit/http/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import type { CompanyRef, Sage200Caller, Sage200Identity } from './caller.ts';

/** One row of `GET /sites`: a company that the signed-in person may open. */
export interface OpenCompany extends CompanyRef {
  readonly companyName: string;
  readonly siteName: string;
  /** The row as Sage sent it. */
  readonly row: Readonly<Record<string, unknown>>;
}

/** A caller's choice of site and company, at one level of precedence. */
export interface CompanyChoice {
  readonly site?: string | undefined;
  readonly company?: string | undefined;
}

/** @throws GatewayError BAD_USER_INPUT for anything that cannot be a site or a company */
export function checkChoice({ site, company }: CompanyChoice): void {
  if ((!site || isSite(site)) && (!company || isCompany(company))) return;
  throw new GatewayError(
    'BAD_USER_INPUT',
    'This is not a site and company. Take both from sage200 { sites { nodes { siteId companyId } } }.',
  );
}

/** How long a list of sites is valid. A company newly opened to a user appears after that. */
const SITES_LIFETIME_MS = 10 * 60_000;
const MAX_CACHED_IDENTITIES = 1_000;

interface CachedCompanies {
  readonly reading: Promise<readonly OpenCompany[]>;
  /** Set once they are read. */
  companies: readonly OpenCompany[] | undefined;
}

type ReadSites = (identity: Sage200Identity, signal: StopSignal) => Promise<Record<string, unknown>[]>;

/** Companies by sign-in, kept for a while. The key contains the identity, so nobody sees another's. */
export class SitesCache {
  readonly #read: ReadSites;
  readonly #entries: BoundedCache<string, CachedCompanies>;

  constructor(read: ReadSites, now: () => number = elapsed) {
    this.#read = read;
    const bounds = { maxEntries: MAX_CACHED_IDENTITIES, lifeMs: SITES_LIFETIME_MS };
    this.#entries = new BoundedCache({ name: 'companies of sign-ins', ...bounds, now });
  }

  /** @param until only called if the list has to be read */
  get(identity: Sage200Identity, until: () => StopSignal): MaybePromise<readonly OpenCompany[]> {
    const cached = this.#entries.get(identity.key);
    if (cached) return cached.companies ?? cached.reading;
    const reading = this.#read(identity, until()).then((rows) => rows.map(toOpenCompany));
    const entry: CachedCompanies = { reading, companies: undefined };
    this.#entries.set(identity.key, entry);
    reading.then(
      (companies) => {
        entry.companies = companies;
      },
      () => {
        // A failure is not a list: the next caller requests it again.
        if (this.#entries.get(identity.key) === entry) this.#entries.delete(identity.key);
      },
    );
    return reading;
  }

  /** The company as Sage writes it, if its list was already read. */
  asListed(key: string | undefined, company: CompanyRef): CompanyRef {
    const open = key === undefined ? undefined : this.#entries.get(key)?.companies;
    const listed = open?.find((each) => isSameCompany(each, company));
    return listed ? { site: listed.site, company: listed.company } : company;
  }

  /** Discards the list of that sign-in. */
  forget(key: string): void {
    this.#entries.delete(key);
  }
}

export function toOpenCompany(row: Record<string, unknown>): OpenCompany {
  return {
    site: String(row['site_id']),
    company: String(row['company_id']),
    siteName: String(row['site_name'] ?? ''),
    companyName: String(row['company_name'] ?? ''),
    row,
  };
}

export const isSameCompany = (one: CompanyRef, other: CompanyRef): boolean =>
  one.company === other.company && isSameSite(one.site, other.site);

/** Site ids are GUIDs, so different spellings are equal. */
const isSameSite = (one: string, other: string): boolean => one === other || one.toLowerCase() === other.toLowerCase();

export function mayUse(principal: Sage200Caller, company: CompanyRef): boolean {
  return principal.companies === 'all' || principal.companies.some((allowed) => isSameCompany(allowed, company));
}

/**
 * The company of a request: the first level with a value decides, and a missing half is completed from the open companies;
 * without any value, the only one there is. Never silently the first.
 * @throws GatewayError COMPANY_REQUIRED with the choices, BAD_USER_INPUT if it is not a company, FORBIDDEN if not allowed
 */
export async function chooseCompany(
  principal: Sage200Caller,
  levels: readonly CompanyChoice[],
  open: () => MaybePromise<readonly OpenCompany[]>,
): Promise<CompanyRef> {
  for (const level of levels) {
    const { site, company } = level;
    checkChoice(level);
    if (site && company) return allowed(principal, { site, company });
    if (!site && !company) continue;
    const usable = (await open()).filter((candidate) => mayUse(principal, candidate));
    const matching = usable.filter((candidate) =>
      site ? isSameSite(candidate.site, site) : candidate.company === company,
    );
    if (matching.length === 0) throw forbidden(site ? `site ${site}` : `company ${company}`);
    return only(matching);
  }
  return only((await open()).filter((candidate) => mayUse(principal, candidate)));
}

function allowed(principal: Sage200Caller, company: CompanyRef): CompanyRef {
  if (!mayUse(principal, company)) throw forbidden(`company ${company.company} at site ${company.site}`);
  return company;
}

const forbidden = (what: string) => new GatewayError('FORBIDDEN', `This caller may not use ${what}.`);

function only(candidates: readonly OpenCompany[]): CompanyRef {
  const [first, second] = candidates;
  if (first && !second) return { site: first.site, company: first.company };
  if (!first) {
    throw new GatewayError(
      'FORBIDDEN',
      'This caller has no company in Sage 200. Give its user a company, or check the link to the site.',
    );
  }
  throw new GatewayError(
    'COMPANY_REQUIRED',
    'This caller has several companies. Choose one with sage200(site:, company:) or the headers X-Site and X-Company.',
    {
      details: {
        choices: candidates.map(({ site, company, siteName, companyName }) => ({
          site,
          company,
          siteName,
          companyName,
        })),
      },
    },
  );
}
