import type { Literal } from './literal.ts';

/** A `$filter` as a tree, with only what Sage 200 documents; there is no `in` and no `not`. */
export type Expression =
  | { readonly op: 'and' | 'or'; readonly parts: readonly Expression[] }
  | { readonly op: Comparison; readonly field: string; readonly literal: Literal }
  | { readonly op: TextMatch; readonly field: string; readonly literal: Literal; readonly negated: boolean }
  | { readonly op: 'always' | 'never' };

export type Comparison = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
export type TextMatch = 'contains' | 'startswith' | 'endswith';

export const ALWAYS: Expression = { op: 'always' };
export const NEVER: Expression = { op: 'never' };

/** All must hold. Flattens; one impossible part makes the whole impossible. */
export function and(parts: readonly Expression[]): Expression {
  return join('and', parts, ALWAYS, NEVER);
}

/** One must hold; an empty list is impossible. */
export function or(parts: readonly Expression[]): Expression {
  return join('or', parts, NEVER, ALWAYS);
}

function join(op: 'and' | 'or', parts: readonly Expression[], neutral: Expression, deciding: Expression): Expression {
  const kept: Expression[] = [];
  for (const part of parts) {
    if (part.op === deciding.op) return deciding;
    if (part.op === neutral.op) continue;
    for (const each of part.op === op ? part.parts : [part]) kept.push(each);
  }
  const [only] = kept;
  if (!only) return neutral;
  return kept.length === 1 ? only : { op, parts: kept };
}

const OPPOSITE: Record<Comparison, Comparison> = { eq: 'ne', ne: 'eq', gt: 'le', le: 'gt', lt: 'ge', ge: 'lt' };

/** Pushes a negation down to the comparisons, since Sage has no `not`. */
export function negate(expression: Expression): Expression {
  switch (expression.op) {
    case 'always':
      return NEVER;
    case 'never':
      return ALWAYS;
    case 'and':
      return or(expression.parts.map(negate));
    case 'or':
      return and(expression.parts.map(negate));
    case 'contains':
    case 'startswith':
    case 'endswith':
      return { ...expression, negated: !expression.negated };
    default:
      return { ...expression, op: OPPOSITE[expression.op] };
  }
}

/** The tree as `$filter` text, not yet URL-encoded. Undefined if it matches every row. */
export function printExpression(expression: Expression): string | undefined {
  return expression.op === 'always' ? undefined : print(expression);
}

function print(expression: Expression): string {
  switch (expression.op) {
    case 'and':
    case 'or':
      return expression.parts.map(printPart).join(` ${expression.op} `);
    case 'contains':
    case 'startswith':
    case 'endswith': {
      const call = `${expression.op}(${expression.field},${expression.literal})`;
      // A negated match is documented only as a comparison with false, and empty values never satisfy that.
      return expression.negated ? `${call} eq false or ${expression.field} eq null` : call;
    }
    case 'always':
    case 'never':
      throw new Error(`A filter that is ${expression.op} true has no text; the caller must not ask for it.`);
    default:
      return `${expression.field} ${expression.op} ${expression.literal}`;
  }
}

const printPart = (part: Expression): string =>
  part.op === 'and' || part.op === 'or' || isNegatedMatch(part) ? `(${print(part)})` : print(part);

const isNegatedMatch = (part: Expression): boolean => 'negated' in part && part.negated;

/** Number of comparisons in the tree, for an or-chain's length limit. */
export function countTerms(expression: Expression): number {
  if (expression.op === 'and' || expression.op === 'or')
    return expression.parts.reduce((sum, part) => sum + countTerms(part), 0);
  if (expression.op === 'always' || expression.op === 'never') return 0;
  return isNegatedMatch(expression) ? 2 : 1;
}

/** Whether no row with an empty field matches the filter: only `eq null` and `ne` find those. */
export function excludesEmpty(expression: Expression, field: string): boolean {
  switch (expression.op) {
    case 'always':
      return false;
    case 'never':
      return true;
    case 'and':
      return expression.parts.some((part) => excludesEmpty(part, field));
    case 'or':
      return expression.parts.every((part) => excludesEmpty(part, field));
    case 'contains':
    case 'startswith':
    case 'endswith':
      return expression.field === field && !expression.negated;
    default:
      return expression.field === field && (expression.op === 'ne') === (expression.literal === 'null');
  }
}
