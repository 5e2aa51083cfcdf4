import { GatewayError } from '../../kit/errors/index.ts';
import {
  type CallBudget,
  type CallKey,
  createSharedCalls,
  HttpFailure,
  type HttpRequest,
  type HttpResponse,
  type KeptCalls,
  type Send,
  SharedWork,
  type StopSignal,
} from '../../kit/http/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import { createRedactor, type Redact, type RedactOptions } from '../../kit/text/index.ts';
import type { AccessToken, TokenSource } from '../../tokens/index.ts';
import type { CompanyRef, Sage200Identity } from './caller.ts';
import {
  type Asked,
  type ErrorHints,
  isSagesOwn,
  refusedCompany,
  refusedEverywhere,
  toError,
  toFailureError,
} from './errors.ts';
import { type AddressLimits, addressBytes, addressOf, addressWriter } from './odata/address.ts';
import type { ODataQuery } from './odata/query.ts';
import { holdRows, Reply, toList, toRow, unexpected } from './reply.ts';

export interface Sage200ClientOptions {
  readonly baseUrl: string;
  readonly subscriptionKey?: string | undefined;
  /** Of a whole address: Sage publishes no limit. */
  readonly maxUrlBytes: number;
  readonly send: Send;
  /** First release that has a path, where not every release does. */
  readonly releases?: ReadonlyMap<string, string>;
}

/** Who may share a read with whom: those who are the same in all of this. */
export interface Sharer {
  readonly identity: Sage200Identity;
  /**
   * Who asks. Part of what makes two reads the same, so that no caller is handed what another asked for. Left out: the
   * read is shared with nobody.
   */
  readonly caller?: string;
  /** Absent for what belongs to the sign-in itself. */
  readonly company: CompanyRef | undefined;
}

/** On whose behalf, for which company and until when a call is made. */
export interface CallScope extends Sharer {
  /** Fires at the operation's deadline, for reads also when the caller goes away. */
  readonly signal: StopSignal;
  /** Reads that this operation has made, by path: made again, the first one's answer is given. Left out: none is kept. */
  readonly kept?: KeptCalls<Promise<Reply | undefined>> | undefined;
  /** What reads of this operation are counted against. Left out: they are not counted. */
  readonly calls?: CallBudget | undefined;
}

export interface Write {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Below the base address, without a leading slash. */
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
}

type Call = Omit<Write, 'method'> & { readonly method: Write['method'] | 'GET' };

/** Sage 200's REST API for one base address: requests, tokens and what answers mean. Retries nothing but a spent token. */
export class Sage200Client {
  /** Takes out of Sage's words what must not come back in them; of tokens only those that can be recognised by their form. */
  readonly redact: Redact;
  readonly #baseUrl: string;
  readonly #addressLimits: AddressLimits;
  readonly #subscriptionKey: string | undefined;
  readonly #send: Send;
  readonly #releases: ReadonlyMap<string, string>;
  readonly #reads = createSharedCalls<Reply | undefined>();
  /** What is being made of reads, by identity and what it is. */
  readonly #making = new SharedWork();
  /** Tokens that Sage 200 took for the list of sites after it had refused them for a company. */
  readonly #taken = new WeakSet<AccessToken>();
  /** When Sage 200 was found to refuse also new tokens of a sign-in everywhere, epoch ms. */
  readonly #refusedEverywhere = new WeakMap<TokenSource, number>();

  constructor(options: Sage200ClientOptions) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#addressLimits = { baseBytes: this.#baseUrl.length + 1, maxUrlBytes: options.maxUrlBytes };
    this.#subscriptionKey = options.subscriptionKey;
    this.#send = options.send;
    this.#releases = options.releases ?? new Map();
    this.redact = createRedactor(this.#hidden());
  }

