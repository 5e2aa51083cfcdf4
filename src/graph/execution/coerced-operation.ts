import { memoize1 } from '@graphql-tools/utils';
import {
  type DirectiveNode,
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  GraphQLScalarType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getArgumentValues,
  Kind,
  type NamedTypeNode,
  type OperationDefinitionNode,
  TypeInfo,
  type ValueNode,
  type VariableDefinitionNode,
  type VariableNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Variables } from '../operation/plan-operation.ts';

/** A value that is already coerced: coercing it again may change it, at a cost that grows with the fields of its type. */
const COERCED = new GraphQLScalarType({ name: 'gateway_Coerced', parseValue: (value) => value });

const COERCED_NODE: NamedTypeNode = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: COERCED.name } };

/**
 * An operation with its fragments for graphql-js, and its variables, already coerced. Lists and objects in arguments become
 * variables too: graphql-js would read them again for each row, and look for every field of an input type in each object.
 * Instead of invalid arguments, a field is given the error: graphql-js would print the whole argument for each row.
 * @param given the coerced variables
 * @throws GraphQLError if a condition has no value: graphql-js would report that for each row
 */
export function coercedOperation(
  schema: GraphQLSchema,
  { definitions, kind }: DocumentNode,
  operation: OperationDefinitionNode,
  given: Variables,
): Pick<ExecutionArgs, 'schema' | 'document' | 'variableValues'> {
  const added: unknown[] = [];
  const types = new TypeInfo(schema);
  const toCoerced = (node: FieldNode): FieldNode | undefined => {
    const field = types.getFieldDef();
    if (!field || !node.arguments?.length) return undefined;
    const { values, fault } = argumentsOf(field, node, given);
    const coerced = node.arguments.map((argument) =>
      fault || isGroup(argument.value)
        ? { ...argument, value: variableNode(added.push(fault ?? values[argument.name.value]) - 1) }
        : argument,
    );
    return { ...node, arguments: coerced };
  };
  const checkCondition = (node: DirectiveNode) => {
    const directive = CONDITIONS.find(({ name }) => name === node.name.value);
    if (directive) getArgumentValues(directive, node, given);
    return false;
  };
  const visitor = { Field: toCoerced, Argument: SKIPPED, Directive: checkCondition, VariableDefinition: SKIPPED };
  const used = definitions.filter((each) => each === operation || each.kind === Kind.FRAGMENT_DEFINITION);
  const document: DocumentNode = visit({ kind, definitions: used }, visitWithTypeInfo(types, visitor));
  const variableDefinitions = [
    ...(operation.variableDefinitions ?? []).map((each) =>
      Object.hasOwn(given, each.variable.name.value) ? { ...each, type: COERCED_NODE } : each,
    ),
    ...added.map(
      (_value, index): VariableDefinitionNode => ({
        kind: Kind.VARIABLE_DEFINITION,
        variable: variableNode(index),
        type: COERCED_NODE,
      }),
    ),
  ];
  return {
    schema: acceptCoerced(schema),
    document: {
      kind,
      definitions: document.definitions.map((each) =>
        each.kind === Kind.OPERATION_DEFINITION ? { ...each, variableDefinitions } : each,
      ),
    },
    // No variable of a document has a number for its name.
    variableValues: { ...given, ...added },
  };
}

const CONDITIONS = [GraphQLSkipDirective, GraphQLIncludeDirective];

const SKIPPED = () => false;

interface FieldArguments {
  readonly values: Variables;
  /** Why they are invalid. */
  readonly fault?: unknown;
}

function argumentsOf(field: GraphQLField<unknown, unknown>, node: FieldNode, given: Variables): FieldArguments {
  try {
    return { values: getArgumentValues(field, node, given) };
  } catch (fault) {
    return { values: {}, fault };
  }
}

const isGroup = ({ kind }: ValueNode): boolean => kind === Kind.LIST || kind === Kind.OBJECT;

const variableNode = (index: number): VariableNode => ({
  kind: Kind.VARIABLE,
  name: { kind: Kind.NAME, value: String(index) },
});

/** Lets graphql-js find that type in a schema, whose list of types does not have it. */
const acceptCoerced = memoize1((schema: GraphQLSchema): GraphQLSchema => {
  const getType = schema.getType.bind(schema);
  schema.getType = (name) => (name === COERCED.name ? COERCED : getType(name));
  return schema;
});
