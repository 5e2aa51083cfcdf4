import { GatewayError } from '../../kit/errors/index.ts';
import { andThen, type MaybePromise, orElse } from '../../kit/maybe-promise.ts';
import type { Answer } from '../answers/answer.ts';
import type { ClientError } from './client-error.ts';
import type { GraphqlRequest, Operation } from './graphql-request.ts';
import { type AnswerOptions, type Executed, toAnswer } from './to-answer.ts';

/**
 * One step in handling every GraphQL request. Each hook is called once for each request, in the order of the list, however
 * the operation is executed; after a phase has refused, only `onAnswer` is called.
 */
export interface Phase {
  /** Called before the request is parsed. @throws GatewayError to refuse it */
  readonly onRequest?: (request: GraphqlRequest) => void;
  /** Called after the document is parsed, before it is validated. @throws GatewayError to refuse it */
  readonly onOperation?: (request: GraphqlRequest, operation: Operation) => void;
  /** Answers the request, or returns undefined to leave it to the next phase. */
  readonly execute?: (request: GraphqlRequest, progress: Progress) => MaybePromise<Executed | undefined>;
  /** Called after a valid operation was executed. Must not throw. */
  readonly onExecuted?: (request: GraphqlRequest, operation: Operation, seconds: number) => void;
  /** Called last, also for refused requests. Must not throw. */
  readonly onAnswer?: (request: GraphqlRequest, outcome: Outcome) => void;
}

export interface Outcome {
  /** As the caller sees them. */
  readonly errors: readonly ClientError[];
  /** Whether there is also data. */
  readonly hasData: boolean;
  /** The error if there is no GraphQL answer at all. */
  readonly failure?: unknown;
}

/** Executors report their progress here. An operation that several executors try is reported once. */
export interface Progress {
  /** @throws GatewayError if a phase refuses the operation */
  readonly found: (request: GraphqlRequest, operation: Operation) => void;
  readonly executed: (request: GraphqlRequest, seconds: number) => void;
}

/** Sends requests through all phases. */
export function runPhases(
  phases: readonly Phase[],
  options: AnswerOptions,
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
          const { answer, errors, hasData } = toAnswer(executed, request, options);
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
