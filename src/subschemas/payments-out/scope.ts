import type { ScopeRequest } from '../../graph/subschema.ts';
import { GatewayError, Secret } from '../../kit/errors/index.ts';
import { type Deadline, KeptCalls, type StopSignal, single, startDeadline } from '../../kit/http/index.ts';
import type { Principal } from '../../kit/principal.ts';
import { createTurns } from '../../kit/turns.ts';
import type { Call } from './calls.ts';
import type { Answer, CallScope, PaymentsOutClient } from './client.ts';

export const TOKEN_HEADER = 'x-payments-out-token';

/** The scope of one caller's operation: what it has read, and its writes in order. */
export class PaymentsOutScope {
  readonly principal: Principal;
  readonly requestId: string;
  readonly #request: ScopeRequest;
  readonly #client: PaymentsOutClient;
  readonly #deadlineMs: number;
  /** By side and path. */
  readonly #kept = new KeptCalls<Promise<Answer>>();
  readonly #inTurn: ReturnType<typeof createTurns>;
  #startedAt: number | undefined;
  #writing: Deadline | undefined;
  #reading: Deadline | undefined;

  constructor(request: ScopeRequest, client: PaymentsOutClient, deadlineMs: number) {
    this.#request = request;
    this.#client = client;
    this.#deadlineMs = deadlineMs;
    this.#inTurn = createTurns(1, deadlineMs);
    this.principal = request.principal;
    this.requestId = request.requestId;
  }

  /** Each read is sent once in an operation, until something is written. @throws GatewayError */
  read(call: Call): Promise<Answer> {
    const asked = `${call.side} ${call.path}`;
    const known = this.#kept.get(asked);
    if (known !== undefined) return known;
    try {
      this.#request.calls.take();
    } catch (error) {
      return Promise.reject(error);
    }
    this.#reading ??= startDeadline(this.#leftMs(), this.#request.signal);
    const answer = this.#client.ask(call, this.#scopeOf(this.#reading.signal));
    this.#kept.add(asked, answer);
    return answer;
  }

  /** Finishes a write even if its client disconnects. @throws GatewayError */
  write(call: Call): Promise<Answer> {
    this.#writing ??= startDeadline(this.#leftMs());
    return this.#client.ask(call, this.#scopeOf(this.#writing.signal)).finally(() => this.#kept.clear());
  }

  /** Writes run one after the other, in the requested order. */
  inTurn<Result>(write: () => Promise<Result>): Promise<Result> {
    return this.#inTurn(write);
  }

  /** A company's token that the caller sent. @throws GatewayError for one that cannot be a token */
  get companyToken(): Secret | undefined {
    const text = single(this.#request.headers[TOKEN_HEADER]);
    if (text === undefined) return undefined;
    if (/^[\x21-\x7e]{1,8192}$/.test(text)) return new Secret(text);
    throw new GatewayError(
      'UNAUTHENTICATED',
      'X-Payments-Out-Token is not a token. Send the token from Sage unchanged.',
    );
  }

  end(): void {
    this.#reading?.end();
    this.#writing?.end();
  }

  #scopeOf(signal: StopSignal): CallScope {
    const { requestId, companyToken } = this;
    return { requestId, signal, companyToken, holder: this.#request.calls };
  }

  /** Both limits start with the first call. */
  #leftMs(): number {
    this.#startedAt ??= performance.now();
    return Math.max(0, this.#deadlineMs - (performance.now() - this.#startedAt));
  }
}
