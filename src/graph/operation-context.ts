import { CallBudget, type KeptCalls } from '../kit/http/index.ts';
import { FieldResults } from './execution/field-results.ts';
import type { GatewayContext, GatewayContextInput, Sources } from './graph.ts';
import { Scopes } from './scopes.ts';
import type { HostedReply, Subschema } from './subschema.ts';

interface OperationLimits {
  readonly graph: Sources;
  readonly upstreamRequests: number;
  readonly answerBytes: number | undefined;
  readonly deadlineAt: number;
}

/** Made for every operation, so that what most of them do without is made when somebody asks for it. */
export class OperationContext implements GatewayContext {
  readonly principal: GatewayContext['principal'];
  readonly requestId: string;
  readonly tenant: string | undefined;
  readonly signal: GatewayContext['signal'];
  readonly deadlineAt: number;
  readonly scopes: Scopes;
  readonly graph: Sources;
  readonly calls: CallBudget;
  kept: KeptCalls<Promise<HostedReply>> | undefined;
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

  get results(): FieldResults {
    this.#results ??= new FieldResults(this.#answerBytes, this.calls);
    return this.#results;
  }

  scopeOf<Scope>(subschema: Subschema<Scope>): Scope {
    return this.scopes.of(subschema);
  }
}
