import { GatewayError } from './gateway-error.ts';

/** For a whole answer of the gateway. @param isDone whether the operation was performed anyway */
export const ownAnswerTooLarge = (isDone: boolean): GatewayError =>
  new GatewayError(
    'COST_EXCEEDED',
    isDone
      ? 'The mutation was carried out, but its answer is larger than limits.answerBytes allows. Do not send it again; query less of what it changed.'
      : 'The answer would be larger than limits.answerBytes allows. Request fewer rows or fewer fields at a time.',
    { details: { limit: 'answerBytes' } },
  );
