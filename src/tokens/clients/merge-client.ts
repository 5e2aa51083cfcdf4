import { isCompany, isSite } from '../../kit/company-id.ts';
import { Secret } from '../../kit/errors/index.ts';
import { isPersonalConnection } from '../consent/personal-connection.ts';
import { type CompanyPair, type ErpCredentials, isConnectionName, type StoredClient } from '../vault/index.ts';
import { type ClientUserError, invalid } from './user-error.ts';

/** A client as an administrator writes it. Omitted fields keep their values; null removes a value. */
export interface ClientInput {
  readonly name: string;
  readonly title?: string | null | undefined;
  readonly enabled?: boolean | null | undefined;
  readonly site?: string | null | undefined;
  readonly company?: string | null | undefined;
  /** Null means every company that its sign-in opens. */
  readonly companies?: readonly CompanyPair[] | null | undefined;
  readonly erp?:
    | {
        readonly tenantId: string;
        readonly clientId: string;
        /** If omitted, it keeps its value. */
        readonly clientSecret?: string | null | undefined;
      }
    | null
    | undefined;
  /** Whether an existing connection becomes the client's. */
  readonly adopt?: boolean | null | undefined;
}

const MAX_TITLE = 200;
const MAX_COMPANIES = 100;
/** Sage's ids and secrets have a few dozen characters. */
const MAX_ID = 200;
const MAX_SECRET = 2_000;

/** A client after a change, and the mistakes in it. */
export function mergeClient(
  before: StoredClient | undefined,
  input: ClientInput,
): { readonly client: Omit<StoredClient, 'version'>; readonly faults: readonly ClientUserError[] } {
  const client = {
    name: input.name,
    title: changed(input.title, before?.title),
    enabled: input.enabled ?? before?.enabled ?? true,
    site: changed(input.site, before?.site),
    company: changed(input.company, before?.company),
    companies: changed<StoredClient['companies']>(input.companies, before?.companies) ?? 'all',
    erp: mergeErp(before?.erp, input.erp),
  };
  return { client, faults: [...faultsOfName(input.name), ...faultsOf(client), ...faultsOfErp(before?.erp, input.erp)] };
}

/** The new value, otherwise the previous one; null removes it. */
const changed = <Value>(written: Value | null | undefined, before: Value | undefined): Value | undefined =>
  written === undefined ? before : (written ?? undefined);

function mergeErp(before: ErpCredentials | undefined, written: ClientInput['erp']): ErpCredentials | undefined {
  if (written === undefined) return before;
  if (written === null) return undefined;
  const { tenantId, clientId, clientSecret } = written;
  const secret = typeof clientSecret === 'string' ? new Secret(clientSecret) : before?.clientSecret;
  return { tenantId, clientId, clientSecret: secret ?? new Secret('') };
}

/** The name is also the connection's. */
export function faultsOfName(name: string): ClientUserError[] {
  if (!isConnectionName(name))
    return [
      invalid(
        'A name may contain letters, digits, dots, dashes and underscores, begins with a letter or digit, and has 64 characters at most.',
        'name',
      ),
    ];
  return isPersonalConnection(name)
    ? [invalid('Names that begin with person- belong to people who sign in with a browser.', 'name')]
    : [];
}

function faultsOf({ title, site, company, companies }: Omit<StoredClient, 'version'>): ClientUserError[] {
  const faults: ClientUserError[] = [];
  if (title !== undefined && (title.trim() === '' || title.length > MAX_TITLE))
    faults.push(invalid(`A title must have 1 to ${MAX_TITLE} characters.`, 'title'));
  if ((site === undefined) !== (company === undefined))
    faults.push(
      invalid(
        'site and company must be given together, because company ids repeat across sites.',
        site ? 'company' : 'site',
      ),
    );
  if (site !== undefined && !isSite(site)) faults.push(invalid('This is not a site id.', 'site'));
  if (company !== undefined && !isCompany(company)) faults.push(invalid('This is not a company id.', 'company'));
  if (companies === 'all') return faults;
  if (companies.length === 0 || companies.length > MAX_COMPANIES)
    faults.push(invalid(`List 1 to ${MAX_COMPANIES} companies, or null for all that its sign-in opens.`, 'companies'));
  companies.forEach((each, index) => {
    if (!isSite(each.site)) faults.push(invalid('This is not a site id.', 'companies', `${index}`, 'site'));
    if (!isCompany(each.company)) faults.push(invalid('This is not a company id.', 'companies', `${index}`, 'company'));
  });
  const isListed = companies.some((each) => each.site === site && each.company === company);
  if (site !== undefined && company !== undefined && !isListed)
    faults.push(invalid('The default company is not in the list of companies.', 'companies'));
  return faults;
}

function faultsOfErp(before: ErpCredentials | undefined, written: ClientInput['erp']): ClientUserError[] {
  if (!written) return [];
  const faults: ClientUserError[] = [];
  for (const field of ['tenantId', 'clientId'] as const) {
    if (!/^[\x21-\x7e]+$/.test(written[field]) || written[field].length > MAX_ID)
      faults.push(
        invalid(`It must have 1 to ${MAX_ID} characters: letters, digits and symbols, no spaces.`, 'erp', field),
      );
  }
  const { clientSecret } = written;
  if (typeof clientSecret === 'string' && (clientSecret.trim() === '' || clientSecret.length > MAX_SECRET))
    faults.push(invalid(`It must have 1 to ${MAX_SECRET} characters.`, 'erp', 'clientSecret'));
  if (typeof clientSecret !== 'string' && !before)
    faults.push(invalid('A secret is required, since there is none yet.', 'erp', 'clientSecret'));
  return faults;
}
