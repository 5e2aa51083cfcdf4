import { type ExecutionResult, isNonNullType } from 'graphql';
import { kindOf, ownTest } from '../operation/classify-operation.ts';
import { rootFieldsFor } from '../operation/plan-operation.ts';
import type { Run } from './execute-operation.ts';
import { toFieldError } from './to-graphql-error.ts';

/**
 * The answer without the data of sources whose consent has ended while
 * the operation waited for something else.
 */
export function withoutEnded(result: ExecutionResult, run: Run): ExecutionResult {
  const { shape, joined, variables, context, ownerOf, links } = run;
  const losses = context.scopes.losses(kindOf(shape));
  if (losses.size === 0 || !result.data) return result;
  // Objects by id, and the targets of links, belong to the sources that have them.
  // With links, the tenant's records may contain such objects too.
  const [, lossOfObjects] = [...losses].find(([{ node, links }]) => node ?? links) ?? [];
  const isOwn = ownTest(shape.operation, joined.own);
  const lossOf = (name: string) => {
    const owner = isOwn(name) ? ownerOf(name) : undefined;
    const loss = owner?.roots?.[name]?.objectAt ? lossOfObjects : owner && losses.get(owner);
    return loss ?? (links ? lossOfObjects : undefined);
  };
  const fields = [...rootFieldsFor(shape, variables)];
  const told = fields.flatMap(([key, nodes]) => {
    const [node] = nodes;
    const loss = node && holdsSomething(result.data?.[key]) ? lossOf(node.name.value) : undefined;
    return node && loss ? [{ key, nodes, loss, name: node.name.value }] : [];
  });
  if (told.length === 0) return result;
  // A non-null value makes the whole answer null.
  const rootFields = joined.schema.getRootType(shape.operation.operation)?.getFields();
  const isWhole =
    (links !== undefined && lossOfObjects !== undefined) ||
    told.some(({ name }) => isNonNullType(rootFields?.[name]?.type));
  const keys = new Set(told.map(({ key }) => key));
  const others = (result.errors ?? []).filter(({ path }) => !isWhole && !keys.has(String(path?.[0])));
  return {
    ...result,
    errors: [...others, ...told.map(({ key, nodes, loss }) => toFieldError(loss, key, nodes))],
    data: isWhole ? null : { ...result.data, ...Object.fromEntries(told.map(({ key }) => [key, null])) },
  };
}

/** If everything is null, there are already errors, which say more. */
const holdsSomething = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).some(holdsSomething)
    : value !== null && value !== undefined;
