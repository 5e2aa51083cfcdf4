import { isRawNumber } from '../../kit/written-json.ts';
import type { KeyKind, KeyMatch } from './link.ts';

/** A key as it was read, and the id for comparing it. */
export interface LinkKey {
  /** Without surrounding blanks, and in one case if case is ignored. */
  readonly id: string;
  /** Without surrounding blanks. */
  readonly text: string;
  /** As the other system wrote it. */
  readonly raw: string;
}

/** Undefined if there is nothing to look for. */
export function toKey(value: unknown, match: KeyMatch): LinkKey | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean' && !isRawNumber(value))
    return undefined;
  const raw = isRawNumber(value) ? value.rawJSON : String(value);
  const text = raw.trim();
  if (text === '') return undefined;
  return { id: match === 'exact' ? text : text.toLowerCase(), text, raw };
}

/** The values to look for, since the other system may spell the key differently. */
export function spellingsOf({ text, raw }: LinkKey, match: KeyMatch): string[] {
  if (match === 'exact' && raw === text) return [text];
  const spellings = match === 'exact' ? [text] : [text, text.toUpperCase(), text.toLowerCase()];
  return [...new Set(raw === text ? spellings : [...spellings, raw])];
}

const PLAIN_NUMBER = /^-?\d{1,15}(\.\d{1,14})?$/;

/** Whether a filter of that kind can search for the key. */
export const canAsk = ({ text }: LinkKey, kind: KeyKind): boolean =>
  kind === 'text' ? text.isWellFormed() : PLAIN_NUMBER.test(text) && text.length < 16;
