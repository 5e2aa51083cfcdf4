import { createHash } from 'node:crypto';
import type {
  IntrospectionField,
  IntrospectionInputValue,
  IntrospectionQuery,
  IntrospectionType,
  IntrospectionTypeRef,
} from 'graphql';

/** Identifies a schema: SHA-256 over its content, in a fixed order. Computed type by type, so that the whole text (megabytes) is never built. */
export function digestOf({ __schema: schema }: IntrospectionQuery): string {
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
    'isOneOf' in type && type.isOneOf,
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

/** As deep as introspection shows. */
function printRef(type: IntrospectionTypeRef | undefined): string {
  if (!type) return '';
  if (type.kind === 'NON_NULL') return `${printRef(type.ofType)}!`;
  return type.kind === 'LIST' ? `[${printRef(type.ofType)}]` : type.name;
}

const names = (types: readonly { readonly name: string }[] | null | undefined): string[] =>
  byName(types).map(({ name }) => name);

/** Servers return null for lists that a kind of type does not have. */
const byName = <Named extends { readonly name: string }>(items: readonly Named[] | null | undefined): Named[] =>
  [...(items ?? [])].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
