import { Bailout } from '../../../kit/bailout.ts';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { ScalarField } from '../model/model.ts';
import type { WriteToken } from './codec.ts';
import { codecOf } from './codecs.ts';
import { isNull, NULL_TEXT, QUOTE } from './tokens.ts';

/** Turns a value of a REST body into what the field's GraphQL type serialises. */
export function valueReader(field: ScalarField): (value: unknown) => unknown {
  const { read } = codecOf(field);
  if (field.nonNull && !field.list) return (value) => read(value) ?? missing(field);
  return field.list ? (value) => (Array.isArray(value) ? value.map(read) : null) : read;
}

/** Sage's documents promise the field; a row without it is a fault of the answer, not of the gateway. */
export function missing({ name }: Pick<ScalarField, 'name'>): never {
  throw new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Sage 200 answered a row without its ${name}, which every such row has: ask without it, or try again later.`,
    {
      source: 'sage200',
    },
  );
}

/** A value of a REST body as the JSON text of the answer. @throws Bailout when the fallback executor would report an error */
export type WriteValue = (value: unknown) => string;

/** What reads a field for the fallback executor and what serialises it there, made into one step. */
export function valueWriter(field: ScalarField): WriteValue {
  if (field.list) throw new Bailout(`${field.name} is a list of values`);
  const { read, scalar } = codecOf(field);
  const print = (value: unknown): string | undefined => {
    try {
      const found = read(value);
      return found === null || found === undefined ? undefined : JSON.stringify(scalar.serialize(found));
    } catch (cause) {
      throw new Bailout(`a value is not a ${scalar.name}`, { cause });
    }
  };
  return (value) => {
    const printed = print(value);
    if (printed !== undefined) return printed;
    if (field.nonNull) throw new Bailout(`${field.name} is missing`);
    return 'null';
  };
}

/** The same for a value that was not parsed. */
export function tokenWriter(field: ScalarField): WriteToken {
  const { isEmptyUnset, writeToken } = codecOf(field);
  return (output, source, start, end) => {
    const isEmpty = isEmptyUnset && end - start === 2 && source[start] === QUOTE;
    if (!isEmpty && !isNull(source, start, end)) return writeToken(output, source, start, end);
    if (field.nonNull) return false;
    output.put(NULL_TEXT);
    return true;
  };
}
