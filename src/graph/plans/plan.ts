import type { BodyPart } from '../../kit/http/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import type { GatewayContext, GraphOperation } from '../graph.ts';
import type { Variables } from '../operation/plan-operation.ts';

/**
 * How an operation is answered once it was found valid. `general`: by the standard executor; the others are compiled,
 * and give exactly what it would give. `mixed`, or the name of the source that answers it.
 */
export type PlanKind = string;

export interface Plan {
  readonly kind: PlanKind;
  /** What is asked of whom, what is passed through, why it is not faster: lines for a person. */
  readonly words: readonly string[];
  /**
   * The body of an answer without errors.
   * @throws anything when the fallback executor is to answer instead, from what was read so far, which the context keeps
   */
  readonly run: (request: PlannedRequest) => MaybePromise<readonly BodyPart[]>;
}

export interface PlannedRequest {
  readonly variables: Variables;
  /** Has them as the client wrote them, which it finds out when somebody asks. */
  readonly asked: Pick<GraphOperation, 'written'>;
  /** Those that we read ourselves, by GraphQL's rules. */
  readonly coerced: Variables;
  readonly context: GatewayContext;
}

export const generalPlan = (why: string): Plan => ({
  kind: 'general',
  words: [`answered by the fallback executor, since ${why}`],
  run: () => Promise.reject(new Error('A general plan does not run.')),
});
