import { headerText } from '../kit/http/index.ts';
import type { Answer } from './answers/answer.ts';
import type { OpenExchange } from './intake/to-exchange.ts';
import { namesInLine } from './names-in-line.ts';
import { LONGEST_LOGGED_PATH } from './record-request.ts';
import type { Refusal } from './refusal-record.ts';

export interface RefusalNoteOptions {
  readonly onRefused?: ((refusal: Refusal) => void) | undefined;
  /** The mutations of a request that are already in the record. @default none */
  readonly takeBegun?: ((requestId: string) => readonly string[]) | undefined;
}

/** Notes for each answer what was refused, and which mutations were answered without being sent. */
export function createRefusalNote({ onRefused, takeBegun = () => NONE }: RefusalNoteOptions) {
  return (exchange: OpenExchange, answer: Answer): void => {
    const { errorCodes, mutations, requestId } = exchange;
    const codes = answer.errorCodes ?? errorCodes;
    const begun = mutations ? takeBegun(requestId) : NONE;
    // A mutation without an error that was not sent is a repeat under an idempotency key.
    if (!onRefused || codes.length === 0) return;
    const refusal = toRefusal(exchange, answer);
    if (refusal) onRefused(refusal);
    const unsent = mutations ? without(mutations(), begun) : NONE;
    // The refusal names those that were refused for lack of a right.
    const outcome = codes.find((code) => code !== 'FORBIDDEN' || !refusal);
    if (unsent.length > 0 && outcome !== undefined)
      onRefused({ ...whatOf(exchange), kind: 'mutation', action: namesInLine(unsent), outcome });
  };
}

const NONE: readonly string[] = [];

/** Undefined if nothing was refused for lack of a right. Missing credentials do not count. */
function toRefusal(exchange: OpenExchange, answer: Answer): Refusal | undefined {
  const { headers, method, path } = exchange;
  const outcome = exchange.refused ? 'FORBIDDEN' : answer.errorCodes?.find((code) => REFUSALS.has(code));
  if (outcome === undefined || (outcome === 'UNAUTHENTICATED' && headers['authorization'] === undefined))
    return undefined;
  const action = exchange.refused ?? `${method} ${path.slice(0, LONGEST_LOGGED_PATH)}`;
  return { ...whatOf(exchange), kind: 'refusal', action, outcome };
}

const REFUSALS: ReadonlySet<string> = new Set(['FORBIDDEN', 'UNAUTHENTICATED']);

function whatOf(exchange: OpenExchange) {
  const { principal, refusedCaller, requestId } = exchange;
  return {
    at: Date.now(),
    caller: principal?.id ?? refusedCaller,
    isStranger: principal === undefined,
    connection: principal?.sage200?.connection,
    consent: principal?.sage200?.consent?.toString(),
    tenant: headerText(exchange, 'x-tenant'),
    site: headerText(exchange, 'x-site'),
    company: headerText(exchange, 'x-company'),
    requestId,
  };
}

/** The names that are not among the others. The others may omit the beginning of a name; each removes one name. */
function without(names: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...others];
  return names.filter((name) => {
    const at = left.findIndex((other) => name === other || name.endsWith(`.${other}`));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
