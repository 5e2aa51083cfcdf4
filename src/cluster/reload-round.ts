import type { Refusal, ToWorker } from './messages.ts';

/** ms in which workers must have prepared: one that hangs must not block a new configuration for ever. */
const ANSWER_WITHIN_MS = 60_000;

/** A worker cannot use the configuration, so none does. */
export class WorkersRefusal extends Error {
  override readonly name = 'WorkersRefusal';
  readonly faults: NonNullable<Refusal['faults']>;

  constructor({ message, faults = [] }: Refusal) {
    super(message);
    this.faults = faults;
  }
}

type Asked = Extract<ToWorker, { type: 'gateway:prepare' | 'gateway:use' }>;
type Tell = (worker: number, message: Asked) => void;

interface Question {
  readonly waitingFor: Set<number>;
  refusal: Refusal | undefined;
  readonly finish: () => void;
}

/** Brings a configuration to all workers or to none: first each one prepares, then all use it. */
export function createReloadRounds() {
  const questions = new Map<number, Question>();
  let lastRequest = 0;

  const answered = (worker: number, request: number, refusal?: Refusal) => {
    const question = questions.get(request);
    if (!question?.waitingFor.delete(worker)) return;
    question.refusal ??= refusal;
    if (question.waitingFor.size === 0) question.finish();
  };

  /** @returns why one of them failed */
  const ask = async (workers: readonly number[], toMessage: (request: number) => Asked, tell: Tell) => {
    lastRequest += 1;
    const request = lastRequest;
    const { promise, resolve } = Promise.withResolvers<void>();
    const question: Question = { waitingFor: new Set(workers), refusal: undefined, finish: resolve };
    questions.set(request, question);
    const timer = setTimeout(resolve, ANSWER_WITHIN_MS);
    for (const worker of workers) tell(worker, toMessage(request));
    if (workers.length === 0) resolve();
    await promise;
    clearTimeout(timer);
    questions.delete(request);
    const isLate = question.waitingFor.size > 0;
    return question.refusal ?? (isLate ? { message: 'A worker did not apply the configuration in time.' } : undefined);
  };

  return {
    /** @throws WorkersRefusal if one of them cannot use it: then all keep the old one */
    async bring(text: string, workers: readonly number[], tell: Tell): Promise<void> {
      const refusal = await ask(workers, (request) => ({ type: 'gateway:prepare', request, text }), tell);
      await ask(workers, (request) => ({ type: 'gateway:use', request, isUsed: !refusal }), tell);
      if (refusal) throw new WorkersRefusal(refusal);
    },
    answered,
    /** An ended worker takes part no longer, and the others do not wait for it. */
    workerEnded(worker: number): void {
      for (const request of questions.keys()) answered(worker, request);
    },
  };
}
