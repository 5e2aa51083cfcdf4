import {
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  print,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';
import { coerceInput } from './coerce-input.ts';
import type { Variables } from './plan-operation.ts';

/** The coerced values, or the errors. */
export type Coerced =
  | { readonly values: Variables; readonly faults?: undefined }
  | { readonly values?: undefined; readonly faults: readonly GraphQLError[] };

/** Maximum number of reported errors; coercion stops after that. */
export const MOST_FAULTS = 50;

/** Thrown to stop coercion: graphql-js has no other way. */
class Enough extends Error {}

/**
 * GraphQL's coercion of variables, like `getVariableValues` of graphql-js, which prints the whole value into each of
 * its messages before it can be stopped. Here no value is printed, and coercion stops at the last error that is
 * reported. All variable values are coerced here.
 */
export function coerceVariables(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  given: Variables,
): Coerced {
  const values: Record<string, unknown> = Object.create(null);
  const faults: GraphQLError[] = [];
  const add = (node: VariableDefinitionNode, message: string) => {
    faults.push(new GraphQLError(message, { nodes: node }));
    if (faults.length >= MOST_FAULTS) throw new Enough();
  };
  try {
    for (const definition of definitions) coerceOne(schema, definition, given, values, add);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return faults.length > 0 ? { faults } : { values };
}

function coerceOne(
  schema: GraphQLSchema,
  definition: VariableDefinitionNode,
  given: Variables,
  values: Record<string, unknown>,
  add: (node: VariableDefinitionNode, message: string) => void,
): void {
  const name = definition.variable.name.value;
  const type = typeFromAST(schema, definition.type) as GraphQLInputType | undefined;
  if (!isInputType(type)) {
    add(
      definition,
      `Variable "$${name}" expected value of type "${print(definition.type)}" which cannot be used as an input type.`,
    );
    return;
  }
  if (!Object.hasOwn(given, name)) {
    if (definition.defaultValue) values[name] = valueFromAST(definition.defaultValue, type);
    else if (isNonNullType(type)) add(definition, `Variable "$${name}" of required type "${type}" was not provided.`);
    return;
  }
  if (given[name] === null && isNonNullType(type)) {
    add(definition, `Variable "$${name}" of non-null type "${type}" must not be null.`);
    return;
  }
  values[name] = coerceInput(given[name], type, (path, message) => {
    const place = path.length > 0 ? ` at "${name}${path.map(toStep).join('')}"` : '';
    add(definition, `Variable "$${name}" got invalid value${place}; ${message}`);
  });
}

const toStep = (key: string | number): string => (typeof key === 'number' ? `[${key}]` : `.${key}`);
