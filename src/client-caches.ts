// `sage-gateway/client-caches`: for programs that ask the gateway. It has no imports at run time, so that a browser can load it.
import type { IntrospectionField, IntrospectionOutputTypeRef, IntrospectionQuery } from 'graphql';

/**
 * What normalizing caches have to know of the gateway's schema, made from its introspection (`/schema.json`). Rows of
 * Sage 200 have an `id` that is unique over everything. Rows of the ERP tenant have `_id`, a number within their type;
 * their `id` is what people call them, and a customer and its business entity share it.
 */
export type Schema = IntrospectionQuery;

/** What this needs of Apollo Client's `TypePolicy`. */
export interface CachePolicy {
  keyFields?: (row: object, context: { readonly readField: (name: string) => unknown }) => string[] | false;
  merge?: true;
}

/** `typePolicies` of Apollo Client: rows of the tenant by `_id`, and parts of the graph that are filled by several queries. */
export function cachePolicies(schema: Schema): Record<string, CachePolicy> {
  const types = objectTypes(schema);
  const policies: Record<string, CachePolicy> = {};
  for (const [name, fields] of types) {
    // A row without its `_id` is kept where it stands.
    if (fields.has('_id'))
      policies[name] = { keyFields: (_row, { readField }) => (readField('_id') === undefined ? false : ['_id']) };
  }
  for (const name of namespaces(schema)) policies[name] = { ...policies[name], merge: true };
  return policies;
}

type Row = Readonly<Record<string, unknown>>;

/** `keys` of urql's Graphcache. Without a key, a row is kept where it stands. */
export function cacheKeys(schema: Schema): Record<string, (row: Row) => string | null> {
  const keyOf = (field: string) => (row: Row) => (row[field] == null ? null : String(row[field]));
  return Object.fromEntries(
    [...objectTypes(schema)].map(([name, fields]) => [name, keyOf(fields.has('_id') ? '_id' : 'id')]),
  );
}

/** `getDataID` of a Relay environment. Undefined: the row is kept where it stands. */
export function dataIds(schema: Schema): (row: Row, type: string) => string | undefined {
  const ofTenant = new Set([...objectTypes(schema)].filter(([, fields]) => fields.has('_id')).map(([name]) => name));
  return (row, type) => {
    if (ofTenant.has(type)) return row['_id'] == null ? undefined : `${type}:${String(row['_id'])}`;
    return typeof row['id'] === 'string' ? row['id'] : undefined;
  };
}

type Fields = ReadonlyMap<string, IntrospectionField>;

function objectTypes({ __schema: { types } }: Schema): ReadonlyMap<string, Fields> {
  return new Map(
    types.flatMap((type) =>
      type.kind === 'OBJECT' && !type.name.startsWith('__')
        ? [[type.name, new Map(type.fields.map((field) => [field.name, field]))] as const]
        : [],
    ),
  );
}

/** Types that are not rows: `sage200`, `xtremMasterData`, `customer { query { … } }` and the like. */
function namespaces(schema: Schema): ReadonlySet<string> {
  const types = objectTypes(schema);
  const found = new Set<string>();
  const add = ({ type }: IntrospectionField): void => {
    const name = objectName(type);
    const fields = types.get(name);
    if (!fields || found.has(name)) return;
    found.add(name);
    for (const field of fields.values()) if (!isRow(types.get(objectName(field.type)))) add(field);
  };
  for (const field of types.get(schema.__schema.queryType.name)?.values() ?? []) add(field);
  return found;
}

const isRow = (fields: Fields | undefined): boolean => fields?.has('_id') === true || fields?.has('id') === true;

/** Nothing for lists. */
function objectName(type: IntrospectionOutputTypeRef): string {
  const named = type.kind === 'NON_NULL' ? type.ofType : type;
  return named.kind === 'OBJECT' ? named.name : '';
}
