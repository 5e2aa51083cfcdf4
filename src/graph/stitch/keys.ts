import { GraphQLID, type GraphQLLeafType } from 'graphql';
import { isSageId } from '../../subschemas/sage200/index.ts';
import type { KeyKind, KeyMatch } from './link.ts';

/** A key as it was found, and what it is compared by. */
export interface LinkKey {
  /** Without blanks around it, in one case where case does not count. */
  readonly id: string;
  /** Without blanks around it. */
  readonly text: string;
  /** As the other system wrote it. */
  readonly raw: string;
}

/** Undefined where there is nothing to look for. */
export function toKey(value: unknown, match: KeyMatch): LinkKey | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  const raw = String(value);
  const text = raw.trim();
  if (text === '') return undefined;
  return { id: match === 'exact' ? text : text.toLowerCase(), text, raw };
}

/** What to look for in place of the key, since the other system may write it otherwise. */
export function spellingsOf({ text, raw }: LinkKey, match: KeyMatch): string[] {
  const spellings = match === 'exact' ? [text] : [text, text.toUpperCase(), text.toLowerCase()];
  return [...new Set(raw === text ? spellings : [...spellings, raw])];
}

/**
 * The text of a tenant's filter for these keys. Strict JSON, which the tenant reads as well as its own relaxed form,
 * so no key can end a text or begin an operator.
 */
export function toErpFilter(
  keys: readonly LinkKey[],
  path: readonly string[],
  { match, kind }: { readonly match: KeyMatch; readonly kind: KeyKind },
): string {
  const condition = toCondition(keys, match, kind);
  return JSON.stringify(path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), condition));
}

function toCondition(keys: readonly LinkKey[], match: KeyMatch, kind: KeyKind): unknown {
  if (kind === 'number') return { _in: keys.map(({ text }) => Number(text)) };
  if (match === 'exact') return { _in: keys.flatMap((key) => spellingsOf(key, match)) };
  // No option of `_regex` for the case is documented, so each letter stands in both.
  return { _regex: `^\\s*(${keys.map(({ text }) => [...text].map(eitherCase).join('')).join('|')})\\s*$` };
}

function eitherCase(character: string): string {
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
  if (lower !== upper && [...lower].length === 1 && [...upper].length === 1) return `[${lower}${upper}]`;
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}

const PLAIN_NUMBER = /^-?\d{1,15}(\.\d{1,14})?$/;

/** Whether a filter of that kind can look for the key at all. */
export const canAsk = ({ text }: LinkKey, kind: KeyKind): boolean =>
  kind === 'text' ? text.isWellFormed() : PLAIN_NUMBER.test(text) && text.length < 16;

/**
 * What to look for in a list of Sage 200's, as values of its filter. Empty for a key that no value of that type can be:
 * one such key must not spoil the request for all others.
 */
export function sage200Values(
  key: LinkKey,
  { match, kind, type }: { readonly match: KeyMatch; readonly kind: KeyKind; readonly type: GraphQLLeafType },
): (string | number)[] {
  if (!canAsk(key, kind)) return [];
  const values = kind === 'number' ? [Number(key.text)] : spellingsOf(key, match);
  return values.filter((value) => isValueOf(type, value));
}

function isValueOf(type: GraphQLLeafType, value: string | number): boolean {
  // The type takes any text, what is read by it only Sage's own ids.
  if (type.name === GraphQLID.name) return isSageId(String(value));
  try {
    type.parseValue(value);
    return true;
  } catch {
    return false;
  }
}
