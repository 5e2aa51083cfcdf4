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
 * One request's world: made by the server for each operation, handed to every resolver and executor. What most operations do
 * without is made when somebody asks for it.
 */
export class GatewayContext {
  readonly principal: Principal;
  readonly requestId: string;
  /** The tenant of this request, already checked against the caller's; undefined when the caller has none, or has to choose. */
  readonly tenant: string | undefined;
  /** Fires when the client goes away or the process stops. */
  readonly signal: StopSignal;
  /** By the clock of `kit/clock.ts`: all that an operation asks its tenant shares one deadline, which its wait for the schema counts against too. */
  readonly deadlineAt: number;
  /** What the sources keep for this operation. */
  readonly scopes: Scopes;
  /** The graph that the operation is answered by. */
  readonly graph: Sources;
  /** What the operation's requests upstream are counted against. */
  readonly calls: CallBudget;
  /** What a plan of this operation has asked the tenant, for the fallback executor to read on in the answers. */
  kept: KeptCalls<Promise<HostedReply>> | undefined;
  /** How it is answered: the kind of its plan. Undefined until that is known. */
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

  /** What its resolvers give back. */
  get results(): FieldResults {
    this.#results ??= new FieldResults(this.#answerBytes, this.calls);
    return this.#results;
  }

  /** What that source keeps for this operation; made with the first field that asks for it. */
  scopeOf<Scope>(subschema: Subschema<Scope>): Scope {
    return this.scopes.of(subschema);
  }
}
