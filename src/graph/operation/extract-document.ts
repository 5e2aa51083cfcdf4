import {
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  visit,
} from 'graphql';
import type { OperationShape } from './classify-operation.ts';
import type { Variables } from './plan-operation.ts';

/** A part of an operation as a separate operation. */
export interface Extract {
  readonly document: DocumentNode;
  /** The values of the variables that this part uses. */
  readonly variables: Variables;
  readonly variableNames: ReadonlySet<string>;
}

/**
 * Makes a document with only these root fields, and the fragments and variables that they use: a server
 * refuses unused definitions. Literals and aliases are kept as written, and nodes keep their location.
 * @param fields already selected by `@skip` and `@include`, which are removed.
 */
export function extractDocument(
  { operation, fragments }: OperationShape,
  fields: Iterable<FieldNode>,
  variables: Variables,
): Extract {
  const selections = [...fields].map(withoutConditions);
  const used = usedIn(selections, fragments);
  const isUsed = (name: string) => used.variables.has(name);
  const { variableDefinitions } = operation;
  const part = {
    ...operation,
    directives: [],
    ...(variableDefinitions && {
      variableDefinitions: variableDefinitions.filter(({ variable }) => isUsed(variable.name.value)),
    }),
    selectionSet: { kind: Kind.SELECTION_SET, selections } as const,
  };
  const given = Object.entries(variables).filter(([name]) => isUsed(name));
  return {
    document: { kind: Kind.DOCUMENT, definitions: [part, ...used.fragments] },
    variables: Object.fromEntries(given),
    variableNames: used.variables,
  };
}

/** The fragments and variables that these nodes use, directly or in other fragments. */
export function usedIn(nodes: readonly ASTNode[], fragments: OperationShape['fragments']) {
  const used = { fragments: new Set<FragmentDefinitionNode>(), variables: new Set<string>() };
  const walk = (node: ASTNode) =>
    visit(node, {
      Variable: ({ name }) => void used.variables.add(name.value),
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (!fragment || used.fragments.has(fragment)) return;
        used.fragments.add(fragment);
        walk(fragment);
      },
    });
  nodes.forEach(walk);
  return used;
}

export const withoutConditions = (field: FieldNode): FieldNode =>
  field.directives?.length
    ? { ...field, directives: field.directives.filter((directive) => !isCondition(directive)) }
    : field;

export const isCondition = ({ name }: DirectiveNode): boolean => name.value === 'skip' || name.value === 'include';
