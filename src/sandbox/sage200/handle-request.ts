import type { SandboxClock, SandboxRequest, SandboxResponse } from '../sandbox-server.ts';
import type { Seed, SiteRow } from '../seed/types.ts';
import { ApiError, badRequest, notFound } from './api-error.ts';
import { type Catalogue, isNested, readCatalogue } from './catalogue.ts';
import { type Company, createCompanies } from './companies.ts';
import { createEnumLists } from './enum-lists.ts';
import { parseSingleQuery } from './odata/parse-query.ts';
import { type ReadContext, readList, readSingle, renderOne } from './read.ts';
import { createRouter, type Route } from './routes.ts';
import { formatStamp } from './stamps.ts';
import { createCompleteRow } from './writes/complete-row.ts';
import { parseBody } from './writes/parse-body.ts';
import { type Outcome, remove, type WriteState, write } from './writes/write.ts';

/** Who a token stands for. */
export interface VerifiedUser {
  readonly subject: string;
  readonly name?: string | undefined;
  readonly email?: string | undefined;
}

/** Undefined, null or a rejection: the token is unknown, expired or for something else. */
export type VerifyAccessToken = (
  token: string,
) => Promise<VerifiedUser | null | undefined> | VerifiedUser | null | undefined;

/** What is being done, for the rules about who may do it. */
export interface AccessQuestion {
  readonly user: VerifiedUser;
  readonly site: string;
  readonly company: number;
  readonly resource: string;
  readonly method: string;
}

export interface Limits {
  /** 0: no limit. */
  readonly maxUrlBytes: number;
  /** 0: no limit. */
  readonly maxFilterTerms: number;
}

export interface HandlerOptions {
  readonly seed: Seed;
  readonly verifyAccessToken: VerifyAccessToken;
  /** The sites and companies a user may open. @default all of the seed */
  readonly sitesOf?: ((user: VerifiedUser) => readonly SiteRow[]) | undefined;
  /** False is 403: the user's role lacks the feature behind the resource. @default everybody may do everything */
  readonly isAllowed?: ((question: AccessQuestion) => boolean) | undefined;
  readonly limits: () => Limits;
  readonly clock: () => Pick<SandboxClock, 'now'>;
}

interface Edition {
  readonly catalogue: Catalogue;
  readonly route: ReturnType<typeof createRouter>;
}

/** `sage200extra` is Professional, `sage200` is Standard. */
const BASE_PATH = /^\/uk\/(sage200extra|sage200)\/accounts\/v1(\/.*)$/;
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };
const MAY_BE_LOCKED = /^(sop_orders|sop_quotes|sop_returns|pop_orders)$/;

/** Answers requests as the Sage 200 API does: data per site and company, errors as `{"Message": …}`. */
export function createHandler(options: HandlerOptions): {
  handle: (request: SandboxRequest) => Promise<SandboxResponse>;
  close: () => void;
} {
  const { seed, isAllowed = () => true, sitesOf = () => seed.sites } = options;
  const professional = toEdition(readCatalogue('professional'));
  const standard = toEdition(readCatalogue('standard'));
  const enums = createEnumLists(professional.catalogue);
  const companies = createCompanies(seed, professional.catalogue, enums, seed.sites);

  const answer = async (request: SandboxRequest): Promise<string> => {
    checkUrl(request.rawUrl, options.limits().maxUrlBytes);
    const user = await authenticate(request, options.verifyAccessToken);
    const [, product, path = ''] = BASE_PATH.exec(request.path) ?? [];
    if (product === undefined) throw notFound();
    const edition = product === 'sage200' ? standard : professional;
    const route = edition.route(request.method, path);
    if (route.resource.name === 'sites') return JSON.stringify(sitesOf(user));
    const { company, row } = openCompany(request, sitesOf(user));
    const question = {
      user,
      site: row.site_id,
      company: row.company_id,
      resource: route.resource.name,
      method: request.method,
    };
    if (!isAllowed(question)) throw new ApiError(403, 'You do not have permission to use this feature.');
    if (route.resource.name === 'current_user') return JSON.stringify(toCurrentUser(user, options.clock().now()));
    const { store } = company;
    const { maxFilterTerms } = options.limits();
    const context: ReadContext = { catalogue: edition.catalogue, store, enums, maxFilterTerms };
    if (request.method === 'GET') return read(context, company, route, request.query, user);
    const state: WriteState = {
      store,
      enums,
      locks: company.locks,
      user: user.subject,
      now: options.clock().now,
      complete: createCompleteRow(store),
    };
    return change(context, state, route, request);
  };

  return {
    async handle(request) {
      try {
        return { status: 200, headers: JSON_HEADERS, body: Buffer.from(await answer(request)) };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return { status: error.status, headers: JSON_HEADERS, body: { Message: error.message } };
      }
    },
    close: companies.close,
  };

  function openCompany(request: SandboxRequest, open: readonly SiteRow[]): { company: Company; row: SiteRow } {
    const site = String(request.headers['x-site'] ?? '');
    const companyId = String(request.headers['x-company'] ?? '');
    const row = open.find((entry) => entry.site_id === site && String(entry.company_id) === companyId);
    const company = row && companies.find(site, companyId);
    // The same status as a spent token. Source: Sage 200 API FAQ.
    if (!row || !company)
      throw new ApiError(401, 'The X-Site and X-Company headers do not name a company that is open to you.');
    return { company, row };
  }
}

