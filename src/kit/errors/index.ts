export { type ErrorCode, type ErrorSource, GatewayError, STATUS_BY_CODE } from './gateway-error.ts';
export { ownAnswerTooLarge } from './own-answer-too-large.ts';
export { Secret } from './secret.ts';
