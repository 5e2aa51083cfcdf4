import { Bailout } from '../../../kit/bailout.ts';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { ScalarField } from '../model/model.ts';
import type { Token } from './codec.ts';
import { codecOf } from './codecs.ts';

/** Converts a value of a REST body for the field's GraphQL type. */
export function valueReader(field: ScalarField): (value: unknown) => unknown {
  const { read } = codecOf(field);
  if (field.nonNull && !field.list) return (value) => read(value) ?? missing(field);
  return field.list ? (value) => (Array.isArray(value) ? value.map(read) : null) : read;
}

/** Sage documents the field; if a row lacks it, the answer is wrong, not the gateway. */
export function missing({ name }: Pick<ScalarField, 'name'>): never {
  throw new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    `Sage 200 returned a row without its ${name}, which is required. Remove the field from your query, or try again later.`,
    {
      source: 'sage200',
    },
  );
}

/** A value of a REST body as the JSON text of the answer. @throws Bailout if the fallback executor would report an error */
export type WriteValue = (value: unknown) => string;

/** The fallback executor's reading and serialising of a field in one step. */
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

/** A column's value in unparsed JSON. Text outside its group is null. */
export interface ColumnToken extends Token {
  /** Whether a row may lack it. */
  readonly isNullable: boolean;
}

/** The same as `valueWriter`, for an unparsed value. */
export function columnToken(field: ScalarField): ColumnToken {
  const { isEmptyUnset, token } = codecOf(field);
  const unset = isEmptyUnset ? 'null|""' : 'null';
  return field.nonNull
    ? { ...token, isNullable: false }
    : { ...token, pattern: `(?:${unset}|${token.pattern})`, isNullable: true };
}
