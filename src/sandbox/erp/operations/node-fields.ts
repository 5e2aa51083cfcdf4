import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import { BusinessError } from '../business-error.ts';
import type { Row } from '../data/row.ts';
import type { NodeModel, PropertyModel } from '../model/model.ts';
import type { Call } from './call.ts';
import type { Resolvers } from './resolvers.ts';

type NodeResolver = (row: Row, args: Record<string, unknown>, call: Call) => unknown;

/** How the fields of a node's record are answered; plain ones are left to {@link readPlainField}. */
export function nodeResolvers(node: NodeModel): Resolvers {
  const resolvers: Record<string, NodeResolver> = {
    _factory: (_row, _args, { store }) => store.byKey('MetaNodeFactory', node.name) ?? null,
    _access: (_row, _args, { forbidden }) =>
      [...node.properties.keys()]
        .filter((name) => forbidden.has(`${node.name}.${name}`))
        .map((name) => ({ name, status: 'unauthorized' })),
  };
  for (const property of node.properties.values()) {
    const resolve = propertyResolver(node.name, property);
    if (resolve) resolvers[property.name] = resolve;
  }
  return resolvers;
}

function propertyResolver(node: string, property: PropertyModel): NodeResolver | undefined {
  const { column, kind, name } = property;
  const toAnswer = answerOf(property);
  if (kind !== 'reference' && !property.computed && !toAnswer && name === column && name !== '_constructor')
    return undefined;
  return (row, args, call) => {
    if (call.forbidden.size > 0) guard(call, node, name, property.target);
    const value = call.store.reader(node, column)(row);
    return toAnswer && value !== null ? toAnswer(value, args) : value;
  };
}

/** From the stored form to the served one, where they differ. */
function answerOf({
  column,
  kind,
}: PropertyModel): ((value: unknown, args: Record<string, unknown>) => unknown) | undefined {
  if (kind === 'collection') return (rows) => ({ rows });
  if (kind === 'stream') return (value) => ({ value });
  if (column === '_customData') return (value, { selector }) => customData(value as object, selector);
  return undefined;
}

/** One custom field as JSON text, or all of them. */
function customData(fields: object, selector: unknown): string | null {
  if (typeof selector !== 'string') return JSON.stringify(fields);
  const value: unknown = Reflect.get(fields, selector);
  return value === undefined || value === null ? null : JSON.stringify(value);
}

/** Fields without their own resolver: the property of that name, which may be a function to call. */
export const readPlainField: GraphQLFieldResolver<Record<string, unknown>, Call> = (source, _args, call, info) => {
  if (call.forbidden.size > 0) guard(call, info.parentType.name, info.fieldName, undefined);
  const value = source[info.fieldName];
  return typeof value === 'function' ? (value as (info: GraphQLResolveInfo) => unknown)(info) : value;
};

/** @throws BusinessError when the API user has no right to a property or to the node behind it. */
export function guard({ forbidden }: Call, node: string, property: string, target: string | undefined): void {
  if (forbidden.has(`${node}.${property}`) || (target !== undefined && forbidden.has(target))) {
    throw new BusinessError(`You are not allowed to read ${node}.${property}.`, [property]);
  }
}
