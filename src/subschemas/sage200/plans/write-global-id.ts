import { createMemo } from '../../../kit/memo.ts';
import type { CompanyRef } from '../caller.ts';
import { type GlobalId, globalIdHead } from '../global-id.ts';
import { snippetOf } from './byte-writer.ts';
import type { WriteToken } from './token-writers.ts';

const BASE64URL = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_');
const QUOTE = 34;
const ZERO = 48;
const NINE = 57;
/** Longer ones might not be what a double makes of them. */
const MAX_DIGITS = 15;

/** The writer of one company and type, made once and used for answer after answer. */
export function globalIdWriters(typeName: string): (company: CompanyRef) => WriteToken {
  const writers = createMemo<WriteToken>(MAX_COMPANIES);
  return ({ site, company }) => writers(`${site}\n${company}`, () => globalIdWriter({ site, company, typeName }));
}

const MAX_COMPANIES = 100;

/** Makes global ids of the ids in Sage's rows: only what differs is encoded for each. */
export function globalIdWriter(name: Omit<GlobalId, 'key'>): WriteToken {
  const { encoded, rest } = globalIdHead(name);
  const head = snippetOf(encoded);
  return (output, source, start, end) => {
    if (!isPlainId(source, start, end)) return false;
    output.byte(QUOTE);
    output.put(head);
    let bits = 0;
    let bitCount = 0;
    for (let index = -rest.length; index < end - start; index += 1) {
      const byte = index < 0 ? rest[index + rest.length] : source[start + index];
      bits = (bits << 8) | (byte ?? 0);
      bitCount += 8;
      while (bitCount >= 6) {
        bitCount -= 6;
        output.byte(BASE64URL[(bits >> bitCount) & 63] ?? 0);
      }
      bits &= (1 << bitCount) - 1;
    }
    if (bitCount > 0) output.byte(BASE64URL[(bits << (6 - bitCount)) & 63] ?? 0);
    output.byte(QUOTE);
    return true;
  };
}

/** A whole number of no more digits than a double keeps, without a zero in front. */
export function isPlainId(source: Buffer, start: number, end: number): boolean {
  const length = end - start;
  if (length === 0 || length > MAX_DIGITS || (source[start] === ZERO && length > 1)) return false;
  for (let index = start; index < end; index += 1) {
    const byte = source[index] ?? 0;
    if (byte < ZERO || byte > NINE) return false;
  }
  return true;
}

/** The same as text. Most ids are short, and a number's text is at hand sooner than that of bytes. */
export function idText(source: Buffer, start: number, end: number): string {
  if (end - start > SHORT_DIGITS) return source.toString('latin1', start, end);
  let id = 0;
  for (let index = start; index < end; index += 1) id = 10 * id + (source[index] ?? ZERO) - ZERO;
  return String(id);
}

/** What is below a small integer of V8. */
const SHORT_DIGITS = 9;
