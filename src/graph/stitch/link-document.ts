import {
  type FieldNode,
  isCompositeType,
  Kind,
  OperationTypeNode,
  parseType,
  type SelectionNode,
  type VariableDefinitionNode,
} from 'graphql';
import type { OperationShape } from '../operation/classify-operation.ts';
import { type Extract, extractDocument } from '../operation/extract-document.ts';
import type { Variables } from '../operation/plan-operation.ts';
import type { DocumentLinks } from './document-links.ts';
import type { LinkField, MadeQuery } from './link.ts';

/** A query of one root field with the caller's fragments and variables that it uses, and variables of the gateway. */
export function toLinkDocument(
  shape: OperationShape,
  links: DocumentLinks,
  { root, types }: MadeQuery,
  variables: Variables,
): Extract {
  const { name: _name, ...operation } = shape.operation;
  const variableDefinitions = [...(operation.variableDefinitions ?? []), ...definitionsOf(types)];
  const asked = { ...operation, operation: OperationTypeNode.QUERY, variableDefinitions };
  return extractDocument({ ...shape, fragments: links.fragments, operation: asked }, [root], variables);
}

export const definitionsOf = (types: MadeQuery['types']): readonly VariableDefinitionNode[] =>
  Object.entries(types).map(([name, type]) => ({
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
    type: parseType(type),
  }));

/** The selections for each record that the link leads to. @param nodes all places that select it under one key */
export function selectionsBelow(
  links: DocumentLinks,
  { target }: LinkField,
  nodes: readonly FieldNode[],
): readonly SelectionNode[] {
  const type = links.schema.getType(target?.typeName ?? '');
  if (!isCompositeType(type)) return [];
  return nodes.flatMap(({ selectionSet }) => (selectionSet ? links.withoutLinks(selectionSet, type).selections : []));
}
