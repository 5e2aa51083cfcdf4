import { randomUUID } from 'node:crypto';
import { GatewayError, type Secret } from '../../kit/errors/index.ts';
import { parseExactJson } from '../../kit/exact-json.ts';
import type { Holder, HttpRequest, HttpResponse, Send, StopSignal } from '../../kit/http/index.ts';
import { isObject } from '../../kit/json.ts';
import { createRedactor, type Redact } from '../../kit/text/index.ts';
import type { AccessToken, TokenSource } from '../../tokens/index.ts';
import type { Call, Side } from './calls.ts';
import { type Asked, failure, source, toError, toFailureError, unreadable } from './errors.ts';
import type { RequestQueue } from './queue.ts';
import type { NetworkConfig } from './section.ts';

export interface PaymentsOutClientOptions {
  readonly config: NetworkConfig;
  /** The gateway's own token at Sage ID. */
  readonly tokens: TokenSource;
  readonly queue: RequestQueue;
  readonly send: Send;
  readonly log: { info(details: object, message: string): void };
}

export interface CallScope {
  readonly requestId: string;
  readonly signal: StopSignal;
  /** A company's token that the caller sent. */
  readonly companyToken: Secret | undefined;
  readonly holder: Holder;
}

export interface Answer {
  /** The content of `data`; undefined in an answer without a body, or for an unknown id. */
  readonly data: unknown;
  readonly interactionId: string;
}

/** Requests to Payments Out: the token and key of each, and the meaning of answers. */
export class PaymentsOutClient {
  readonly #options: PaymentsOutClientOptions;
  readonly #host: string;

  constructor(options: PaymentsOutClientOptions) {
    this.#options = options;
    this.#host = new URL(options.config.baseUrl).hostname;
  }

