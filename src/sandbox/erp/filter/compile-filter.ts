import { BusinessError } from '../business-error.ts';
import type { Row } from '../data/row.ts';
import type { Store } from '../data/store.ts';
import { nodeOf, type PropertyModel } from '../model/model.ts';
import { candidatesOf } from './candidates.ts';
import { parseRelaxedJson } from './relaxed-json.ts';
import { type Comparable, comparableReader, toStored } from './values.ts';

export type Predicate = (row: Row) => boolean;

export interface Filter {
  readonly matches: Predicate;
  /** The only records that can match, in `_id` order, if an index knows them: avoids checking all. */
  readonly candidates: readonly Row[] | undefined;
}

const EVERYTHING: Filter = { matches: () => true, candidates: undefined };

/**
 * Compiles the text of a `filter` argument for one node. Knows the operators of the vendor's filter pages: `_eq`,
 * `_ne`, `_gt`, `_gte`, `_lt`, `_lte`, `_in`, `_nin`, `_regex`, `_and`, `_or` and the quantifiers on collections
 * `_atLeast`, `_atMost`, `_every`, `_none`; everything nests along references.
 *
 * @throws BusinessError for a text that is not a filter, an unknown property or operator, and a value of the wrong kind.
 */
export function compileFilter(text: string | null | undefined, node: string, store: Store): Filter {
  if (text === null || text === undefined || text.trim() === '') return EVERYTHING;
  const condition = parseRelaxedJson(text);
  if (condition === null) return EVERYTHING;
  return { matches: compile(condition, { node, store, path: [] }), candidates: candidatesOf(condition, node, store) };
}

interface Scope {
  readonly node: string;
  readonly store: Store;
  /** Properties walked through, for messages. */
  readonly path: readonly string[];
}

/** A condition on a whole record: an object whose keys all hold, or a list whose members all hold. */
function compile(condition: unknown, scope: Scope): Predicate {
  if (Array.isArray(condition)) return every(condition.map((part) => compile(part, scope)));
  return every(Object.entries(asObject(condition, scope.path)).map(([key, value]) => compileKey(key, value, scope)));
}

function compileKey(key: string, value: unknown, scope: Scope): Predicate {
  if (key === '_and') return every(asList(value, key, scope.path).map((part) => compile(part, scope)));
  if (key === '_or') return some(asList(value, key, scope.path).map((part) => compile(part, scope)));
  const path = [...scope.path, key];
  const property = nodeOf(scope.store.model, scope.node).properties.get(key);
  if (!property) {
    const what = key.startsWith('_') ? 'operator or property' : 'property';
    throw new BusinessError(`Invalid filter: unknown ${what} "${path.join('.')}" of ${scope.node}.`);
  }
  if (property.column === '_customData') return customData(value, path);
  const read = scope.store.reader(scope.node, property.column);
  if (property.kind === 'collection') return quantified(value, property, { ...scope, path }, read);
  if (property.target) return onReference(value, property, { ...scope, path }, read);
  return onValue(value, comparableReader(property, read), path, (operand) => {
    // A hash sign and the natural key may replace any id.
    const isKey = property.kind === 'id' && typeof operand === 'string' && operand.startsWith('#');
    const meant = isKey ? (scope.store.byText(scope.node, operand)?._id ?? Number.NaN) : operand;
    return toStored(property, meant, scope.store.model, path);
  });
}

function onReference(value: unknown, property: PropertyModel, scope: Scope, read: (row: Row) => unknown): Predicate {
  const target = property.target ?? '';
  const nested = isObject(value) && !Object.keys(value).some((key) => Object.hasOwn(OPERATORS, key));
  if (!nested) {
    const toId = (operand: unknown) =>
      operand === null ? null : (scope.store.byText(target, operand as string)?._id ?? Number.NaN);
    return onValue(value, (row) => (read(row) as Row | null)?._id ?? null, scope.path, toId);
  }
  const matches = compile(value, { ...scope, node: target });
  return (row) => {
    const other = read(row) as Row | null;
    return other !== null && matches(other);
  };
}

