import type { BodyPart } from '../../kit/http/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import type { GatewayContext, GraphOperation } from '../graph.ts';
import type { Variables } from '../operation/plan-operation.ts';

/**
 * How a valid operation is answered. `general`: by the standard executor; the others are compiled, and return exactly
 * the same. `mixed`, or the name of the source that answers it.
 */
export type PlanKind = string;

export interface Plan {
  readonly kind: PlanKind;
  /** Lines for a person: the requests, what is passed through, and why it is not faster. */
  readonly words: readonly string[];
  /**
   * The body of an answer without errors.
   * @throws anything if the fallback executor is to answer instead, using the answers that the context already has
   */
  readonly run: (request: PlannedRequest) => MaybePromise<readonly BodyPart[]>;
}

export interface PlannedRequest {
  readonly variables: Variables;
  /** The variables as the client wrote them, which are only derived on first use. */
  readonly asked: Pick<GraphOperation, 'written'>;
  /** The variables that the gateway reads, by GraphQL's rules. */
  readonly coerced: Variables;
  readonly context: GatewayContext;
}

export const generalPlan = (why: string): Plan => ({
  kind: 'general',
  words: [`answered by the fallback executor, since ${why}`],
  run: () => Promise.reject(new Error('A general plan does not run.')),
});
