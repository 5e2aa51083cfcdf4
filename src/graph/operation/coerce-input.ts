import {
  coerceInputValue,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { isObject } from '../../kit/json.ts';

/** The path of a value, from the inside out. */
interface Place {
  readonly outer: Place | undefined;
  readonly key: string | number;
}

/** @param path from the value to the error in it */
export type OnFault = (path: readonly (string | number)[], message: string) => void;

/**
 * `coerceInputValue` of graphql-js, but in time that grows only with the value. The original looks for every field of
 * an input object in each of its values: 20,000 filters of one field took 640 ms, because a filter of customers has 160
 * fields. Values and errors are the same, in the same order.
 */
export function coerceInput(value: unknown, type: GraphQLInputType, onFault: OnFault, place?: Place): unknown {
  const isMissing = value === null || value === undefined;
  if (isNonNullType(type) && !isMissing) return coerceInput(value, type.ofType, onFault, place);
  if (isMissing) return byTheLibrary(value, type, onFault, place);
  if (isListType(type)) {
    if (!Array.isArray(value)) return [coerceInput(value, type.ofType, onFault, place)];
    return value.map((item, index) => coerceInput(item, type.ofType, onFault, { outer: place, key: index }));
  }
  if (isInputObjectType(type) && !type.isOneOf && isObject(value)) return coerceObject(value, type, onFault, place);
  return byTheLibrary(value, type, onFault, place);
}

function coerceObject(
  value: Readonly<Record<string, unknown>>,
  type: GraphQLInputObjectType,
  onFault: OnFault,
  place: Place | undefined,
): unknown {
  const coerced: Record<string, unknown> = Object.create(null);
  const { fields, positions, expected } = membersOf(type);
  const given = Object.keys(value);
  const names = given.filter((name) => fields[name] && value[name] !== undefined);
  for (const name of expected) if (value[name] === undefined) names.push(name);
  if (names.length > 1) names.sort((one, other) => (positions.get(one) ?? 0) - (positions.get(other) ?? 0));
  for (const name of names) {
    const field = fields[name];
    if (!field) continue;
    if (value[name] !== undefined)
      coerced[name] = coerceInput(value[name], field.type, onFault, { outer: place, key: name });
    else if (field.defaultValue !== undefined) coerced[name] = field.defaultValue;
    else onFault(pathTo(place), `Field "${name}" of required type "${field.type}" was not provided.`);
  }
  for (const name of given) if (!fields[name]) onFault(pathTo(place), unknownField(name, type));
  return coerced;
}

/** A type's declaration, read once: its fields, their order, and those that are required or have a default. */
interface Members {
  readonly fields: ReturnType<GraphQLInputObjectType['getFields']>;
  readonly positions: ReadonlyMap<string, number>;
  readonly expected: readonly string[];
}

const membersByType = new WeakMap<GraphQLInputObjectType, Members>();

function membersOf(type: GraphQLInputObjectType): Members {
  const found = membersByType.get(type);
  if (found) return found;
  const fields = type.getFields();
  const names = Object.keys(fields);
  const expected = Object.values(fields).filter(
    (field) => field.defaultValue !== undefined || isNonNullType(field.type),
  );
  const members = {
    fields,
    positions: new Map(names.map((name, index) => [name, index])),
    expected: expected.map(({ name }) => name),
  };
  membersByType.set(type, members);
  return members;
}

/** The library's message, with a suggestion. */
function unknownField(name: string, type: GraphQLInputObjectType): string {
  const start = `Field "${name}" is not defined by type "${type.name}".`;
  let message = start;
  coerceInputValue({ [name]: null }, type, (_path, _value, error) => {
    if (error.message.startsWith(start)) message = error.message;
  });
  return message;
}

function byTheLibrary(value: unknown, type: GraphQLInputType, onFault: OnFault, place: Place | undefined): unknown {
  return coerceInputValue(value, type, (path, _value, { message }) => onFault([...pathTo(place), ...path], message));
}

function pathTo(place: Place | undefined): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at = place; at; at = at.outer) path.push(at.key);
  return path.reverse();
}
