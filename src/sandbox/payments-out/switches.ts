/** What Sage does not publish; each can be changed while the sandbox runs, and no default is confirmed by Sage. */
export interface PaymentsOutSwitches {
  /** Body of an error. Unknown; another service of Sage's answers 429 with a problem document (RFC 9457). */
  readonly errorBody: 'problem' | 'message' | 'diagnoses' | 'empty';
  /** Whether a list of one is answered as an object. Unknown. */
  readonly listData: 'array' | 'object';
  /** Whether the body of a new batch is under `data`; its guide names members without a path. */
  readonly batchEnvelope: 'data' | 'none' | 'either';
  /** Which token the Consumer API accepts; its guides show a company's, the page on tokens says Sage ID for some calls. */
  readonly consumerToken: 'sageId' | 'company' | 'either';
  /** Answer to a spent idempotency key with another body. Unknown. */
  readonly idempotencyConflict: 'replay' | '422';
  /** Requests a second. Documented as 10, or what is agreed. */
  readonly rate: number;
  /** Seconds in `Retry-After` of a 429; null: no such header, since none is documented. */
  readonly retryAfter: number | null;
}

export const DEFAULT_SWITCHES: PaymentsOutSwitches = {
  errorBody: 'problem',
  listData: 'array',
  batchEnvelope: 'either',
  consumerToken: 'either',
  idempotencyConflict: 'replay',
  rate: 10,
  retryAfter: null,
};

/** Read again at each use. */
export type ReadSwitches = () => PaymentsOutSwitches;

const WORDS: Readonly<Partial<Record<keyof PaymentsOutSwitches, readonly string[]>>> = {
  errorBody: ['problem', 'message', 'diagnoses', 'empty'],
  listData: ['array', 'object'],
  batchEnvelope: ['data', 'none', 'either'],
  consumerToken: ['sageId', 'company', 'either'],
  idempotencyConflict: ['replay', '422'],
};

/** Whether a value holds switches and nothing else. */
export function areSwitches(value: unknown): value is Partial<PaymentsOutSwitches> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, member]) => {
    if (name === 'rate') return Number.isInteger(member) && Number(member) > 0;
    if (name === 'retryAfter') return member === null || (Number.isInteger(member) && Number(member) >= 0);
    return WORDS[name as keyof PaymentsOutSwitches]?.includes(String(member)) === true;
  });
}
