import { type FieldNode, Kind, OperationTypeNode, type ValueNode, valueFromASTUntyped } from 'graphql';
import {
  collectRootFields,
  isTypename,
  type OperationShape,
  type OwnFields,
  ownTest,
  type Selection,
  type Side,
} from './classify-operation.ts';

/** Root fields that one source answers together. */
export interface Part {
  readonly source: Side;
  /** Field nodes by response key, in document order. */
  readonly fields: ReadonlyMap<string, readonly FieldNode[]>;
}

export type Variables = Readonly<Record<string, unknown>>;

/**
 * Which source answers which fields. A query has at most one part for each source, answered in parallel. A mutation's
 * parts are its runs of fields of one source: GraphQL runs its root fields in order. `__typename` is in none.
 */
export function planOperation(shape: OperationShape, own: OwnFields, variables: Variables): readonly Part[] {
  const isOwn = ownTest(shape.operation, own);
  const parts: { source: Part['source']; fields: Map<string, readonly FieldNode[]> }[] = [];
  const inOrder = shape.operation.operation === OperationTypeNode.MUTATION;
  for (const [key, nodes] of rootFieldsFor(shape, variables)) {
    if (nodes.some(({ name }) => isTypename(name.value))) continue;
    const source = nodes.some(({ name }) => !isOwn(name.value)) ? 'hosted' : 'own';
    const open = inOrder ? parts.at(-1) : parts.find((part) => part.source === source);
    if (open?.source === source) open.fields.set(key, nodes);
    else parts.push({ source, fields: new Map([[key, nodes]]) });
  }
  return parts;
}

/** The root fields that remain with these variables. */
export function rootFieldsFor(shape: OperationShape, variables: Variables): ReadonlyMap<string, readonly FieldNode[]> {
  return collectRootFields(shape, (selection) => isIncluded(selection, shape, variables));
}

/** Evaluates `@skip` and `@include` of a selection. */
export function isIncluded(selection: Selection, shape: OperationShape, variables: Variables): boolean {
  for (const { name, arguments: given } of selection.directives ?? []) {
    if (name.value !== 'skip' && name.value !== 'include') continue;
    const condition = given?.find((argument) => argument.name.value === 'if')?.value;
    if (!condition) continue;
    const value = toValue(condition, shape, variables);
    if (value === (name.value === 'skip')) return false;
  }
  return true;
}

/** An argument as given, not coerced: variables and their defaults are inserted. */
export function argumentValue(field: FieldNode, name: string, shape: OperationShape, variables: Variables): unknown {
  const given = field.arguments?.find((argument) => argument.name.value === name)?.value;
  return given && toValue(given, shape, variables);
}

const toValue = (value: ValueNode, shape: OperationShape, variables: Variables): unknown =>
  value.kind === Kind.VARIABLE
    ? variableValue(value.name.value, shape, variables)
    : // Read only; copying it for each of many values would cost as much as all variables together.
      valueFromASTUntyped(value, variables as Record<string, unknown>);

function variableValue(name: string, { operation }: OperationShape, variables: Variables): unknown {
  if (Object.hasOwn(variables, name) && variables[name] !== undefined) return variables[name];
  const definition = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
  return definition?.defaultValue && valueFromASTUntyped(definition.defaultValue);
}
