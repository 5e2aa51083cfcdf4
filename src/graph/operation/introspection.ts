import { type FragmentDefinitionNode, Kind, type OperationDefinitionNode, visit } from 'graphql';
import type { Principal } from '../../kit/principal.ts';
import { fragmentsSpread, type OperationShape } from './classify-operation.ts';

/**
 * Who may read the schema. `all`: everybody who can reach `/graphql`, even without credentials. `callers`: authenticated callers.
 * `admins`: callers with `admin`. `none`: nobody.
 */
export type Introspection = 'all' | 'callers' | 'admins' | 'none';

export const mayIntrospect = (setting: Introspection, { admin }: Pick<Principal, 'admin'>): boolean =>
  setting === 'all' || setting === 'callers' || (setting === 'admins' && admin);

/** Messages for callers without the right. */
export const NO_INTROSPECTION: Readonly<Record<Introspection, string>> = {
  all: '',
  callers: '',
  admins:
    'Only callers with admin may ask for the schema (server.introspection). Ask with such a key, or without __schema and __type.',
  none: 'This gateway shows its schema to nobody (server.introspection). Ask without __schema and __type.',
};

const known = new WeakMap<OperationShape, boolean>();

/** Whether an operation contains introspection, at any depth and in fragments; `__typename` does not count. */
export function reachesSchema(shape: OperationShape): boolean {
  const found = known.get(shape) ?? [shape.operation, ...fragmentsSpread(shape)].some(asksForSchema);
  known.set(shape, found);
  return found;
}

/** In its own selections. */
export function asksForSchema(definition: OperationDefinitionNode | FragmentDefinitionNode): boolean {
  let found = false;
  visit(definition, {
    [Kind.FIELD]: ({ name }) => {
      if (name.value === '__schema' || name.value === '__type') found = true;
    },
  });
  return found;
}
