import type { SQLInputValue } from 'node:sqlite';
import { badRequest } from '../api-error.ts';
import { type Field, isNested, type Resource } from '../catalogue.ts';
import type { CompareOperator, Filter, Literal } from './parse-filter.ts';
import type { FilterNames } from './restricted-filter.ts';

export interface Condition {
  readonly sql: string;
  readonly params: readonly SQLInputValue[];
  /** Columns compared by equality: worth an index if they are keys. */
  readonly equalTo: ReadonlySet<string>;
}

/** Looks up how an enum member is stored; undefined when the list has no such member. */
export type EnumLookup = (enumSource: string, numberOrName: string) => string | undefined;

const SQL_OPERATORS = { eq: 'IS', ne: 'IS NOT', gt: '>', ge: '>=', lt: '<', le: '<=' } as const;

/** Turns a `$filter` into SQL over the columns of a resource; text compares without case, as Sage's database does (inferred). */
export function compileFilter(
  filter: Filter,
  resource: Resource,
  lookUpEnum: EnumLookup,
  names?: FilterNames,
): Condition {
  const params: SQLInputValue[] = [];
  const equalTo = new Set<string>();

  const columnOf = (name: string): Field => {
    const field = names?.get(name)?.field ?? resource.fieldByName.get(name);
    if (!field) throw badRequest(`Could not find a property named '${name}' on type '${resource.name}'.`);
    if (isNested(field)) throw badRequest(`'${name}' is an expanded child and cannot be used in $filter.`);
    return field;
  };

  const compile = (node: Filter): string => {
    if (node.op === 'match') return compileMatch(node);
    if (node.op === 'compare') return compileCompare(node.field, node.operator, node.value);
    const chain = node.op === 'or' ? compileEqualChain(node.terms) : undefined;
    return chain ?? joinBalanced(node.terms.map(compile), node.op === 'or' ? ' OR ' : ' AND ');
  };

  /** `id eq 1 or id eq 2 …` becomes one `IN`, which an index answers however long it is. */
  const compileEqualChain = (terms: readonly Filter[]): string | undefined => {
    const [first] = terms;
    if (first?.op !== 'compare' || names?.has(first.field)) return undefined;
    const field = columnOf(first.field);
    const values: SQLInputValue[] = [];
    for (const term of terms) {
      if (term.op !== 'compare' || term.operator !== 'eq' || term.field !== first.field) return undefined;
      if (term.value.kind === 'null') return undefined;
      values.push(toColumnValue(field, term.value, lookUpEnum));
    }
    params.push(...values);
    equalTo.add(field.name);
    return `"${field.name}" IN (${values.map(() => '?').join(',')})`;
  };

  const compileCompare = (name: string, operator: CompareOperator, literal: Literal): string => {
    const field = columnOf(name);
    checkOperator(field, operator, literal);
    params.push(toColumnValue(field, literal, lookUpEnum));
    const elsewhere = names?.get(name);
    if (elsewhere) return elsewhere.where(`${SQL_OPERATORS[operator]} ?`);
    if (operator === 'eq') equalTo.add(name);
    return `"${name}" ${SQL_OPERATORS[operator]} ?`;
  };

  const compileMatch = (node: Extract<Filter, { op: 'match' }>): string => {
    const field = columnOf(node.field);
    if (field.kind !== 'str') throw badRequest(`'${node.fn}' needs a text field; '${node.field}' is not one.`);
    const escaped = node.text.replace(/[\\%_]/g, '\\$&');
    params.push(`${node.fn === 'startswith' ? '' : '%'}${escaped}${node.fn === 'endswith' ? '' : '%'}`);
    const elsewhere = names?.get(node.field);
    const matches = elsewhere ? elsewhere.where("LIKE ? ESCAPE '\\'") : `"${node.field}" LIKE ? ESCAPE '\\'`;
    return node.negated ? `NOT (${matches})` : matches;
  };

  return { sql: compile(filter), params, equalTo };
}

function checkOperator(field: Field, operator: CompareOperator, literal: Literal): void {
  const isEquality = operator === 'eq' || operator === 'ne';
  if (!isEquality && (literal.kind === 'null' || field.kind === 'bool' || field.kind === 'enum')) {
    throw badRequest(`'${field.name}' can only be compared by eq and ne with this value.`);
  }
}

function toColumnValue(field: Field, literal: Literal, lookUpEnum: EnumLookup): SQLInputValue {
  if (literal.kind === 'null') return null;
  const wrongType = () => badRequest(`The value for '${field.name}' in $filter has the wrong type (${literal.kind}).`);
  switch (field.kind) {
    case 'int':
    case 'dec':
      if (literal.kind !== 'number') throw wrongType();
      return toNumber(literal.value);
    case 'str':
      if (literal.kind !== 'string') throw wrongType();
      return literal.value;
    case 'enum': {
      if (literal.kind !== 'string') throw wrongType();
      const member = lookUpEnum(field.enumSource ?? '', literal.value);
      if (member === undefined) throw badRequest(`'${literal.value}' is not a member of '${field.enumSource}'.`);
      return member;
    }
    case 'bool':
      if (literal.kind !== 'boolean') throw wrongType();
      return literal.value ? 1 : 0;
    case 'dt':
      if (literal.kind !== 'date') throw wrongType();
      return literal.value;
    default:
      throw wrongType();
  }
}

const INT64_MAX = 2n ** 63n - 1n;

function toNumber(text: string): number | bigint {
  const number = Number(text);
  if (text.includes('.') || Number.isSafeInteger(number)) return number;
  const integer = BigInt(text);
  if (integer > INT64_MAX || integer < -INT64_MAX - 1n) throw badRequest(`'${text}' is out of range.`);
  return integer;
}

/** Halves keep the tree flat: SQLite refuses expressions nested more than 1,000 deep. */
function joinBalanced(parts: readonly string[], separator: string): string {
  if (parts.length === 1) return parts[0] ?? '';
  const middle = parts.length >> 1;
  return `(${joinBalanced(parts.slice(0, middle), separator)}${separator}${joinBalanced(parts.slice(middle), separator)})`;
}
