import { GraphQLBoolean, GraphQLID, GraphQLInt, type GraphQLScalarType, GraphQLString } from 'graphql';
import { Bailout } from '../../../kit/bailout.ts';
import type { ScalarField } from '../model/model.ts';
import { valueReader } from '../reading/read-value.ts';
import { scalars } from '../scalars.ts';

/** A value of a REST body as the JSON text of the answer. @throws Bailout when the fallback executor would report an error */
export type WriteValue = (value: unknown) => string;

const SCALARS: Readonly<Record<string, GraphQLScalarType>> = {
  ID: GraphQLID,
  String: GraphQLString,
  Int: GraphQLInt,
  Boolean: GraphQLBoolean,
  ...scalars,
};

/** What reads a field for the fallback executor and what serialises it there, made into one step. */
export function valueWriter(field: ScalarField): WriteValue {
  if (field.list) throw new Bailout(`${field.name} is a list of values`);
  const read = valueReader({ ...field, nonNull: false });
  // Members of enumerations are texts, and `read` lets no others through.
  const scalar = SCALARS[field.scalar] ?? GraphQLString;
  return (value) => {
    const found = read(value);
    if (found !== null && found !== undefined) return JSON.stringify(serialized(scalar, found));
    if (field.nonNull) throw new Bailout(`${field.name} is missing`);
    return 'null';
  };
}

function serialized(scalar: GraphQLScalarType, value: unknown): unknown {
  try {
    return scalar.serialize(value);
  } catch (cause) {
    throw new Bailout(`a value is not a ${scalar.name}`, { cause });
  }
}
