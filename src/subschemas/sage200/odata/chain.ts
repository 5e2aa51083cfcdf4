import { and, type Expression, or } from './expression.ts';
import type { Literal } from './literal.ts';

/** Many values of one field in an or-chain, and the other conditions. */
export interface Chain {
  readonly field: string;
  /** Literals without duplicates; those that Sage may treat as equal are in one group. */
  readonly groups: readonly (readonly Literal[])[];
  readonly rest: Expression;
}

/** The longest or-chain that must hold in the filter; undefined if there is none. */
export function chainOf(filter: Expression): Chain | undefined {
  const parts = partsOf(filter);
  let longest: (Found & { readonly part: Expression }) | undefined;
  for (const part of parts) {
    const chain = toChain(part);
    if (chain && chain.groups.length > (longest?.groups.length ?? 0)) longest = { ...chain, part };
  }
  if (!longest) return undefined;
  const { part: own, field, groups } = longest;
  return { field, groups, rest: and(parts.filter((other) => other !== own)) };
}

export const hasChain = (filter: Expression): boolean => partsOf(filter).some((part) => chainField(part) !== undefined);

const partsOf = (filter: Expression): readonly Expression[] => (filter.op === 'and' ? filter.parts : [filter]);

/** The field that all terms compare. */
function chainField(part: Expression): string | undefined {
  if (part.op !== 'or') return undefined;
  const [first] = part.parts;
  if (first?.op !== 'eq') return undefined;
  return part.parts.every((term) => term.op === 'eq' && term.field === first.field) ? first.field : undefined;
}

type Found = Omit<Chain, 'rest'>;

function toChain(part: Expression): Found | undefined {
  const field = chainField(part);
  if (part.op !== 'or' || field === undefined) return undefined;
  const groups = new Map<string, Set<Literal>>();
  for (const term of part.parts) {
    if (term.op !== 'eq') return undefined;
    // On most servers, text comparison ignores case and trailing blanks: these values find the same rows.
    const folded = fold(term.literal);
    const group = groups.get(folded);
    if (group) group.add(term.literal);
    else groups.set(folded, new Set([term.literal]));
  }
  return { field, groups: Array.from(groups.values(), (group) => [...group]) };
}

function fold(literal: string): string {
  const text = literal.toLowerCase();
  return text.endsWith("'") ? `${text.slice(0, -1).trimEnd()}'` : text;
}

/** The filter with only these values of the chain. */
export function shortened({ field, rest }: Chain, groups: readonly (readonly Literal[])[]): Expression {
  return and([or(groups.flat().map((literal) => ({ op: 'eq', field, literal }))), rest]);
}

/** Length of one group in a URL. */
export function groupBytes({ field }: Chain): (group: readonly Literal[]) => number {
  const around = encodeURIComponent(`${field} eq  or `).length;
  return (group) => group.reduce((bytes, literal) => bytes + around + encodedBytes(literal), 0);
}

/** Most literals need no encoding. */
const encodedBytes = (literal: Literal): number =>
  PLAIN.test(literal) ? literal.length : encodeURIComponent(literal).length;

const PLAIN = /^[\w.'-]*$/;