const toEdition = (catalogue: Catalogue): Edition => ({ catalogue, route: createRouter(catalogue) });

function checkUrl(rawUrl: string, maxUrlBytes: number): void {
  if (maxUrlBytes > 0 && Buffer.byteLength(rawUrl) > maxUrlBytes) {
    throw badRequest('The length of the URL for this request exceeds the configured maxUrlLength value.');
  }
}

async function authenticate(request: SandboxRequest, verify: VerifyAccessToken): Promise<VerifiedUser> {
  const [, token] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  const refused = () => new ApiError(401, 'Authorization has been denied for this request.');
  if (token === undefined) throw refused();
  const user = await Promise.resolve()
    .then(() => verify(token))
    .catch(() => undefined);
  if (!user) throw refused();
  return user;
}

function read(
  context: ReadContext,
  company: Company,
  route: Route,
  params: URLSearchParams,
  user: VerifiedUser,
): string {
  if (route.verb === 'LIST') {
    lockAll(context, company, route, params, user);
    return readList(context, route, params);
  }
  lockAll(context, company, route, params, user);
  return readSingle(context, route, params);
}

/** `$expand=is_to_lock` locks what is read, and `lock_id` shows the lock. */
function lockAll(
  context: ReadContext,
  company: Company,
  route: Route,
  params: URLSearchParams,
  user: VerifiedUser,
): void {
  const { resource } = route;
  if (
    !MAY_BE_LOCKED.test(resource.name) ||
    !(params.get('$expand') ?? '').split(',').some((name) => name.trim() === 'is_to_lock')
  )
    return;
  const table = context.store.table(resource.name);
  const lists = new URLSearchParams(params);
  lists.set('$select', 'id');
  lists.delete('$expand');
  const text = route.verb === 'LIST' ? readList(context, route, lists) : `[${readSingle(context, route, lists)}]`;
  const rows = JSON.parse(text) as { id: number }[];
  for (const { id } of Array.isArray(rows) ? rows : []) {
    if (id !== undefined) table.update(id, { lock_id: company.locks.take(`${resource.name}/${id}`, user.subject) });
  }
}

function change(context: ReadContext, state: WriteState, route: Route, request: SandboxRequest): string {
  if (request.method === 'DELETE') {
    const { text } = state.store.transact(() => {
      const text = renderOne(context, route, { select: undefined, expand: [] });
      remove(state, route);
      return { text };
    });
    return text;
  }
  const text = request.body.toString('utf8');
  const body = text.trim() === '' ? undefined : parseBody(text);
  const outcome = state.store.transact(() => write(state, route, body));
  return renderOutcome(context, route, outcome, body);
}

function renderOutcome(context: ReadContext, route: Route, outcome: Outcome, body: unknown): string {
  if (outcome.kind === 'object') return JSON.stringify(outcome.value);
  const resource = context.catalogue.resources.get(outcome.resourceName) ?? route.resource;
  // The answer shows the children that were sent, and a draft all it has (inferred).
  const sent = Object.keys((body ?? {}) as object);
  const isDraft = route.resource.kind === 'action';
  const nested = resource.fields.filter((field) => isNested(field) && (isDraft || sent.includes(field.name)));
  const query = {
    ...parseSingleQuery(new URLSearchParams()),
    expand: nested.map((field) => field.expands[0] ?? '').filter(Boolean),
  };
  const render = (id: number | bigint) => renderOne(context, { ...route, resource, ancestors: [], id }, query);
  if (outcome.kind === 'rows') return `[${outcome.ids.map(render).join(',')}]`;
  const text = render(outcome.id);
  // Where the failure of a line stands in the body of a successful PUT is not documented (inferred).
  return outcome.message === undefined ? text : `${text.slice(0, -1)},"Message":${JSON.stringify(outcome.message)}}`;
}

const toCurrentUser = (user: VerifiedUser, now: number) => ({
  id: 1,
  logon_name: user.email ?? user.subject,
  friendly_name: user.name ?? 'Sandbox User',
  email_address: user.email ?? '',
  is_web_user: true,
  last_logon_date_time: formatStamp(now),
});
