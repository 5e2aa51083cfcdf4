import { type ErrorSource, GatewayError } from '../errors/index.ts';
import type { HttpFailure } from './send.ts';
import { causeOf } from './sending/failure-cause.ts';

/**
 * The error of a read that got no answer.
 * @param upstream name for people: `Sage 200`
 */
export function toReadError(failure: HttpFailure, upstream: string, source: ErrorSource): GatewayError {
  const { kind, retryAfter } = failure;
  const options = { source, cause: failure, retryAfter };
  switch (kind) {
    case 'tooLarge':
      return new GatewayError(
        'COST_EXCEEDED',
        `The answer of ${upstream} is larger than limits.answerBytes allows. Request fewer rows or fewer fields at a time.`,
        { ...options, details: { limit: 'answerBytes' } },
      );
    case 'paused':
      return unavailable(
        `${upstream} has been failing and is not asked just now. Try again in ${retryAfter} s.`,
        options,
      );
    case 'crowded':
      return unavailable(`Too many requests wait for ${upstream} already. Send fewer at a time.`, options);
    case 'timeout':
    case 'aborted':
      return new GatewayError(
        'UPSTREAM_TIMEOUT',
        `${upstream} did not answer within this operation's time limit. Request less, or try again later.`,
        options,
      );
    case 'refused':
    case 'cut':
      return unavailable(`${upstream} cannot be reached: ${causeOf(failure).words}. Try again later.`, options);
  }
}

const unavailable = (
  message: string,
  options: { source: ErrorSource; cause: HttpFailure; retryAfter: number | undefined },
) => new GatewayError('UPSTREAM_UNAVAILABLE', message, options);