  /** @throws GatewayError; OUTCOME_UNKNOWN for a write whose answer was lost */
  async ask(call: Call, scope: CallScope): Promise<Answer> {
    const token = await this.#tokenFor(call, scope);
    const first = await this.#exchange(call, scope, token);
    if (first.response.status !== 401) return this.#read(call, first);
    const { tokens } = this.#options;
    // Nothing was carried out: the token may have expired, so try a new one. A company's token cannot be renewed here.
    if (!token || this.#takesCompanyToken(call)) throw this.#refused(call, first.asked);
    tokens.drop(token);
    const renewed = await tokens.get();
    if (renewed.value.reveal() === token.value.reveal()) throw this.#refused(call, first.asked);
    const second = await this.#exchange(call, scope, renewed);
    if (second.response.status === 401) throw this.#refused(call, second.asked);
    return this.#read(call, second);
  }

  /** Sends a cheap request to check the credentials of a side. @throws GatewayError */
  async try(side: Side, signal: StopSignal): Promise<void> {
    const scope = { requestId: 'check', signal, companyToken: undefined, holder: { hold() {} } };
    const token = side === 'provider' ? 'side' : 'none';
    await this.ask({ name: `check ${side}`, side, method: 'GET', path: this.#cheap(side), asks: 'row', token }, scope);
  }

  /** Something that exists; without a provider id, something that does not, since being allowed to ask is enough. */
  #cheap(side: Side): string {
    const { provider, consumer } = this.#options.config;
    if (side === 'consumer') return `${consumer?.basePath}/localinstruments`;
    return `${provider?.basePath}/providers/${provider?.providerId ?? randomUUID()}`;
  }

  #takesCompanyToken({ side, token }: Call): boolean {
    return token === 'side' && side === 'consumer' && this.#options.config.consumer?.token === 'company';
  }

  async #tokenFor(call: Call, { companyToken }: CallScope): Promise<AccessToken | undefined> {
    if (call.token === 'none') return undefined;
    if (!this.#takesCompanyToken(call)) return this.#options.tokens.get();
    if (companyToken) return { value: companyToken, issuedAt: 0, expiresAt: Number.POSITIVE_INFINITY };
    throw new GatewayError(
      'UNAUTHENTICATED',
      "This part of Payments Out needs a company's token. Send one in the header X-Payments-Out-Token.",
      { source },
    );
  }

  async #exchange(call: Call, scope: CallScope, token: AccessToken | undefined): Promise<Exchanged> {
    const { queue, send, log } = this.#options;
    const { name, asks, idempotencyKey } = call;
    const interactionId = randomUUID();
    const asked: Asked = { isWrite: asks === 'write', interactionId, idempotencyKey };
    const { signal, requestId } = scope;
    const startedAt = performance.now();
    const note = (status: number | undefined) =>
      log.info(
        { call: name, interactionId, requestId, status, ms: Math.round(performance.now() - startedAt) },
        'called Payments Out',
      );
    try {
      const response = await queue.inTurn(signal, () => send(this.#toRequest(call, scope, token, interactionId)));
      note(response.status);
      return { response, asked, redact: this.#redactor(token, scope.companyToken) };
    } catch (error) {
      note(undefined);
      throw toFailureError(error, asked);
    }
  }

  #toRequest(
    { name, side, method, path, body, idempotencyKey }: Call,
    { signal, holder }: CallScope,
    token: AccessToken | undefined,
    interactionId: string,
  ): HttpRequest {
    const { baseUrl } = this.#options.config;
    const headers = { ...this.#headers(side, interactionId), ...(token && bearer(token)) };
    const common = { signal, holder, template: () => name };
    if (method === 'GET') return { ...common, method, url: `${baseUrl}${path}`, headers, isRead: true };
    return {
      ...common,
      method,
      url: `${baseUrl}${path}`,
      headers: {
        ...headers,
        'content-type': 'application/json',
        ...(idempotencyKey !== undefined && { 'x-idempotency-key': idempotencyKey }),
      },
      ...(body !== undefined && { body }),
      probe: () => ({
        ...common,
        method: 'GET',
        url: `${baseUrl}${this.#cheap(side)}`,
        headers: { ...headers, 'x-fapi-interaction-id': randomUUID() },
        isRead: true,
      }),
    };
  }

  #headers(side: Side, interactionId: string): Record<string, string> {
    const { application, ...config } = this.#options.config;
    const apiKey = config[side]?.apiKey;
    return {
      accept: 'application/json',
      'x-fapi-interaction-id': interactionId,
      ...(application !== undefined && { 'x-application': application }),
      ...(apiKey && { 'x-api-key': apiKey.reveal() }),
    };
  }

  #read({ asks }: Call, { response, asked, redact }: Exchanged): Answer {
    const { status, body } = response;
    const { interactionId } = asked;
    if (status === 404 && asks === 'row') return { data: undefined, interactionId };
    if (status < 200 || status > 299) throw toError(response, asked, redact);
    if (body.length === 0) return { data: undefined, interactionId };
    try {
      const parsed = parseExactJson(body.toString());
      return { data: isObject(parsed) && 'data' in parsed ? parsed['data'] : parsed, interactionId };
    } catch {
      // A 2xx answer means that the write was carried out; callers that need the body check it.
      if (asked.isWrite) return { data: undefined, interactionId };
      throw unreadable(asked);
    }
  }

  #refused(call: Call, asked: Asked): GatewayError {
    if (this.#takesCompanyToken(call)) {
      const message =
        'Payments Out refuses the company token of this request. Send a fresh one in X-Payments-Out-Token.';
      return failure('UNAUTHENTICATED', message, asked);
    }
    const what = call.token === 'none' ? 'API key' : 'token or API key, even with a new token';
    return failure(
      'MISCONFIGURED',
      `Payments Out refuses the gateway's ${what}. The operator must check the section network of the configuration.`,
      asked,
    );
  }

  /** Removes secrets from messages. */
  #redactor(token: AccessToken | undefined, companyToken: Secret | undefined): Redact {
    const { config, tokens } = this.#options;
    const { clientSecret, provider, consumer } = config;
    const held = [token, tokens.peek?.()].map((each) => each?.value);
    const secrets = [clientSecret, provider?.apiKey, consumer?.apiKey, ...held, companyToken];
    return createRedactor({ secrets: secrets.flatMap((secret) => secret?.reveal() ?? []), hosts: [this.#host] });
  }
}

interface Exchanged {
  readonly response: HttpResponse;
  readonly asked: Asked;
  readonly redact: Redact;
}

const bearer = ({ value }: AccessToken) => ({ authorization: `Bearer ${value.reveal()}` });
