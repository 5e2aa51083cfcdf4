import type { Field } from './catalogue.ts';
import type { Query } from './odata/parse-query.ts';
import type { Projection } from './projection.ts';

const TYPES = {
  int: 'integer',
  dec: 'decimal',
  str: 'string',
  bool: 'boolean',
  dt: 'dateTime',
  enum: 'string',
  obj: 'object',
  arr: 'array',
};

/**
 * The fields an answer would have: name, type, sort order and direction, and the length of text. Its content is documented;
 * its exact form is not (inferred).
 */
export function toMetadata(projection: Projection, query: Pick<Query, 'orderBy' | 'metadata'>): string {
  const plain = projection.scalars.map((field) => describe(field, query));
  const nested = query.metadata === 'all' ? projection.nested.map(({ field }) => describe(field, query)) : [];
  return JSON.stringify([...plain, ...nested]);
}

function describe(field: Field, { orderBy }: Pick<Query, 'orderBy'>) {
  const position = orderBy.findIndex((key) => key.field === field.name);
  return {
    name: field.name,
    type: TYPES[field.kind],
    max_length: field.maxLength ?? null,
    sort_order: position < 0 ? null : position + 1,
    sort_direction: position < 0 ? null : orderBy[position]?.descending ? 'desc' : 'asc',
  };
}
