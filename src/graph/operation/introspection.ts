import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, visit } from 'graphql';
import type { Principal } from '../../kit/principal.ts';
import { fragmentsSpread, type OperationShape } from './classify-operation.ts';

/**
 * Who may ask for the schema. `all`: anybody who reaches `/graphql`, without credentials too. `callers`: anyone who is known.
 * `admins`: callers with `admin`. `none`: nobody.
 */
export type Introspection = 'all' | 'callers' | 'admins' | 'none';

export const mayIntrospect = (setting: Introspection, { admin }: Pick<Principal, 'admin'>): boolean =>
  setting === 'all' || setting === 'callers' || (setting === 'admins' && admin);

/** What callers without the right are told. */
export const NO_INTROSPECTION: Readonly<Record<Introspection, string>> = {
  all: '',
  callers: '',
  admins:
    'Only callers with admin may ask for the schema (server.introspection). Ask with such a key, or without __schema and __type.',
  none: 'This gateway shows its schema to nobody (server.introspection). Ask without __schema and __type.',
};

const known = new WeakMap<OperationShape, boolean>();

/** Whether an operation asks for the schema, at any depth and through fragments; `__typename` is not the schema. */
export function reachesSchema(shape: OperationShape): boolean {
  const found = known.get(shape) ?? [shape.operation, ...fragmentsSpread(shape)].some(asksForSchema);
  known.set(shape, found);
  return found;
}

/** In what it selects itself. */
export function asksForSchema(definition: OperationDefinitionNode | FragmentDefinitionNode): boolean {
  let found = false;
  visit(definition, {
    [Kind.FIELD]: ({ name }) => {
      if (name.value === '__schema' || name.value === '__type') found = true;
    },
  });
  return found;
}
