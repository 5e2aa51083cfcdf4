import type { Logger } from 'pino';
import { type HostedRequest, type PlainData, requestText } from '../../graph/subschema.ts';
import type { GatewayError, Secret } from '../../kit/errors/index.ts';
import type { Holder, HttpRequest, HttpResponse, Send, StopSignal } from '../../kit/http/index.ts';
import { createRedactor, type Redact } from '../../kit/text/index.ts';
import type { ErpAccessToken, TokenSource } from '../../tokens/index.ts';
import type { ErrorDefaults, GraphqlBody } from './answer.ts';
import { type AnswerMeaning, notServed, readMeaning, refusedTwice, timeout, toFailureError } from './errors.ts';

interface Hidden {
  readonly secrets: readonly Secret[];
  readonly hosts: readonly string[];
}

export interface ErpClientOptions {
  readonly tenant: string;
  readonly tokens: TokenSource<ErpAccessToken>;
  readonly send: Send;
  readonly log: Pick<Logger, 'warn'>;
  /** Text that must not appear in messages: the client secret, the hosts of the tenant. */
  readonly hidden: Hidden;
  readonly now: () => number;
  /** A clock in ms that only moves forward. */
  readonly elapsed: () => number;
}

export interface AskOptions {
  /** Fires at the deadline. */
  readonly signal: StopSignal;
  readonly holder?: Holder | undefined;
  /** How many times the usual size the answer may have. @default 1 */
  readonly answerFactor?: number;
  /** Checks whether an answer with status 200 can stay unparsed. */
  readonly leaveUnread?: (bytes: Buffer) => PlainData | boolean | undefined;
}

export interface ErpAnswer {
  /** Undefined for an unparsed answer. */
  readonly body: GraphqlBody | undefined;
  readonly defaults: ErrorDefaults;
  /** The result of the check of an unparsed answer. */
  readonly unread?: PlainData | boolean;
  /** The bytes that `body` was parsed from. */
  readonly bytes: Buffer;
  /** Removes the request's token from the tenant's texts. */
  readonly redact: Redact;
}

/** A query that every GraphQL server answers and that changes nothing. */
const PROBE = JSON.stringify({ query: '{ __typename }' });

/** Minimum time between new tokens if a tenant cannot be reached: it may only be down. */
const ADDRESS_CHECK_MS = 10_000;
/** The same if the tenant refuses new tokens. */
const REFUSAL_PAUSE_MS = 5_000;

/** The client of one tenant's GraphQL API: tokens, requests and the meaning of answers. Retries only what was certainly not carried out. */
export class ErpClient {
  readonly #tenant: string;
  readonly #tokens: TokenSource<ErpAccessToken>;
  readonly #send: Send;
  readonly #log: Pick<Logger, 'warn'>;
  readonly #now: () => number;
  readonly #elapsed: () => number;
  readonly #hidden: Hidden;
  readonly #redactors = new WeakMap<ErpAccessToken, Redact>();
  #addressCheckedAt = Number.NEGATIVE_INFINITY;
  #refusedAt = Number.NEGATIVE_INFINITY;

  constructor({ tenant, tokens, send, log, hidden, now, elapsed }: ErpClientOptions) {
    this.#tenant = tenant;
    this.#tokens = tokens;
    this.#send = send;
    this.#log = log;
    this.#hidden = hidden;
    this.#now = now;
    this.#elapsed = elapsed;
  }

