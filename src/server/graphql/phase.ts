import type { Graph } from '../../graph/index.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { andThen, type MaybePromise, orElse } from '../../kit/maybe-promise.ts';
import type { Answer } from '../answers/answer.ts';
import type { ClientError } from './client-error.ts';
import type { GraphqlRequest, Operation } from './graphql-request.ts';
import { tellCost } from './tell-cost.ts';
import { type Executed, toAnswer } from './to-answer.ts';

/**
 * One step of every GraphQL request. Each hook is called once a request, in the order of the list, whichever way the
 * operation is executed and however often it was asked before; once a phase has refused, only `onAnswer` is left.
 */
export interface Phase {
  /** Nobody has read yet what is asked. @throws GatewayError to refuse it */
  readonly onRequest?: (request: GraphqlRequest) => void;
  /** The document was read; whether it is valid is not known yet. @throws GatewayError to refuse it */
  readonly onOperation?: (request: GraphqlRequest, operation: Operation) => void;
  /** Answers, or leaves it to the next phase that can. */
  readonly execute?: (request: GraphqlRequest, progress: Progress) => MaybePromise<Executed | undefined>;
  /** The operation was valid, and was executed. Must not throw. */
  readonly onExecuted?: (request: GraphqlRequest, operation: Operation, seconds: number) => void;
  /** The last of all, refused or not. Must not throw. */
  readonly onAnswer?: (request: GraphqlRequest, outcome: Outcome) => void;
}

export interface Outcome {
  /** As the caller sees them. */
  readonly errors: readonly ClientError[];
  /** Whether there is an answer beside them. */
  readonly hasData: boolean;
  /** What was thrown where there is no GraphQL answer at all. */
  readonly failure?: unknown;
}

/** Those who execute say through this how far they are. An operation that several try is reported once. */
export interface Progress {
  /** @throws GatewayError where a phase refuses the operation */
  readonly found: (request: GraphqlRequest, operation: Operation) => void;
  readonly executed: (request: GraphqlRequest, seconds: number) => void;
}

/** Sends requests through all phases. */
export function runPhases(
  phases: readonly Phase[],
  answerBytes: number,
  costOf: Graph['costOf'],
): (request: GraphqlRequest) => MaybePromise<Answer> {
  const onRequest = phases.flatMap((phase) => phase.onRequest ?? []);
  const executors = phases.flatMap((phase) => phase.execute ?? []);
  const onAnswer = phases.flatMap((phase) => phase.onAnswer ?? []);
  const progress = toProgress(phases);

  const executeFrom = (index: number, request: GraphqlRequest): MaybePromise<Executed> => {
    const execute = executors[index];
    if (!execute) throw new GatewayError('INTERNAL', 'No phase has executed this operation.');
    return andThen(execute(request, progress), (executed) => executed ?? executeFrom(index + 1, request));
  };

  const end = (request: GraphqlRequest, outcome: Outcome) => {
    for (const hook of onAnswer) hook(request, outcome);
  };

  return (request) =>
    orElse(
      () => {
        for (const hook of onRequest) hook(request);
        return andThen(executeFrom(0, request), (executed) => {
          const told = request.wantsCost ? tellCost(executed, request, costOf) : executed;
          const { answer, errors, hasData } = toAnswer(told, request, answerBytes);
          end(request, { errors, hasData });
          return answer;
        });
      },
      (failure) => {
        end(request, { errors: [], hasData: false, failure });
        throw failure;
      },
    );
}

function toProgress(phases: readonly Phase[]): Progress {
  const onOperation = phases.flatMap((phase) => phase.onOperation ?? []);
  const onExecuted = phases.flatMap((phase) => phase.onExecuted ?? []);
  return {
    found(request, operation) {
      if (request.operation) return;
      request.operation = operation;
      for (const hook of onOperation) hook(request, operation);
    },
    executed(request, seconds) {
      const { operation } = request;
      if (operation) for (const hook of onExecuted) hook(request, operation, seconds);
    },
  };
}
