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
 * Describes fields and arguments without a description in SDL, in place, so that every schema that shares them has it too. Done
 * when a schema is first shown, and only for the gateway's own types: a tenant's types are described by the tenant, and are not
 * even created.
 * @param collisions names of types that the tenant has itself
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

/** An argument that is an input object has the description of its type. */
function ofInput({ type }: GraphQLArgument): string | null | undefined {
  const named = getNamedType(type);
  return isInputObjectType(named) ? named.description : undefined;
}

/** The description of the whole schema: a sentence from each source, and the tenant's own. */
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