  /** @throws GatewayError */
  async ask(request: HostedRequest, options: AskOptions): Promise<ErpAnswer> {
    const token = this.#tokens.peek?.() ?? (await this.#token(options.signal));
    const first = await this.#exchange(request, token, options);
    if (first.kind === 'answer') return { ...first, redact: this.#redactor(token) };
    if (first.kind === 'refused') throw first.error;
    return this.#askAgain(request, token, first, options);
  }

  /** Nothing was carried out: the token has expired, or the tenant has moved to another address, which comes with a new token. */
  async #askAgain(
    request: HostedRequest,
    spent: ErpAccessToken,
    first: Retryable,
    options: AskOptions,
  ): Promise<ErpAnswer> {
    if (first.kind === 'moved') {
      if (this.#elapsed() - this.#addressCheckedAt < ADDRESS_CHECK_MS) throw first.error ?? this.#gone(request);
      this.#addressCheckedAt = this.#elapsed();
    }
    // A new token was also refused a moment ago, so do not get one for each operation.
    if (first.kind === 'renew' && this.#elapsed() - this.#refusedAt < REFUSAL_PAUSE_MS)
      throw refusedTwice(this.#tenant);
    this.#tokens.drop(spent);
    const token = await this.#token(options.signal);
    if (first.kind === 'moved' && token.graphqlUrl === spent.graphqlUrl) throw first.error ?? this.#gone(request);
    const second = await this.#exchange(request, token, options);
    if (second.kind === 'answer') return { ...second, redact: this.#redactor(token) };
    if (second.kind === 'renew') {
      this.#refusedAt = this.#elapsed();
      const error = refusedTwice(this.#tenant);
      this.#log.warn({ tenant: this.#tenant, code: error.code, reason: second.reason }, error.message);
      throw error;
    }
    throw second.error ?? this.#gone(request);
  }

  async #exchange(request: HostedRequest, token: ErpAccessToken, options: AskOptions): Promise<Exchanged> {
    const { kind, text = requestText(request) } = request;
    let response: HttpResponse;
    try {
      const sent = toHttpRequest(text, token, options);
      response = await this.#send(
        kind === 'query' ? sent : { ...sent, isRead: false, probe: () => ({ ...sent, body: PROBE }) },
      );
    } catch (failure) {
      const error = toFailureError(this.#tenant, failure, kind);
      // Not reached: the tenant may have moved.
      if (error.code === 'UPSTREAM_UNAVAILABLE' && isRefused(failure)) return { kind: 'moved', error };
      throw error;
    }
    const unread = response.status === 200 && options.leaveUnread?.(response.body);
    if (unread) return { kind: 'answer', body: undefined, defaults: NO_ERRORS, bytes: response.body, unread };
    const meaning = readMeaning(response, {
      tenant: this.#tenant,
      kind,
      now: this.#now(),
      redact: this.#redactor(token),
    });
    return meaning.kind === 'answer' ? { ...meaning, bytes: response.body } : meaning;
  }

  /** A token source has its own timeout, which may be longer than this operation's remaining time. */
  async #token(signal: StopSignal): Promise<ErpAccessToken> {
    const late = Promise.withResolvers<never>();
    const onAbort = () => late.reject(timeout(this.#tenant, signal.reason));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([this.#tokens.get(), late.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  #redactor(token: ErpAccessToken): Redact {
    const known = this.#redactors.get(token);
    if (known) return known;
    const { secrets, hosts } = this.#hidden;
    const host = new URL(token.graphqlUrl).hostname;
    const redact = createRedactor({
      secrets: [...secrets, token.value].map((secret) => secret.reveal()),
      hosts: [...hosts, host],
    });
    this.#redactors.set(token, redact);
    return redact;
  }

  readonly #gone = ({ kind }: HostedRequest): GatewayError =>
    notServed(this.#tenant, kind, 'has no GraphQL service at its address');
}

/** Written member by member: every operation creates one, and spreading objects takes several times as long. */
const toHttpRequest = (
  body: string,
  token: ErpAccessToken,
  { signal, holder, answerFactor = 1 }: AskOptions,
): HttpRequest => ({
  method: 'POST',
  url: token.graphqlUrl,
  headers: {
    ...token.headers,
    authorization: `Bearer ${token.value.reveal()}`,
    accept: 'application/json',
    'content-type': 'application/json',
  },
  body,
  signal,
  holder,
  answerFactor,
  template: templateOf,
  isRead: true,
});

/** All operations use one URL, which is the tenant's own. */
const templateOf = () => '/graphql';

/** Of what was found to have none. */
const NO_ERRORS: ErrorDefaults = { code: 'UPSTREAM_REJECTED' };

type Retryable = Extract<Exchanged, { kind: 'renew' | 'moved' }>;

type Exchanged =
  | ({ readonly kind: 'answer' } & Omit<ErpAnswer, 'redact'>)
  | { readonly kind: 'renew'; readonly reason?: string | undefined; readonly error?: undefined }
  | { readonly kind: 'moved'; readonly error?: GatewayError }
  | Extract<AnswerMeaning, { kind: 'refused' }>;

const isRefused = (failure: unknown) => failure instanceof Error && 'kind' in failure && failure.kind === 'refused';
