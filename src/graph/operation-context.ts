import type { GatewayError } from '../kit/errors/index.ts';
import { CallBudget, type KeptCalls, type StopSignal } from '../kit/http/index.ts';
import type { Principal } from '../kit/principal.ts';
import { FieldResults } from './execution/field-results.ts';
import type { GatewayContextInput, Sources } from './graph.ts';
import type { HostedReply, OperationKind, ScopeRequest, Subschema } from './subschema.ts';

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

/** The scopes of sources for one operation, each opened with the first field that needs it. */
class Scopes {
  readonly #request: ScopeRequest;
  readonly #open: (readonly [Subschema, unknown])[] = [];

  constructor(request: ScopeRequest) {
    this.#request = request;
  }

  of<Scope>(subschema: Subschema<Scope>): Scope {
    for (const [known, scope] of this.#open) if (known === subschema) return scope as Scope;
    const scope = subschema.openScope?.(this.#request);
    this.#open.push([subschema, scope]);
    return scope as Scope;
  }

  /** The sources whose data may no longer be returned, and why. */
  losses(kind: OperationKind): ReadonlyMap<Subschema, GatewayError> {
    const losses = new Map<Subschema, GatewayError>();
    for (const [subschema, scope] of this.#open) {
      const loss = subschema.lossOf?.(scope, kind);
      if (loss) losses.set(subschema, loss);
    }
    return losses;
  }

  /** @throws GatewayError the first loss, without looking for others */
  assertUsable(): void {
    for (const [subschema, scope] of this.#open) {
      const loss = subschema.lossOf?.(scope, 'query');
      if (loss) throw loss;
    }
  }

  end(): void {
    for (const [subschema, scope] of this.#open) subschema.endScope?.(scope);
  }
}
