import { createHash } from 'node:crypto';
import {
  buildClientSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  type IntrospectionField,
  type IntrospectionInputValue,
  type IntrospectionQuery,
  type IntrospectionType,
  type IntrospectionTypeRef,
} from 'graphql';
import { isObject } from '../answer.ts';

/** Asked first: everything a tool may want to see. */
export const RICH_INTROSPECTION = getIntrospectionQuery({
  descriptions: true,
  inputValueDeprecation: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
});
/** Asked when a server does not know the members that came to GraphQL later. */
export const PLAIN_INTROSPECTION = getIntrospectionQuery({ descriptions: true, directiveIsRepeatable: false });

/** A tenant's schema as it was introspected, and what it is known by. */
export interface ReadSchema {
  /** SHA-256 over the content: the same for tenants on one release, whatever order they list it in. */
  readonly digest: string;
  build(): GraphQLSchema;
}

/** @returns undefined when the data is no introspection answer. @throws TypeError when it is only half of one */
export function readSchema(data: unknown): ReadSchema | undefined {
  if (!isIntrospection(data)) return undefined;
  return { digest: digestOf(data), build: () => buildClientSchema(withNullableRoots(data), { assumeValid: true }) };
}

/**
 * A package whose tenant cannot be reached is null here, so no root field can be promised. Everything below is
 * shown as given: it reaches callers as the tenant sent it.
 */
function withNullableRoots(introspection: IntrospectionQuery): IntrospectionQuery {
  const { __schema: schema } = introspection;
  const roots = new Set([schema.queryType.name, schema.mutationType?.name]);
  const types = schema.types.map((type) =>
    type.kind === 'OBJECT' && roots.has(type.name) ? { ...type, fields: type.fields.map(nullable) } : type,
  );
  // The tenant's own tools may subscribe; through the gateway nobody can.
  return { __schema: { ...schema, types, subscriptionType: null } };
}

function nullable(field: IntrospectionField): IntrospectionField {
  return field.type.kind === 'NON_NULL' ? { ...field, type: field.type.ofType } : field;
}

function isIntrospection(data: unknown): data is IntrospectionQuery {
  const schema = isObject(data) ? data['__schema'] : undefined;
  if (!isObject(schema) || !isObject(schema['queryType'])) return false;
  const { types } = schema;
  // A data type with more members than these fails to build, which is caught there.
  return (
    Array.isArray(types) &&
    types.length > 0 &&
    types.every((type) => isObject(type) && typeof type['name'] === 'string')
  );
}

/** Type by type, so that no text of the whole (megabytes) is made. */
function digestOf({ __schema: schema }: IntrospectionQuery): string {
  const hash = createHash('sha256');
  const add = (part: unknown) => hash.update(JSON.stringify(part));
  add([schema.queryType.name, schema.mutationType?.name, schema.description]);
  for (const type of byName(schema.types)) add(canonicalType(type));
  for (const each of byName(schema.directives))
    add([
      each.name,
      each.description,
      each.isRepeatable,
      [...each.locations].sort(),
      byName(each.args).map(canonicalInput),
    ]);
  return hash.digest('hex');
}

function canonicalType(type: IntrospectionType): unknown {
  return [
    type.kind,
    type.name,
    type.description,
    'fields' in type && byName(type.fields).map(canonicalField),
    'inputFields' in type && byName(type.inputFields).map(canonicalInput),
    'enumValues' in type &&
      byName(type.enumValues).map((each) => [each.name, each.description, each.isDeprecated, each.deprecationReason]),
    'interfaces' in type && names(type.interfaces),
    'possibleTypes' in type && names(type.possibleTypes),
    'specifiedByURL' in type && type.specifiedByURL,
  ];
}

const canonicalField = (field: IntrospectionField): unknown => [
  field.name,
  field.description,
  byName(field.args).map(canonicalInput),
  printRef(field.type),
  field.isDeprecated,
  field.deprecationReason,
];

const canonicalInput = (input: IntrospectionInputValue): unknown => [
  input.name,
  input.description,
  printRef(input.type),
  input.defaultValue,
  input.isDeprecated,
  input.deprecationReason,
];

function printRef(type: IntrospectionTypeRef): string {
  if (type.kind === 'NON_NULL') return `${printRef(type.ofType)}!`;
  return type.kind === 'LIST' ? `[${printRef(type.ofType)}]` : type.name;
}

const names = (types: readonly { readonly name: string }[] | null | undefined): string[] =>
  byName(types).map(({ name }) => name);

/** Servers answer null for the lists that a kind of type does not have. */
const byName = <Named extends { readonly name: string }>(items: readonly Named[] | null | undefined): Named[] =>
  [...(items ?? [])].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
