import {
  astFromValue,
  type ConstDirectiveNode,
  type ConstValueNode,
  DEFAULT_DEPRECATION_REASON,
  type DefinitionNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type GraphQLArgument,
  type GraphQLDirective,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isScalarType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  isUnionType,
  Kind,
  type NamedTypeNode,
  type OperationTypeDefinitionNode,
  OperationTypeNode,
  parseType,
  parseValue,
  print,
  type StringValueNode,
  type TypeNode,
} from 'graphql';
import { DefaultText, NO_REASON } from './shown-values.ts';
import { createPace } from './turns.ts';

/** A schema as text. Unlike `printSchema` of graphql-js, it includes the additions of `shown-values.ts`. */
export const printShownSchema = (schema: GraphQLSchema): string => [...printedDefinitions(schema)].join(BETWEEN);

/** The same for a running gateway: a schema may have tens of thousands of types, so others have their turn in between. */
export async function printSchemaInTurns(schema: GraphQLSchema): Promise<string> {
  const pace = createPace(MOST_IN_TURN);
  const printed: string[] = [];
  for (const definition of printedDefinitions(schema)) {
    printed.push(definition);
    await pace(definition.length);
  }
  return printed.join(BETWEEN);
}

/** Characters printed in one turn of the event loop, which takes some milliseconds. */
const MOST_IN_TURN = 100_000;

const BETWEEN = '\n\n';

function* printedDefinitions(schema: GraphQLSchema): Generator<string, void> {
  for (const definition of schemaDefinition(schema)) yield print(definition);
  for (const directive of schema.getDirectives())
    if (!isSpecifiedDirective(directive)) yield print(toDirective(directive));
  for (const type of Object.values(schema.getTypeMap()))
    if (!isSpecifiedScalarType(type) && !isIntrospectionType(type)) yield print(toType(type));
}

const USUAL_NAMES = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' };

/** Left out if the names of the root types are sufficient. */
function schemaDefinition(schema: GraphQLSchema): DefinitionNode[] {
  const kinds = Object.values(OperationTypeNode);
  const isUsual = kinds.every((kind) => (schema.getRootType(kind) ?? undefined) === schema.getType(USUAL_NAMES[kind]));
  if (isUsual && !schema.description) return [];
  const operationTypes = kinds.flatMap((operation): OperationTypeDefinitionNode[] => {
    const type = schema.getRootType(operation);
    return type ? [{ kind: Kind.OPERATION_TYPE_DEFINITION, operation, type: toNamed(type) }] : [];
  });
  return [{ kind: Kind.SCHEMA_DEFINITION, ...described(schema), operationTypes }];
}

function toDirective(directive: GraphQLDirective): DefinitionNode {
  return {
    kind: Kind.DIRECTIVE_DEFINITION,
    ...head(directive),
    arguments: directive.args.map(toInput),
    repeatable: directive.isRepeatable,
    locations: directive.locations.map(toName),
  };
}

function toType(type: GraphQLNamedType): DefinitionNode {
  if (isObjectType(type) || isInterfaceType(type)) {
    const kind = isObjectType(type) ? Kind.OBJECT_TYPE_DEFINITION : Kind.INTERFACE_TYPE_DEFINITION;
    const fields = Object.values(type.getFields()).map(toField);
    return { kind, ...head(type), interfaces: type.getInterfaces().map(toNamed), fields };
  }
  if (isUnionType(type))
    return { kind: Kind.UNION_TYPE_DEFINITION, ...head(type), types: type.getTypes().map(toNamed) };
  if (isEnumType(type)) {
    const values = type
      .getValues()
      .map((value): EnumValueDefinitionNode => ({ kind: Kind.ENUM_VALUE_DEFINITION, ...head(value), ...marks(value) }));
    return { kind: Kind.ENUM_TYPE_DEFINITION, ...head(type), values };
  }
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).map(toInput);
    const directives = type.isOneOf ? [toMark('oneOf')] : [];
    return { kind: Kind.INPUT_OBJECT_TYPE_DEFINITION, ...head(type), fields, directives };
  }
  const url = isScalarType(type) ? type.specifiedByURL : undefined;
  const directives = typeof url === 'string' ? [toMark('specifiedBy', 'url', url)] : [];
  return { kind: Kind.SCALAR_TYPE_DEFINITION, ...head(type), directives };
}

const toField = (field: GraphQLField<unknown, unknown>): FieldDefinitionNode => ({
  kind: Kind.FIELD_DEFINITION,
  ...head(field),
  arguments: field.args.map(toInput),
  type: toTypeNode(field.type),
  ...marks(field),
});

function toInput(input: GraphQLArgument | GraphQLInputField): InputValueDefinitionNode {
  const defaultValue = defaultOf(input);
  return {
    kind: Kind.INPUT_VALUE_DEFINITION,
    ...head(input),
    type: toTypeNode(input.type),
    ...(defaultValue && { defaultValue }),
    ...marks(input),
  };
}

function defaultOf({ defaultValue, type }: GraphQLArgument | GraphQLInputField): ConstValueNode | undefined {
  // A node of this kind is printed unchanged.
  if (defaultValue instanceof DefaultText) return { kind: Kind.ENUM, value: defaultValue.text };
  return (astFromValue(defaultValue, type) as ConstValueNode | null | undefined) ?? undefined;
}

function marks({ deprecationReason }: { readonly deprecationReason?: string | null | undefined }) {
  if (deprecationReason === null || deprecationReason === undefined) return {};
  if (deprecationReason === NO_REASON || deprecationReason === DEFAULT_DEPRECATION_REASON)
    return { directives: [toMark('deprecated')] };
  return { directives: [toMark('deprecated', 'reason', deprecationReason)] };
}

const toMark = (name: string, argument?: string, value = ''): ConstDirectiveNode => ({
  kind: Kind.DIRECTIVE,
  name: toName(name),
  arguments:
    argument === undefined
      ? []
      : [{ kind: Kind.ARGUMENT, name: toName(argument), value: { kind: Kind.STRING, value, block: false } }],
});

interface Described {
  readonly description?: string | null | undefined;
}

const head = ({ name, ...rest }: Described & { readonly name: string }) => ({ name: toName(name), ...described(rest) });

function described({ description }: Described): { description?: StringValueNode } {
  if (description === null || description === undefined) return {};
  const block: StringValueNode = { kind: Kind.STRING, value: description, block: true };
  return { description: isTheSame(block) ? block : { ...block, block: false } };
}

/** Not every text can be read back unchanged from a block string. */
function isTheSame(block: StringValueNode): boolean {
  try {
    const again = parseValue(print(block));
    return again.kind === Kind.STRING && again.value === block.value;
  } catch {
    return false;
  }
}

const toName = (value: string) => ({ kind: Kind.NAME, value }) as const;

const toNamed = ({ name }: GraphQLNamedType): NamedTypeNode => ({ kind: Kind.NAMED_TYPE, name: toName(name) });

const toTypeNode = (type: GraphQLField<unknown, unknown>['type'] | GraphQLArgument['type']): TypeNode =>
  parseType(String(type), { noLocation: true });
