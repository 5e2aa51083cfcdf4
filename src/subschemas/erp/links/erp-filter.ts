import { type KeyKind, type KeyMatch, type LinkKey, spellingsOf } from '../../../graph/subschema.ts';

/**
 * The text of a tenant's filter for these keys. It is strict JSON, which the tenant accepts as well as its own relaxed form,
 * so that no key can end a string or begin an operator.
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
  // No case option of `_regex` is documented, so each letter is written in both cases.
  return { _regex: `^\\s*(${keys.map(({ text }) => [...text].map(eitherCase).join('')).join('|')})\\s*$` };
}

function eitherCase(character: string): string {
  const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
  if (lower !== upper && [...lower].length === 1 && [...upper].length === 1) return `[${lower}${upper}]`;
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
