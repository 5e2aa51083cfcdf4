import { type FieldNode, Kind, type TypeNode, type VariableDefinitionNode } from 'graphql';
import type { OperationShape } from '../operation/classify-operation.ts';
import { type DocumentLinks, extractPart } from '../stitch/index.ts';

/**
 * The variables that the gateway itself coerces: those of its own fields, and those in `@skip` and `@include`. The tenant
 * validates all others.
 */
export function ownVariables(
  shape: OperationShape,
  ownFields: Iterable<FieldNode>,
  links: DocumentLinks | undefined,
): readonly VariableDefinitionNode[] {
  const used = extractPart(shape, ownFields, {}, links).variableNames;
  return (shape.operation.variableDefinitions ?? []).filter(
    ({ variable, type }) => used.has(variable.name.value) || isBoolean(type),
  );
}

export const isBoolean = (type: TypeNode): boolean =>
  type.kind === Kind.NAMED_TYPE
    ? type.name.value === 'Boolean'
    : type.kind === Kind.NON_NULL_TYPE && isBoolean(type.type);
