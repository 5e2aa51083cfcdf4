import { type DocumentNode, type GraphQLError, type GraphQLSchema, Kind } from 'graphql';
import { collectRootFields, isTypename, type OperationShape } from './classify-operation.ts';
import { validateLeniently } from './validate-leniently.ts';

/**
 * Root fields that neither side has, with what was perhaps meant. The tenant, which judges all else of its documents, knows
 * only its own names, and may be down.
 * @param schema of both sides
 */
export function unknownRoots(shape: OperationShape, schema: GraphQLSchema): readonly GraphQLError[] {
  const { operation, rootNames } = shape;
  const known = schema.getRootType(operation.operation)?.getFields();
  if (!known) return [];
  const unknown = new Set([...rootNames].filter((name) => !Object.hasOwn(known, name) && !isTypename(name)));
  if (unknown.size === 0) return [];
  const fields = [...collectRootFields(shape, () => true).values()].flat();
  const selections = fields.flatMap(({ kind, name, loc }) =>
    unknown.has(name.value) ? [{ kind, name, ...(loc && { loc }) }] : [],
  );
  // The names alone: nothing else in it is to be judged.
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: operation.operation,
        selectionSet: { kind: Kind.SELECTION_SET, selections },
      },
    ],
  };
  return validateLeniently(schema, document);
}
