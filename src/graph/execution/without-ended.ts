import { type ExecutionResult, isNonNullType, OperationTypeNode } from 'graphql';
import type { GatewayContext } from '../graph.ts';
import { type OperationShape, ownTest } from '../operation/classify-operation.ts';
import { rootFieldsFor, type Variables } from '../operation/plan-operation.ts';
import type { OwnerOf } from '../own-roots.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { toFieldError } from './to-graphql-error.ts';

interface Answered {
  readonly shape: OperationShape;
  readonly joined: JoinedSchema;
  readonly variables: Variables;
  readonly context: GatewayContext;
  readonly ownerOf: OwnerOf;
  /** Whether records of the tenant may hold some of other sources. */
  readonly hasLinks: boolean;
}

/**
 * The answer without what a source said of which nothing may be passed on any more: the consent behind it ended while
 * something else was waited for.
 */
export function withoutEnded(result: ExecutionResult, answered: Answered): ExecutionResult {
  const { shape, joined, variables, context, ownerOf, hasLinks } = answered;
  const kind = shape.operation.operation === OperationTypeNode.MUTATION ? 'mutation' : 'query';
  const losses = context.scopes.losses(kind);
  if (losses.size === 0 || !result.data) return result;
  // Objects by their ids, and what links lead to, are of the sources that have such.
  const [, lossOfObjects] = [...losses].find(([{ node, links }]) => node ?? links) ?? [];
  const isOwn = ownTest(shape.operation, joined.own);
  const lossOf = (name: string) => {
    const owner = isOwn(name) ? ownerOf(name) : undefined;
    const loss = owner?.roots?.[name]?.objectAt ? lossOfObjects : owner && losses.get(owner);
    return loss ?? (hasLinks ? lossOfObjects : undefined);
  };
  const fields = [...rootFieldsFor(shape, variables)];
  const told = fields.flatMap(([key, nodes]) => {
    const [node] = nodes;
    const loss = node && holdsSomething(result.data?.[key]) ? lossOf(node.name.value) : undefined;
    return node && loss ? [{ key, nodes, loss, name: node.name.value }] : [];
  });
  if (told.length === 0) return result;
  // What is never null takes the whole answer with it.
  const rootFields = joined.schema.getRootType(shape.operation.operation)?.getFields();
  const isWhole =
    (hasLinks && lossOfObjects !== undefined) || told.some(({ name }) => isNonNullType(rootFields?.[name]?.type));
  const keys = new Set(told.map(({ key }) => key));
  const others = (result.errors ?? []).filter(({ path }) => !isWhole && !keys.has(String(path?.[0])));
  return {
    ...result,
    errors: [...others, ...told.map(({ key, nodes, loss }) => toFieldError(loss, key, nodes))],
    data: isWhole ? null : { ...result.data, ...Object.fromEntries(told.map(({ key }) => [key, null])) },
  };
}

/** What is null throughout has its errors already, which say more. */
const holdsSomething = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).some(holdsSomething)
    : value !== null && value !== undefined;
