import { GatewayError } from '../../kit/errors/index.ts';
import {
  type CallBudget,
  type CallKey,
  createSharedCalls,
  HttpFailure,
  type HttpResponse,
  type Send,
  SharedWork,
  type StopSignal,
} from '../../kit/http/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import { createRedactor, type Redact, type RedactOptions } from '../../kit/text/index.ts';
import type { AccessToken } from '../../tokens/index.ts';
import type { Call, CallScope, Sharer, Write } from './call.ts';
import { type Asked, type ErrorHints, isSagesOwn, toError, toFailureError } from './errors.ts';
import { createExchange, type Exchange, resourceIn } from './exchange.ts';
import { type AddressLimits, addressBytes, addressOf, addressWriter } from './odata/address.ts';
import type { ODataQuery } from './odata/query.ts';
import { RefusedTokens } from './refused-tokens.ts';
import { holdRows, Reply, toList, toRow, unexpected } from './reply.ts';

export interface Sage200ClientOptions {
  readonly baseUrl: string;
  readonly subscriptionKey?: string | undefined;
  /** Of a full URL: Sage publishes no limit. */
  readonly maxUrlBytes: number;
  readonly send: Send;
  /** First release that has a path, for paths that are not in every release. */
  readonly releases?: ReadonlyMap<string, string>;
}

/** Sage 200's REST API for one base URL: requests, tokens and the meaning of answers. It only retries refused tokens. */
export class Sage200Client {
  /** Removes from Sage's messages what must not be returned; of tokens, only those that can be recognised by their form. */
  readonly redact: Redact;
  readonly #baseUrl: string;
  readonly #addressLimits: AddressLimits;
  readonly #subscriptionKey: string | undefined;
  readonly #exchange: Exchange;
  readonly #refused: RefusedTokens;
  readonly #releases: ReadonlyMap<string, string>;
  readonly #reads = createSharedCalls<Reply | undefined>();
  /** Results being made from reads, by identity and kind. */
  readonly #making = new SharedWork();

