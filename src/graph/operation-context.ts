import { CallBudget, type KeptCalls, type StopSignal } from '../kit/http/index.ts';
import type { Principal } from '../kit/principal.ts';
import { FieldResults } from './execution/field-results.ts';
import type { GatewayContextInput, Sources } from './graph.ts';
import { Scopes } from './scopes.ts';
import type { HostedReply, Subschema } from './subschema.ts';

interface OperationLimits {
  readonly graph: Sources;
  readonly upstreamRequests: number;
  readonly answerBytes: number | undefined;
  readonly deadlineAt: number;
}

/**
 * The context of one request: created by the server for each operation and passed to every resolver and executor. Parts that
 * most operations do not need are created on first use.
 */
export class GatewayContext {
  readonly principal: Principal;
  readonly requestId: string;
  /** The tenant of this request, which the caller may use; undefined if the caller has none, or has to choose. */
  readonly tenant: string | undefined;
  /** Fires when the client disconnects or the process stops. */
  readonly signal: StopSignal;
  /** By the clock of `kit/clock.ts`: one deadline for all of an operation's requests to its tenant, including the wait for its schema. */
  readonly deadlineAt: number;
  /** What the sources store for this operation. */
  readonly scopes: Scopes;
  /** The graph that answers the operation. */
  readonly graph: Sources;
  /** Counts the operation's upstream requests. */
  readonly calls: CallBudget;
  /** Tenant requests of this operation's plan, so that the fallback executor can continue with their answers. */
  kept: KeptCalls<Promise<HostedReply>> | undefined;
  /** How it is answered: the kind of its plan. Undefined until that is certain. */
  plan: string | undefined;
  readonly #answerBytes: number | undefined;
  #results: FieldResults | undefined;

  constructor(input: GatewayContextInput, { graph, upstreamRequests, answerBytes, deadlineAt }: OperationLimits) {
    const { principal, requestId, tenant, signal, headers, holder } = input;
    const calls = new CallBudget(upstreamRequests, holder, input);
    this.principal = principal;
    this.requestId = requestId;
    this.tenant = tenant;
    this.signal = signal;
    this.deadlineAt = deadlineAt;
    this.scopes = new Scopes({ principal, requestId, signal, headers, calls });
    this.graph = graph;
    this.calls = calls;
    this.#answerBytes = answerBytes;
  }

  /** The results of its resolvers. */
  get results(): FieldResults {
    this.#results ??= new FieldResults(this.#answerBytes, this.calls);
    return this.#results;
  }

  /** The scope of that source for this operation; created with the first field that uses it. */
  scopeOf<Scope>(subschema: Subschema<Scope>): Scope {
    return this.scopes.of(subschema);
  }
}
