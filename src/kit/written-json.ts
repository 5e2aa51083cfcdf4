import { parseJson } from './json.ts';

declare global {
  interface JSON {
    /** A number, written out as that text. */
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

/** A number that a double would change, as it was written: `JSON.stringify` writes it unchanged. */
export interface RawNumber {
  readonly rawJSON: string;
}

export const isRawNumber = (value: unknown): value is RawNumber => JSON.isRawJSON(value);

/** JSON text that is passed on without parsing. */
export class JsonText {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  toJSON(): unknown {
    return parseAsWritten(this.bytes);
  }
}

/**
 * Parses JSON whose numbers are written again unchanged: `1.10`, `1e3`, `9007199254740993`. Those that a double would
 * change become a `RawNumber`.
 * @returns undefined if it is not JSON
 */
export function parseAsWritten(json: string | Buffer): unknown {
  const text = json.toString();
  if (!mayChange(text)) return parseJson(text);
  try {
    return JSON.parse(text, asWritten);
  } catch {
    return undefined;
  }
}

/**
 * Numbers that may change when they are read and written: with an exponent, a final zero after the point, too many digits, too
 * many zeros before the first other digit, or a minus before zero. Texts may look like one too, which costs only time.
 */
const CHANGING =
  /[:[,\s](?:-?(?:\d+(?:\.\d+)?[eE]|\d+\.\d*0[\s,\]}]|0\.0{6}|(?=\d[\d.]{15})[\d.]+[\s,\]}])|-0[\s,\]}])/;

/** Whether parsing and serialising JSON may change a number in it. */
export const mayChange = (text: string): boolean => CHANGING.test(text);

function asWritten(this: unknown, _name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : JSON.rawJSON(context.source);
}
