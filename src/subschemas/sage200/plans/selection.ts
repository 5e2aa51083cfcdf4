import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
  getArgumentValues,
  getNullableType,
  isInputObjectType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
  type ValueNode,
  valueFromAST,
  visit,
} from 'graphql';
import { Bailout } from '../../../kit/bailout.ts';
import { fieldsOf, type SelectionContext } from '../reading/shape.ts';

/** The document and schema of a selection. */
export interface SchemaContext extends SelectionContext {
  readonly schema: GraphQLSchema;
}

/** One field of an answer: its key, and all places in the document that select it. */
export interface SelectedField {
  readonly key: string;
  readonly name: string;
  readonly nodes: readonly [FieldNode, ...FieldNode[]];
}

/** The fields of an object in the order of its answer, without duplicates. */
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

/** An object from such keys and their values; `@skip` and `@include` may have left out all of them. */
export const objectText = (members: string): string => (members === '' ? '{}' : `${members}}`);

type ArgumentValues = Readonly<Record<string, unknown>>;

/** A field's arguments by GraphQL's rules; those without variables are read once. @throws GraphQLError */
export function argumentReader(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (variables: ArgumentValues) => ArgumentValues {
  if (hasVariables(node)) return changingReader(definition, node);
  let known: ArgumentValues | undefined;
  return () => {
    known ??= getArgumentValues(definition, node);
    return known;
  };
}

/** Only written values are looked at: a filter of a row has a hundred members. GraphQL validates wrong and missing ones. */
function changingReader(definition: GraphQLField<unknown, unknown>, node: FieldNode) {
  const judged = (variables: ArgumentValues) => getArgumentValues(definition, node, { ...variables });
  const values = new Map((node.arguments ?? []).map(({ name, value }) => [name.value, value]));
  if (definition.args.some((each) => !values.has(each.name) && !mayBeLeftOut(each))) return judged;
  const readers = definition.args.flatMap(({ name, type }) => {
    const value = values.get(name);
    return value ? [{ name, read: valueReader(value, type) }] : [];
  });
  return (variables: ArgumentValues): ArgumentValues => {
    const read: Record<string, unknown> = {};
    for (const { name, read: readOne } of readers) {
      const value = readOne(variables);
      if (value === undefined) return judged(variables);
      read[name] = value;
    }
    return read;
  };
}

const mayBeLeftOut = ({ type, defaultValue }: Pick<GraphQLArgument, 'type' | 'defaultValue'>): boolean =>
  defaultValue === undefined && !isNonNullType(type);

/** Undefined for values that GraphQL has to validate. */
function valueReader(node: ValueNode, type: GraphQLInputType): (variables: ArgumentValues) => unknown {
  if (node.kind === Kind.VARIABLE) {
    const { value: name } = node.name;
    // It is already coerced.
    return (variables) => (variables[name] === null && isNonNullType(type) ? undefined : variables[name]);
  }
  const plain = getNullableType(type);
  if (node.kind !== Kind.OBJECT || !isInputObjectType(plain) || plain.isOneOf)
    return (variables) => valueFromAST(node, type, { ...variables });
  const values = new Map(node.fields.map(({ name, value }) => [name.value, value]));
  const fields = Object.values(plain.getFields());
  if (fields.some((each) => !values.has(each.name) && !mayBeLeftOut(each))) return () => undefined;
  const readers = fields.flatMap(({ name, type: below }) => {
    const value = values.get(name);
    return value ? [{ name, read: valueReader(value, below) }] : [];
  });
  return (variables) => {
    const read: Record<string, unknown> = {};
    for (const { name, read: readOne } of readers) {
      const value = readOne(variables);
      if (value === undefined) return undefined;
      read[name] = value;
    }
    return read;
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
