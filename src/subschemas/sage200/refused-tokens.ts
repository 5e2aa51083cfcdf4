import { GatewayError } from '../../kit/errors/index.ts';
import type { HttpResponse, StopSignal } from '../../kit/http/index.ts';
import type { AccessToken, TokenSource } from '../../tokens/index.ts';
import type { Call, CallScope } from './call.ts';
import { refusedCompany, refusedEverywhere, toFailureError } from './errors.ts';
import type { Exchange } from './exchange.ts';

/** ms in which refused tokens are not renewed after a new one was refused everywhere. */
const REFUSED_EVERYWHERE_MS = 5 * 60_000;

/**
 * Handles 401 answers. Sage 200 sends one for an expired token, for a wrong site or company, and for a user without the right. A
 * new token fixes only the first, so a 401 for a newly issued token is final.
 */
export class RefusedTokens {
  readonly #exchange: Exchange;
  /** Tokens that Sage 200 accepted for the list of sites after it had refused them for a company. */
  readonly #taken = new WeakSet<AccessToken>();
  /** When Sage 200 refused even new tokens of a sign-in everywhere, epoch ms. */
  readonly #refusedEverywhere = new WeakMap<TokenSource, number>();

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /**
   * Sends a refused call again with a new token. A token that is not the cause is not renewed again, unless it has become the
   * cause since. Nothing was done yet.
   * @returns what is not a 401, and its token.
   * @throws GatewayError that says what is refused: the company, or the sign-in
   */
  async askAgain(
    scope: CallScope,
    call: Call,
    spent: AccessToken,
    signal: StopSignal,
  ): Promise<{ readonly response: HttpResponse; readonly token: AccessToken }> {
    const { tokens, connection } = scope.identity;
    // A caller's own token cannot be renewed; it is dropped only once it is certainly the cause.
    if (connection === undefined) throw await this.#explain(scope, spent, signal);
    if (this.#taken.has(spent) && (await this.#isTaken(scope, spent, signal))) throw refusedCompany(scope.company);
    // New tokens were refused a moment ago: another renewal would only use up a refresh token.
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
      if (response.status !== 401) return { response, token };
      refused = token;
      // A token stored by another process may have expired, whatever the clocks say: then it is renewed after all.
      isStored = token.isStored === true;
    }
    throw await this.#explain(scope, refused, signal);
  }

  /** Whether Sage 200 accepts the token for the list of sites, which needs no company. */
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

  /** A renewed token is also refused: because of the company, or the sign-in? */
  async #explain(scope: CallScope, token: AccessToken, signal: StopSignal): Promise<GatewayError> {
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
