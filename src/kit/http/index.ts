export {
  type Body,
  type BodyPart,
  ByteText,
  bytesOf,
  MOST_BYTES_A_CHARACTER,
  roughLength,
  textOf,
  writeBody,
} from './body-parts.ts';
export { answerTooLarge, CallBudget } from './call-budget.ts';
export { createHttp, type Http, type HttpOptions } from './create-http.ts';
export { type Deadline, startDeadline } from './deadline.ts';
export { single } from './header.ts';
export { KeptCalls } from './kept-calls.ts';
export { reasonIn, refusalReason } from './refusal-reason.ts';
export type { CallKey } from './running-calls.ts';
export { type Holder, HttpFailure, type HttpRequest, type HttpResponse, type Send } from './send.ts';
export { createSharedCalls, type SharedCalls } from './shared-calls.ts';
export { SharedWork } from './shared-work.ts';
export { meaningOfStatus, type StatusMeaning } from './status-meaning.ts';
export { Stop, type StopSignal } from './stop.ts';
