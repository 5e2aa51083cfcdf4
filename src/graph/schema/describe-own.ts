import {
  type GraphQLArgument,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import type { Subschema } from '../subschema.ts';

/**
 * Describes the fields and arguments whose SDL says nothing, where they are: so every schema that shares them has it too. Done
 * when a schema is shown for the first time, and for ours alone: a tenant's types are described by the tenant, and are not even
 * made.
 * @param collisions names of types that are the tenant's own
 */
export function describeOwn(
  schema: GraphQLSchema,
  subschemas: readonly Pick<Subschema, 'own'>[],
  collisions: readonly string[] = [],
): void {
  for (const { own } of subschemas) {
    if (!own?.describe) continue;
    for (const [name, type] of Object.entries(schema.getTypeMap())) {
      const describe = collisions.includes(name) ? undefined : own.describe(name);
      if (!describe || !(isObjectType(type) || isInterfaceType(type) || isInputObjectType(type))) continue;
      for (const field of Object.values(type.getFields())) {
        field.description ??= describe(field.name);
        if (!('args' in field)) continue;
        for (const argument of field.args)
          argument.description ??= describe(field.name, argument.name) ?? ofInput(argument);
      }
    }
  }
}

/** An argument that is an input object is what that says of itself. */
function ofInput({ type }: GraphQLArgument): string | null | undefined {
  const named = getNamedType(type);
  return isInputObjectType(named) ? named.description : undefined;
}

/** What the schema as a whole is: a sentence of each source, and what the tenant says of its own. */
export const describeSchema = (
  subschemas: readonly Pick<Subschema, 'about' | 'hosted'>[],
  tenant?: { readonly description: string | null | undefined },
): string =>
  [
    'One graph over the systems behind this gateway.',
    ...subschemas.filter(({ hosted }) => !hosted).map(({ about }) => about),
    // "All other root fields" come last.
    ...(tenant ? [...subschemas.filter(({ hosted }) => hosted).map(({ about }) => about), tenant.description] : []),
  ]
    .filter((each) => each)
    .join('\n\n');
