import {
  type GraphQLInputType,
  GraphQLScalarType,
  type GraphQLSchema,
  getNamedType,
  isInputObjectType,
  type TypeNode,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';
import type { Variables } from '../operation/plan-operation.ts';

/**
 * Makes graphql-js' executor use already coerced input objects, instead of coercing them again at a cost that grows
 * with the fields of their types: a view of the schema in which an input object is a scalar that returns its value.
 * Leaf values are coerced only by the executor: coercing them twice may change them.
 */
export function withCoerced(
  schema: GraphQLSchema,
  definitions: readonly VariableDefinitionNode[],
  given: Variables,
  coerced: Variables,
): { readonly schema: GraphQLSchema; readonly variableValues: Variables } {
  const objects = definitions
    .filter(({ type }) => isInputObject(schema, type))
    .map(({ variable }) => variable.name.value);
  const present = objects.filter((name) => Object.hasOwn(coerced, name));
  if (present.length === 0) return { schema, variableValues: given };
  const passed = Object.fromEntries(present.map((name) => [name, coerced[name]]));
  return { schema: viewOf(schema), variableValues: { ...given, ...passed } };
}

function isInputObject(schema: GraphQLSchema, node: TypeNode): boolean {
  const type = typeFromAST(schema, node) as GraphQLInputType | undefined;
  return isInputObjectType(getNamedType(type));
}

const views = new WeakMap<GraphQLSchema, GraphQLSchema>();

function viewOf(schema: GraphQLSchema): GraphQLSchema {
  const found = views.get(schema);
  if (found) return found;
  const passing = new Map<string, GraphQLScalarType>();
  const getType = (name: string) => {
    const type = schema.getType(name);
    if (!isInputObjectType(type)) return type;
    const known = passing.get(name) ?? new GraphQLScalarType({ name, parseValue: (value) => value });
    passing.set(name, known);
    return known;
  };
  // A proxy, because schemas that build their types on demand have private members.
  const view = new Proxy(schema, {
    get(target, key) {
      if (key === 'getType') return getType;
      const member: unknown = Reflect.get(target, key, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  views.set(schema, view);
  return view;
}
