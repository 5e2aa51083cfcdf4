import {
  type FieldNode,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { Bailout } from '../../../kit/bailout.ts';
import { fieldsOf, type SelectionContext } from '../reading/shape.ts';

/** Where a selection stands: its document, and the schema it is of. */
export interface SchemaContext extends SelectionContext {
  readonly schema: GraphQLSchema;
}

/** One field of an answer: its key, and all places in the document that select it. */
export interface SelectedField {
  readonly key: string;
  readonly name: string;
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
}

/** The fields of an object in the order of its answer, each once. */
export function selectedFields(
  sets: Iterable<SelectionSetNode | undefined>,
  typeName: string,
  context: SchemaContext,
): readonly SelectedField[] {
  const found = new Map<string, [FieldNode, ...FieldNode[]]>();
  for (const node of fieldsOf(sets, typeName, context)) {
    const key = (node.alias ?? node.name).value;
    const same = found.get(key);
    if (same) same.push(node);
    else found.set(key, [node]);
  }
  return [...found].map(([key, nodes]) => ({ key, name: nodes[0].name.value, nodes }));
}

export const selectionsIn = ({ nodes }: SelectedField): (SelectionSetNode | undefined)[] =>
  nodes.map(({ selectionSet }) => selectionSet);

export function fieldDefinition({ schema }: SchemaContext, typeName: string, name: string) {
  const type = schema.getType(typeName);
  const field = isObjectType(type) ? type.getFields()[name] : undefined;
  if (!field) throw new Bailout(`${typeName}.${name} is not in the schema`);
  return field;
}

export const mayBeNull = (context: SchemaContext, typeName: string, name: string): boolean =>
  !isNonNullType(fieldDefinition(context, typeName, name).type);

/** Keys of an object as JSON text: `{"id":`, then `,"name":`. */
export const keyText = (key: string, index: number): string => `${index === 0 ? '{' : ','}${JSON.stringify(key)}:`;

/** What such keys and their values make; all may have been left out by `@skip` and `@include`. */
export const objectText = (members: string): string => (members === '' ? '{}' : `${members}}`);

type ArgumentValues = Readonly<Record<string, unknown>>;

/** A field's arguments by GraphQL's rules; those without variables are read once. @throws GraphQLError */
export function argumentReader(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (variables: ArgumentValues) => ArgumentValues {
  if (hasVariables(node)) return (variables) => getArgumentValues(definition, node, { ...variables });
  let known: ArgumentValues | undefined;
  return () => {
    known ??= getArgumentValues(definition, node);
    return known;
  };
}

export function hasVariables({ arguments: given = [] }: FieldNode): boolean {
  let found = false;
  for (const argument of given)
    visit(argument, {
      [Kind.VARIABLE]: () => {
        found = true;
      },
    });
  return found;
}