  constructor(options: Sage200ClientOptions) {
    this.#baseUrl = options.baseUrl.replace(/\/+$/, '');
    this.#addressLimits = { baseBytes: this.#baseUrl.length + 1, maxUrlBytes: options.maxUrlBytes };
    this.#subscriptionKey = options.subscriptionKey;
    this.#exchange = createExchange({ ...options, baseUrl: this.#baseUrl });
    this.#refused = new RefusedTokens(this.#exchange);
    this.#releases = options.releases ?? new Map();
    this.redact = createRedactor(this.#hidden());
  }

  /** The address for `read`. @throws GatewayError BAD_USER_INPUT if the filter is too long for an address */
  addressOf(path: string, query: ODataQuery): string {
    return addressOf(path, query, this.#addressLimits);
  }

  /** The same for several paths in turn. @throws GatewayError BAD_USER_INPUT */
  addressWriter(query: ODataQuery): (path: string) => string {
    return addressWriter(query, this.#addressLimits);
  }

  /** Length of a URL for that path and query, to keep or-chains within their limit. */
  urlBytes(path: string, query: ODataQuery): number {
    return addressBytes(path, query, this.#addressLimits);
  }

  /** A plain array. @throws GatewayError */
  async list(scope: CallScope, path: string, query: ODataQuery): Promise<Record<string, unknown>[]> {
    const reply = await this.read(scope, this.addressOf(path, query), 'collection');
    if (reply) holdRows(scope, reply);
    const rows = toList(reply?.value());
    if (scope.calls) scope.calls.rows += rows.length;
    return rows;
  }

  /** Number of rows that match the filter. @throws GatewayError */
  async count(scope: CallScope, path: string, query: ODataQuery): Promise<number> {
    const body = (await this.read(scope, this.addressOf(path, { ...query, count: true }), 'collection'))?.value();
    // The documented form is the plain number; a client received it so, but an envelope cannot be ruled out.
    const count =
      typeof body === 'object' && body !== null ? Number((body as Record<string, unknown>)['count']) : Number(body);
    if (!Number.isSafeInteger(count)) throw unexpected('a count');
    return count;
  }

  /** One object, or undefined if Sage has no such row. @throws GatewayError */
  async row(scope: CallScope, path: string, query: ODataQuery): Promise<Record<string, unknown> | undefined> {
    return this.rowAt(scope, this.addressOf(path, query));
  }

  /** @param address from `addressOf` or `addressWriter` @throws GatewayError */
  rowAt(scope: CallScope, address: string): Promise<Record<string, unknown> | undefined> {
    return this.read(scope, address, 'row').then((reply) => {
      const row = toRow(reply?.value());
      if (row && scope.calls) scope.calls.rows += 1;
      return row;
    });
  }

  /**
   * The answer to a GET, not yet parsed; undefined if a row is requested that Sage does not have. The same read of the
   * same caller is sent once at a time, for any number of operations.
   * @param path relative to the base address, with its query
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
   * Makes something from reads, once at a time for the same caller and company.
   * @param key identifies the result and its input
   * @param calls of the operation that needs it
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

  /** The answer to a read-only POST. @throws GatewayError */
  async ask(scope: CallScope, path: string, body: string): Promise<unknown> {
    scope.calls?.take();
    return (await this.#call(scope, { method: 'POST', path, body }, 'collection', scope.signal))?.value();
  }

  /**
   * The answer's body.
   * @throws GatewayError OUTCOME_UNKNOWN if the answer is lost, UPSTREAM_REJECTED with Sage's message
   */
  async write(scope: CallScope, write: Write): Promise<unknown> {
    try {
      return (await this.#call(scope, write, 'write', scope.signal))?.value();
    } finally {
      // Earlier reads may show the data before the write: from now on, reads are sent to Sage again.
      this.#reads.forget(scope.identity.key);
      this.#making.forget(scope.identity.key);
    }
  }

  /** @returns undefined if a row is requested that Sage does not have */
  #call(scope: CallScope, call: Call, asked: Asked, signal: StopSignal): Promise<Reply | undefined> {
    const { tokens } = scope.identity;
    const ask = (token: AccessToken) =>
      this.#exchange(scope, call, token, signal).then((response) =>
        response.status === 401
          ? this.#refused
              .askAgain(scope, call, token, signal)
              .then((again) => this.#read(again.response, call, asked, again.token))
          : this.#read(response, call, asked, token),
      );
    const token = tokens.peek?.();
    return (token ? ask(token) : tokens.get().then(ask)).catch((failure: unknown) => {
      // The reason for ending says more than the failure, unless a write was sent: then its outcome is unknown.
      const hasLeft = asked === 'write' && !(failure instanceof HttpFailure && !failure.sent);
      if (!hasLeft && signal.aborted && signal.reason instanceof GatewayError) throw signal.reason;
      throw failure instanceof HttpFailure ? toFailureError(failure, asked) : failure;
    });
  }

  #read(response: HttpResponse, call: Call, asked: Asked, token: AccessToken): Reply | undefined {
    if (response.status === 404 && asked === 'row' && isSagesOwn(response)) return undefined;
    if (response.status < 200 || response.status > 299) throw toError(response, asked, this.#hintsFor(call, token));
    return new Reply(response, asked);
  }

  /** The content of the request must not be repeated in a message. */
  #hintsFor(call: Call, token: AccessToken): ErrorHints {
    const release = this.#releases.get(resourceIn(call.path));
    return { release, hidden: this.#hidden(token.value.reveal()) };
  }

  #hidden(...tokens: readonly string[]): RedactOptions {
    return {
      secrets: [...tokens, ...(this.#subscriptionKey ? [this.#subscriptionKey] : [])],
      hosts: [new URL(this.#baseUrl).hostname],
    };
  }
}

/** Within one connection: equal data for two callers or two companies is not shared between them. */
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