/** A condition on a collection: how many of the children must match the rest of the object. */
function quantified(value: unknown, property: PropertyModel, scope: Scope, read: (row: Row) => unknown): Predicate {
  const { _atLeast, _atMost, _every, _none, ...rest } = asObject(value, scope.path);
  const fits = compile(rest, { ...scope, node: property.target ?? '' });
  const rules: ((fitting: number, all: number) => boolean)[] = [];
  if (_atLeast !== undefined) rules.push((fitting) => fitting >= Number(_atLeast));
  if (_atMost !== undefined) rules.push((fitting) => fitting <= Number(_atMost));
  if (_every !== undefined) rules.push((fitting, all) => (fitting === all) === _every);
  if (_none !== undefined) rules.push((fitting) => (fitting === 0) === _none);
  if (rules.length === 0) {
    const names = '_atLeast, _atMost, _every or _none';
    throw new BusinessError(`Invalid filter: a condition on the collection "${scope.path.join('.')}" needs ${names}.`);
  }
  return (row) => {
    const children = read(row) as readonly Row[];
    const fitting = children.filter(fits).length;
    return rules.every((rule) => rule(fitting, children.length));
  };
}

/** Custom fields have no declared type: numbers compare with numbers, texts with texts. */
function customData(value: unknown, path: readonly string[]): Predicate {
  return every(
    Object.entries(asObject(value, path)).map(([field, condition]) => {
      const read = (row: Row) => (row['_customData'] as Record<string, Comparable> | undefined)?.[field] ?? null;
      return onValue(condition, read, [...path, field], (operand) => operand as Comparable);
    }),
  );
}

type Operator = (operand: Comparable, value: Comparable) => boolean;

const OPERATORS: Readonly<Record<string, Operator>> = {
  _eq: (operand, value) => value === operand,
  _ne: (operand, value) => value !== operand,
  _gt: (operand, value) => value !== null && operand !== null && value > operand,
  _gte: (operand, value) => value !== null && operand !== null && value >= operand,
  _lt: (operand, value) => value !== null && operand !== null && value < operand,
  _lte: (operand, value) => value !== null && operand !== null && value <= operand,
  _in: () => true,
  _nin: () => true,
  _regex: () => true,
};

function onValue(
  condition: unknown,
  read: (row: Row) => Comparable,
  path: readonly string[],
  toOperand: (operand: unknown) => Comparable,
): Predicate {
  if (!isObject(condition)) {
    const wanted = toOperand(condition);
    return (row) => read(row) === wanted;
  }
  const { _options, ...operators } = condition;
  return every(
    Object.entries(operators).map(([name, operand]): Predicate => {
      if (name === '_and')
        return every(asList(operand, name, path).map((part) => onValue(part, read, path, toOperand)));
      if (name === '_or') return some(asList(operand, name, path).map((part) => onValue(part, read, path, toOperand)));
      if (name === '_in' || name === '_nin') {
        const wanted = new Set(asList(operand, name, path).map(toOperand));
        return (row) => wanted.has(read(row)) === (name === '_in');
      }
      if (name === '_regex') return matching(operand, _options, read, path);
      const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
      if (!operator) throw new BusinessError(`Invalid filter: unknown operator "${name}" on "${path.join('.')}".`);
      const wanted = toOperand(operand);
      return (row) => operator(wanted, read(row));
    }),
  );
}

function matching(pattern: unknown, options: unknown, read: (row: Row) => unknown, path: readonly string[]): Predicate {
  try {
    // The case rule is not documented; `_options: 'i'` is accepted beside the case-sensitive default.
    const expression = new RegExp(String(pattern), options === 'i' ? 'iu' : 'u');
    return (row) => {
      const value = read(row);
      return value !== null && expression.test(String(value));
    };
  } catch {
    throw new BusinessError(`Invalid filter: "${path.join('.')}" has an invalid regular expression.`);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const every = (predicates: readonly Predicate[]): Predicate => {
  const [only, second] = predicates;
  if (only && !second) return only;
  return (row) => predicates.every((matches) => matches(row));
};

const some =
  (predicates: readonly Predicate[]): Predicate =>
  (row) =>
    predicates.some((matches) => matches(row));

function asObject(value: unknown, path: readonly string[]): Record<string, unknown> {
  if (isObject(value)) return value;
  throw new BusinessError(`Invalid filter: an object is expected${path.length > 0 ? ` at "${path.join('.')}"` : ''}.`);
}

function asList(value: unknown, operator: string, path: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value;
  const where = path.length > 0 ? ` of "${path.join('.')}"` : '';
  throw new BusinessError(`Invalid filter: ${operator}${where} takes a list.`);
}