  /** What `read` takes for that path and query. @throws GatewayError BAD_USER_INPUT when no address has room for the filter */
  addressOf(path: string, query: ODataQuery): string {
    return addressOf(path, query, this.#addressLimits);
  }

  /** The same for one path after the other. @throws GatewayError BAD_USER_INPUT */
  addressWriter(query: ODataQuery): (path: string) => string {
    return addressWriter(query, this.#addressLimits);
  }

  /** Length of a URL for that path and query, for keeping or-chains within their limit. */
  urlBytes(path: string, query: ODataQuery): number {
    return addressBytes(path, query, this.#addressLimits);
  }

  /** A bare array. @throws GatewayError */
  async list(scope: CallScope, path: string, query: ODataQuery): Promise<Record<string, unknown>[]> {
    const reply = await this.read(scope, this.addressOf(path, query), 'collection');
    if (reply) holdRows(scope, reply);
    const rows = toList(reply?.value());
    if (scope.calls) scope.calls.rows += rows.length;
    return rows;
  }

  /** How many rows meet the filter. @throws GatewayError */
  async count(scope: CallScope, path: string, query: ODataQuery): Promise<number> {
    const body = (await this.read(scope, this.addressOf(path, { ...query, count: true }), 'collection'))?.value();
    // The documented form is the bare number; a client saw it so, an envelope cannot be ruled out.
    const count =
      typeof body === 'object' && body !== null ? Number((body as Record<string, unknown>)['count']) : Number(body);
    if (!Number.isSafeInteger(count)) throw unexpected('a count');
    return count;
  }

  /** One object, or undefined when Sage knows no such row. @throws GatewayError */
  async row(scope: CallScope, path: string, query: ODataQuery): Promise<Record<string, unknown> | undefined> {
    return this.rowAt(scope, this.addressOf(path, query));
  }

  /** @param address as `addressOf` and `addressWriter` write it @throws GatewayError */
  async rowAt(scope: CallScope, address: string): Promise<Record<string, unknown> | undefined> {
    const row = toRow((await this.read(scope, address, 'row'))?.value());
    if (row && scope.calls) scope.calls.rows += 1;
    return row;
  }

  /**
   * The answer to a GET, not yet looked into; undefined when a row is asked for that Sage does not know. The same read
   * of the same caller is made once at a time, however many operations wait for it.
   * @param path below the base address, with its query
   * @throws GatewayError
   */
  read(scope: CallScope, path: string, asked: 'row' | 'collection'): Promise<Reply | undefined> {
    const { kept } = scope;
    const known = kept?.get(path);
    if (known !== undefined) return known;
    try {
      scope.calls?.take();
    } catch (error) {
      return Promise.reject(error);
    }
    const reply = this.#share(scope, path, asked);
    kept?.add(path, reply);
    return reply;
  }

  /**
   * Makes something of reads, once at a time for the same caller and company.
   * @param key what is made, and of what
   * @param calls of the operation that it is for
   */
  once<Made>(sharer: Sharer, key: CallKey, make: () => MaybePromise<Made>, calls?: CallBudget): MaybePromise<Made> {
    return this.#making.join(sharer.identity.key, sharingKey(sharer, key), make, calls);
  }

  #share(scope: CallScope, path: string, asked: 'row' | 'collection'): Promise<Reply | undefined> {
    const { identity, caller, signal } = scope;
    const call: Call = { method: 'GET', path };
    if (caller === undefined) return this.#call(scope, call, asked, signal);
    return this.#reads.join(
      identity.key,
      sharingKey(scope, [asked, path]),
      { signal, onAbort: toAborted, holder: scope.calls },
      (shared) => this.#call(scope, call, asked, shared),
    );
  }

  /** The answer to a POST that only reads. @throws GatewayError */
  async ask(scope: CallScope, path: string, body: string): Promise<unknown> {
    scope.calls?.take();
    return (await this.#call(scope, { method: 'POST', path, body }, 'collection', scope.signal))?.value();
  }

  /** The answer's body as it is. @throws GatewayError OUTCOME_UNKNOWN when the answer is lost, UPSTREAM_REJECTED with Sage's words */
  async write(scope: CallScope, write: Write): Promise<unknown> {
    try {
      return (await this.#call(scope, write, 'write', scope.signal))?.value();
    } finally {
      // Reads that began before may show what was there before: anyone who asks from now on asks Sage.
      this.#reads.forget(scope.identity.key);
      this.#making.forget(scope.identity.key);
    }
  }

  /** @returns undefined when a row is asked for that Sage does not know */
  #call(scope: CallScope, call: Call, asked: Asked, signal: StopSignal): Promise<Reply | undefined> {
    const { tokens } = scope.identity;
    const ask = (token: AccessToken) =>
      this.#exchange(scope, call, token, signal).then((response) =>
        response.status === 401
          ? this.#askAgain(scope, call, asked, signal, token)
          : this.#read(response, call, asked, token),
      );
    const token = tokens.peek?.();
    return (token ? ask(token) : tokens.get().then(ask)).catch((failure: unknown) => {
      // Why it was ended says more than that it was ended, unless a write has left: then nobody knows what came of it.
      const hasLeft = asked === 'write' && !(failure instanceof HttpFailure && !failure.sent);
      if (!hasLeft && signal.aborted && signal.reason instanceof GatewayError) throw signal.reason;
      throw failure instanceof HttpFailure ? toFailureError(failure, asked) : failure;
    });
  }

  /**
   * Sage 200 answers 401 for a spent token, for a wrong site or company, and for a user without the right. A new token fixes
   * only the first, so the answer to one that Sage has just given out stands. A token that is known not to be the cause is not
   * renewed again, unless it has become the cause since. Nothing was done yet.
   */
  async #askAgain(
    scope: CallScope,
    call: Call,
    asked: Asked,
    signal: StopSignal,
    spent: AccessToken,
  ): Promise<Reply | undefined> {
    const { tokens, connection } = scope.identity;
    // For a caller's own token there is no new one; it is dropped only once it is known to be the culprit.
    if (connection === undefined) throw await this.#explainRefusal(scope, spent, signal);
    if (this.#taken.has(spent) && (await this.#isTaken(scope, spent, signal))) throw refusedCompany(scope.company);
    // Found out a moment ago that new tokens fare no better: another renewal would only spend a refresh token.
    if (Date.now() - (this.#refusedEverywhere.get(tokens) ?? 0) < REFUSED_EVERYWHERE_MS) {
      if (!(await this.#isTaken(scope, spent, signal))) throw refusedEverywhere(connection);
      this.#refusedEverywhere.delete(tokens);
    }
    let refused = spent;
    for (let isStored = true; isStored; ) {
      tokens.drop(refused);
      const token = await tokens.get();
      if (token.value.reveal() === refused.value.reveal()) break;
      const response = await this.#exchange(scope, call, token, signal);
      if (response.status !== 401) return this.#read(response, call, asked, token);
      refused = token;
      // What another process has stored may be spent by now, whatever the clocks say: then it is renewed after all.
      isStored = token.isStored === true;
    }
    throw await this.#explainRefusal(scope, refused, signal);
  }

  #read(response: HttpResponse, call: Call, asked: Asked, token: AccessToken): Reply | undefined {
    if (response.status === 404 && asked === 'row' && isSagesOwn(response)) return undefined;
    if (response.status < 200 || response.status > 299) throw toError(response, asked, this.#hintsFor(call, token));
    return new Reply(response, asked);
  }

  /** What the request carried must not come back in a message. */
  #hintsFor(call: Call, token: AccessToken): ErrorHints {
    const release = this.#releases.get(call.path.split(/[/?]/)[0] ?? '');
    return { release, hidden: this.#hidden(token.value.reveal()) };
  }

  #hidden(...tokens: readonly string[]): RedactOptions {
    return {
      secrets: [...tokens, ...(this.#subscriptionKey ? [this.#subscriptionKey] : [])],
      hosts: [new URL(this.#baseUrl).hostname],
    };
  }

  /** `/customers/{id}`: the resource is a word of the schema, and what stands behind it may be anybody's. */
  readonly #template = (url: string): string => {
    const [resource, ...more] = (url.slice(this.#baseUrl.length + 1).split('?', 1)[0] ?? '').split('/');
    return `/${resource}${'/{id}'.repeat(more.length)}`;
  };

  /** The one way out to Sage 200. @throws HttpFailure, and GatewayError for a consent that is no longer in force */
  #exchange(
    { company, identity, calls }: CallScope,
    call: Call,
    token: AccessToken,
    signal: StopSignal,
  ): Promise<HttpResponse> {
    try {
      identity.assertUsable?.();
    } catch (error) {
      return Promise.reject(error);
    }
    const { method, path, body } = call;
    const headers: Record<string, string> = {
      authorization: `Bearer ${token.value.reveal()}`,
      accept: 'application/json',
    };
    if (company) {
      headers['x-site'] = company.site;
      headers['x-company'] = company.company;
    }
    if (this.#subscriptionKey) headers['ocp-apim-subscription-key'] = this.#subscriptionKey;
    if (body !== undefined) headers['content-type'] = 'application/json';
    // Member by member: each read makes one, and what is spread into an object takes several times as long.
    const request: HttpRequest = {
      method,
      url: `${this.#baseUrl}/${path}`,
      headers,
      signal,
      holder: calls,
      template: this.#template,
      line: identity.key,
      part: company?.site ?? '',
      isRead: body === undefined && method === 'GET',
    };
    if (request.isRead) return this.#send(request);
    return this.#send({
      ...request,
      ...(body !== undefined && { body }),
      // Something that is there to be read, or refused.
      probe: () => ({
        ...request,
        method: 'GET',
        url: `${this.#baseUrl}/${path.split(/[/?]/)[0]}?$top=1`,
        isRead: true,
      }),
    });
  }

  /** Whether Sage 200 takes the token where no company is needed: for the list of sites. */
  async #isTaken(scope: CallScope, token: AccessToken, signal: StopSignal): Promise<boolean> {
    const listSites: Call = { method: 'GET', path: 'sites' };
    const { status } = await this.#exchange({ ...scope, company: undefined }, listSites, token, signal).catch(
      (failure: unknown) => {
        throw toFailureError(failure, 'collection');
      },
    );
    if (status === 200) this.#taken.add(token);
    return status !== 401;
  }

  /** A renewed token is refused too: is it the company, or the sign-in? */
  async #explainRefusal(scope: CallScope, token: AccessToken, signal: StopSignal): Promise<GatewayError> {
    const { identity, company } = scope;
    if (company && (await this.#isTaken(scope, token, signal))) return refusedCompany(company);
    if (identity.connection === undefined) {
      identity.tokens.drop(token);
      return new GatewayError(
        'UNAUTHENTICATED',
        'Sage 200 refuses the Sage ID token of this request: sign in again and send a fresh one.',
        { source: 'sage200' },
      );
    }
    this.#refusedEverywhere.set(identity.tokens, Date.now());
    return refusedEverywhere(identity.connection);
  }
}

/** ms in which refused tokens are not renewed once a new one was refused everywhere. */
const REFUSED_EVERYWHERE_MS = 5 * 60_000;

/** Within one connection: what is the same for two callers or two companies is not shared between them. */
const sharingKey = ({ caller, company }: Sharer, what: CallKey): CallKey => [
  caller,
  company?.site,
  company?.company,
  ...what,
];

const toAborted = (reason: unknown) =>
  reason instanceof GatewayError
    ? reason
    : toFailureError(new HttpFailure('aborted', true, { cause: reason }), 'collection');
