import { GatewayError } from '../../../kit/errors/index.ts';
import type { RowType, ScalarField } from '../model/model.ts';
import { codecOf } from '../values/codecs.ts';
import { ALWAYS, and, type Comparison, type Expression, NEVER, negate, or, type TextMatch } from './expression.ts';
import { type Literal, toLiteral } from './literal.ts';

const COMPARISONS: Readonly<Record<string, Comparison>> = {
  eq: 'eq',
  ne: 'ne',
  gt: 'gt',
  gte: 'ge',
  lt: 'lt',
  lte: 'le',
};
const MATCHES: Readonly<Record<string, TextMatch>> = {
  contains: 'contains',
  startsWith: 'startswith',
  endsWith: 'endswith',
};

export interface FilterContext {
  /** Converts an id argument of either form to Sage's. `typeName` is the type of the id, if known. */
  readonly toSageId: (text: string, typeName: string | undefined) => string;
}

/**
 * A filter argument, already checked against its input type, as an expression. An empty filter matches every row.
 * Nested filters must not be empty: a variable without a value would show every row.
 */
export function compileFilter(type: RowType, filter: unknown, context: FilterContext): Expression {
  if (filter === null || filter === undefined) return ALWAYS;
  return and(entriesOf(filter).map(([name, value]) => compileEntry(type, name, value, context)));
}

/** Null is not the same as missing. A missing variable has no entry. */
function entriesOf(given: unknown): [string, unknown][] {
  const entries: [string, unknown][] = [];
  // Coerced objects have no prototype, and lists of their entries cost a microsecond each.
  for (const name in given as Record<string, unknown>) {
    const value = (given as Record<string, unknown>)[name];
    if (value !== undefined) entries.push([name, value]);
  }
  return entries;
}

/** A filter inside another one. */
function compilePart(type: RowType, name: string, value: unknown, context: FilterContext): Expression {
  return and(filledEntries(name, value).map(([inner, condition]) => compileEntry(type, inner, condition, context)));
}

function filledEntries(name: string, value: unknown): [string, unknown][] {
  const entries = value === null ? [] : entriesOf(value);
  if (entries.length > 0) return entries;
  throw emptyPart(name, value === null ? 'null' : '{}');
}

const emptyPart = (name: string, value: string) =>
  new GatewayError(
    'BAD_USER_INPUT',
    `“${name}: ${value}” in a filter is not a condition. Omit ${name} to find every row, or compare with null by eq or ne.`,
  );

/** Arguments that are conditions: each given value must match exactly. */
export function compileConditions(
  type: RowType,
  given: Readonly<Record<string, unknown>>,
  context: FilterContext,
): Expression {
  return and(
    Object.entries(given).flatMap(([name, value]): Expression[] => {
      const field = type.fields.get(name);
      if (field?.kind !== 'scalar' || value === undefined) return [];
      if (value === null) throw emptyArgument(name);
      return [{ op: 'eq', field: field.restName, literal: operandLiteral(type, field, value, context) }];
    }),
  );
}

/** @throws GatewayError BAD_USER_INPUT */
export const emptyArgument = (name: string) =>
  new GatewayError('BAD_USER_INPUT', `“${name}: null” is not a condition. Omit ${name}, or give it a value.`);

function compileEntry(type: RowType, name: string, value: unknown, context: FilterContext): Expression {
  if (name === 'and' || name === 'or') {
    if (value === null) throw emptyPart(name, 'null');
    const parts = (value as unknown[]).map((part) => compilePart(type, name, part, context));
    if (name === 'and') return and(parts);
    if (parts.length === 0) throw emptyPart(name, '[]');
    return or(parts);
  }
  if (name === 'not') return negate(compilePart(type, name, value, context));
  const field = filterField(type, name);
  return and(
    filledEntries(name, value).map(([operator, operand]) => compileCondition(type, field, operator, operand, context)),
  );
}

/** `id` also accepts global ids, and means Sage's `id`. */
function filterField(type: RowType, name: string): ScalarField {
  const field = type.fields.get(name === 'id' ? 'sageId' : name);
  if (field?.kind !== 'scalar')
    throw new GatewayError('BAD_USER_INPUT', `${type.name} cannot be filtered by “${name}”.`);
  return field;
}

function compileCondition(
  type: RowType,
  field: ScalarField,
  operator: string,
  operand: unknown,
  context: FilterContext,
): Expression {
  const literal = (value: unknown) => operandLiteral(type, field, value, context);
  if (operand === null && operator !== 'eq' && operator !== 'ne') {
    throw new GatewayError(
      'BAD_USER_INPUT',
      `“${field.name}: { ${operator}: null }” has no meaning. Compare with null by eq or ne, or omit ${operator}.`,
    );
  }
  if (operator === 'in') {
    const values = operand as unknown[];
    return values.length === 0
      ? NEVER
      : or(values.map((value) => ({ op: 'eq', field: field.restName, literal: literal(value) })));
  }
  const comparison = COMPARISONS[operator];
  if (comparison) return { op: comparison, field: field.restName, literal: literal(operand) };
  const match = MATCHES[operator];
  if (!match) throw new GatewayError('BAD_USER_INPUT', `“${operator}” is not an operator of ${field.name}.`);
  if (typeof operand !== 'string')
    throw new GatewayError('BAD_USER_INPUT', `“${field.name}: { ${operator}: … }” needs a string.`);
  return { op: match, field: field.restName, literal: literal(operand), negated: false };
}

function operandLiteral(type: RowType, field: ScalarField, value: unknown, context: FilterContext): Literal {
  const isId = field.scalar === 'ID' && value !== null && value !== undefined;
  return toLiteral(codecOf(field), isId ? context.toSageId(String(value), idTarget(type, field)) : value);
}

/** The type that an id field refers to: its own for `id`, the linked type for a reference. */
export function idTarget(type: RowType, field: ScalarField): string | undefined {
  if (field.refersTo !== undefined) return field.refersTo;
  if (field.restName === 'id') return type.isNode ? type.name : undefined;
  for (const other of type.fields.values()) {
    if (other.kind === 'linked' && other.key === field.restName) return other.typeName;
  }
  return undefined;
}
