export {
  type Body,
  type BodyPart,
  ByteText,
  byteChars,
  bytesOf,
  MOST_BYTES_A_CHARACTER,
  piecesOf,
  roughLength,
  textOf,
  writeBody,
} from './body-parts.ts';
export { CallBudget } from './call-budget.ts';
export { type Deadline, startDeadline } from './deadline.ts';
export { toReadError } from './failure-error.ts';
export { headerText, type RequestHeaders, single } from './header.ts';
export { KeptCalls } from './kept-calls.ts';
export { reasonIn, refusalReason } from './refusal-reason.ts';
export type { CallKey } from './running-calls.ts';
export { type Holder, HttpFailure, type HttpRequest, type HttpResponse, type Send } from './send.ts';
export type { BreakerState } from './sending/breaker.ts';
export { createHttp, type Http } from './sending/create-http.ts';
export { causeOf } from './sending/failure-cause.ts';
export type { Lane, LaneOptions } from './sending/lane.ts';
export { type ProxySettings, usesProxy } from './sending/outbound-proxy.ts';
export { createSharedCalls } from './shared-calls.ts';
export { SharedWork } from './shared-work.ts';
export { meaningOfStatus } from './status-meaning.ts';
export { endOfWrites, Stop, type StopSignal } from './stop.ts';
