import { setTimeout as pause } from 'node:timers/promises';
import type { SandboxClock, SandboxRequest, SandboxResponse } from '../sandbox-server.ts';
import type { CompanyKey, Seed } from '../seed/index.ts';
import {
  type AccessQuestion,
  authenticate,
  chosenSite,
  sitesOf,
  type VerifiedUser,
  type VerifyAccessToken,
} from './access.ts';
import { ApiError, badRequest, notFound } from './api-error.ts';
import { type Catalogue, readCatalogue } from './catalogue.ts';
import { change } from './change.ts';
import { createCompanies } from './companies.ts';
import { createEnumLists } from './enum-lists.ts';
import { lockWhatIsRead } from './lock-what-is-read.ts';
import { checkOwnRows, type OwnRowsCheck } from './own-rows.ts';
import { type ReadContext, readList, readSingle } from './read.ts';
import { createRouter } from './routes.ts';
import { formatStamp, type KeepStamp } from './stamps.ts';
import { createCompleteRow } from './writes/complete-row.ts';
import type { WriteState } from './writes/write.ts';

export interface Limits {
  /** 0: no limit. */
  readonly maxUrlBytes: number;
  /** 0: no limit. */
  readonly maxFilterTerms: number;
}

export interface HandlerOptions {
  readonly seed: Seed;
  readonly own: Pick<OwnRowsCheck, 'rows' | 'placeOf'>;
  readonly verifyAccessToken: VerifyAccessToken;
  /** False is 403: the user's role lacks the feature behind the resource. @default everybody may do everything */
  readonly isAllowed?: ((question: AccessQuestion) => boolean) | undefined;
  readonly limits: () => Limits;
  readonly clock: () => Pick<SandboxClock, 'now'>;
  readonly keepStamp: KeepStamp;
  /** ms from a write's timestamp until others see it. */
  readonly commitDelayMs: () => number;
}

/** A change of existing rows by a program beside the API. */
export interface RowChange {
  /** @default the first one */
  readonly company?: CompanyKey;
  readonly resource: string;
  readonly ids: readonly number[];
  /** Columns in JSON form; the timestamp is set automatically. */
  readonly values: Readonly<Record<string, unknown>>;
  /** ms from the timestamp until others see the change. @default 0 */
  readonly commitDelayMs?: number;
}

interface Edition {
  readonly catalogue: Catalogue;
  readonly route: ReturnType<typeof createRouter>;
}

/** `sage200extra` is Professional, `sage200` is Standard. */
const BASE_PATH = /^\/uk\/(sage200extra|sage200)\/accounts\/v1(\/.*)$/;
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8' };

/** Answers requests as the Sage 200 API does: data per site and company, errors as `{"Message": …}`. */
export function createHandler(options: HandlerOptions): {
  handle: (request: SandboxRequest) => Promise<SandboxResponse>;
  changeRows: (change: RowChange) => Promise<void>;
  close: () => void;
} {
  const { seed, isAllowed = () => true } = options;
  const professional = toEdition(readCatalogue('professional'));
  let standard: Edition | undefined;
  // Most callers never use it.
  const openStandard = () => (standard ??= toEdition(readCatalogue('standard')));
  const enums = createEnumLists(professional.catalogue);
  const { rows } = options.own;
  const companies = createCompanies(seed, professional.catalogue, { enums, rows, keepStamp: options.keepStamp });
  const [first] = seed.sites;
  if (first && Object.keys(rows).length > 0) {
    const { resources } = professional.catalogue;
    const isSeeded = (name: string, id: number | bigint) =>
      companies.find(first).store.table(name).get(id) !== undefined;
    checkOwnRows({ ...options.own, resources, isSeeded });
  }

  const answer = async (request: SandboxRequest): Promise<string> => {
    checkUrl(request.rawUrl, options.limits().maxUrlBytes);
    const user = await authenticate(request, options.verifyAccessToken);
    const [, product, path = ''] = BASE_PATH.exec(request.path) ?? [];
    if (product === undefined) throw notFound();
    const edition = product === 'sage200' ? openStandard() : professional;
    const route = edition.route(request.method, path);
    const open = sitesOf(user, seed.sites);
    if (route.resource.name === 'sites') return JSON.stringify(open);
    const row = chosenSite(request, open);
    const { store, locks } = companies.find(row);
    const question = {
      user,
      site: row.site_id,
      company: row.company_id,
      resource: route.resource.name,
      method: request.method,
    };
    if (!isAllowed(question)) throw new ApiError(403, 'You do not have permission to use this feature.');
    if (route.resource.name === 'current_user') return JSON.stringify(toCurrentUser(user, options.clock().now()));
    const { maxFilterTerms } = options.limits();
    const context: ReadContext = { catalogue: edition.catalogue, store, enums, maxFilterTerms };
    if (request.method === 'GET') {
      lockWhatIsRead(context, locks, route, request.query, user.subject);
      return (route.verb === 'LIST' ? readList : readSingle)(context, route, request.query);
    }
    // The timestamp is that of the write's beginning, and others see it only after the commit.
    const stamp = options.clock().now();
    const delayMs = options.commitDelayMs();
    if (delayMs > 0) await pause(delayMs);
    const state: WriteState = {
      store,
      enums,
      locks,
      user: user.subject,
      now: () => stamp,
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
    async changeRows({ company, resource, ids, values, commitDelayMs = 0 }) {
      const [first] = seed.sites;
      const site = company
        ? seed.sites.find((row) => row.site_id === company.siteId && row.company_id === company.companyId)
        : first;
      if (!site) throw new Error('The seed has no such company.');
      const changed = { ...values, date_time_updated: new Date(options.clock().now()).toISOString() };
      if (commitDelayMs > 0) await pause(commitDelayMs);
      const { store } = companies.find(site);
      store.transact(() => {
        for (const id of ids) store.table(resource).update(id, changed);
      });
    },
    close: companies.close,
  };
}

const toEdition = (catalogue: Catalogue): Edition => ({ catalogue, route: createRouter(catalogue) });

function checkUrl(rawUrl: string, maxUrlBytes: number): void {
  if (maxUrlBytes > 0 && Buffer.byteLength(rawUrl) > maxUrlBytes) {
    throw badRequest('The length of the URL for this request exceeds the configured maxUrlLength value.');
  }
}

const toCurrentUser = (user: VerifiedUser, now: number) => ({
  id: 1,
  logon_name: user.email ?? user.subject,
  friendly_name: user.name ?? 'Sandbox User',
  email_address: user.email ?? '',
  is_web_user: true,
  last_logon_date_time: formatStamp(now),
});
