import type { Redact } from '../../../kit/text/index.ts';
import { messageIn } from '../errors.ts';

/** A refusal by Sage 200, with its own message. */
export interface UserError {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[] | null;
  readonly savedLines: readonly number[] | null;
}

/** Sage counts lines from 1. The message for a failed line is not documented. */
const LINE = /\bline\s*(?:(?:no\.?|number)\s*)?(\d{1,6})\b/i;

/**
 * The failure in the body of a successful answer: lines of an order are saved one by one, and if one fails, those before
 * it are kept and those after it are not saved. Source: Sage 200 API reference, `PUT /sop_orders/{Id}`.
 * @param lineCount number of lines sent, undefined if there were none
 * @param redact removes what must not be returned from Sage's message
 */
export function partialFailure(answer: unknown, lineCount: number | undefined, redact: Redact): UserError | undefined {
  const found = messageIn(answer);
  if (found === undefined) return undefined;
  const message = redact(found);
  const code = 'UPSTREAM_REJECTED';
  if (lineCount === undefined) return { code, message, path: null, savedLines: null };
  const failed = Number(LINE.exec(message)?.[1] ?? 0) - 1;
  if (failed < 0 || failed >= lineCount) {
    const advice =
      'Sage saves lines in turn and stops at the first that fails: read the document to see which it saved.';
    return { code, message: `${sentence(message)} ${advice}`, path: ['input', 'lines'], savedLines: null };
  }
  return {
    code,
    message: `${sentence(message)} ${whatWasSaved(failed, lineCount)}`,
    path: ['input', 'lines', String(failed)],
    savedLines: Array.from({ length: failed }, (_, index) => index),
  };
}

/** Only the row of the answer. */
export function withoutMessage(answer: unknown): unknown {
  if (messageIn(answer) === undefined) return answer;
  const { Message: _, message: __, ...row } = answer as Record<string, unknown>;
  return row;
}

function whatWasSaved(failed: number, count: number): string {
  const before =
    failed === 0
      ? 'No line was saved'
      : `The ${failed === 1 ? 'line' : `${failed} lines`} before it ${failed === 1 ? 'is' : 'are'} saved`;
  const after = count - failed - 1;
  if (after === 0) return `${before}.`;
  return `${before}; the ${after === 1 ? 'one' : after} after it ${after === 1 ? 'is' : 'are'} not.`;
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
