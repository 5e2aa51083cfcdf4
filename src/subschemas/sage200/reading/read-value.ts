import { GatewayError } from '../../../kit/errors/index.ts';
import type { ScalarField } from '../model/model.ts';

/** Turns a value of a REST body into what the field's GraphQL type serialises. */
export function valueReader(field: ScalarField): (value: unknown) => unknown {
  const read = singleReader(field);
  if (field.nonNull && !field.list) return (value) => read(value) ?? missing(field);
  return field.list ? (value) => (Array.isArray(value) ? value.map(read) : null) : read;
}

function singleReader({ scalar, enumType }: ScalarField): (value: unknown) => unknown {
  if (enumType) {
    const members = new Set(enumType.members);
    // Views write some members as their number. A member this schema does not know is null: it must not fail the row.
    return (value) =>
      typeof value === 'string' && members.has(value) ? value : (enumType.byNumber.get(String(value)) ?? null);
  }
  switch (scalar) {
    case 'ID':
    case 'String':
      return (value) => (value === undefined || typeof value === 'object' ? null : String(value));
    case 'Int':
      return (value) => (value === null || value === undefined || value === '' ? null : Number(value));
    case 'Boolean':
      return (value) =>
        value === null || value === undefined ? null : value === true || value === 'true' || value === 1;
    default:
      // Dates that were never set come as an empty text.
      return (value) => (value === undefined || value === '' ? null : value);
  }
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
