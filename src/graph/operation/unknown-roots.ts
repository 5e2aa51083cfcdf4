import { type DocumentNode, type GraphQLError, Kind } from 'graphql';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { collectRootFields, type OperationShape } from './classify-operation.ts';
import { validateLeniently } from './validate-leniently.ts';

/**
 * Errors for root fields that neither side has, with suggestions. The tenant, which validates the rest of its documents,
 * has only its own names, and may be down. Names that introspection cannot show are included.
 */
export function unknownRoots(
  shape: OperationShape,
  { schema, notShown }: Pick<JoinedSchema, 'schema' | 'notShown'>,
): readonly GraphQLError[] {
  const { operation, rootNames } = shape;
  const root = schema.getRootType(operation.operation);
  if (!root) return [];
  const known = new Set([...Object.keys(root.getFields()), '__typename']);
  const isKnown = (name: string) => known.has(name) || notShown.includes(`${root.name}.${name}`);
  const unknown = new Set([...rootNames].filter((name) => !isKnown(name)));
  if (unknown.size === 0) return [];
  const fields = [...collectRootFields(shape, () => true).values()].flat();
  const selections = fields.flatMap(({ kind, name, loc }) =>
    unknown.has(name.value) ? [{ kind, name, ...(loc && { loc }) }] : [],
  );
  // The names alone: nothing else in it is validated.
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: operation.operation,
        ...(operation.loc && { loc: operation.loc }),
        selectionSet: { kind: Kind.SELECTION_SET, selections },
      },
    ],
  };
  return validateLeniently(schema, document);
}
