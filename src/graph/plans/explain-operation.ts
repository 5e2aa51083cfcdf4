import type { GraphOperation, PlanReport } from '../graph.ts';
import { classifyOperation } from '../operation/classify-operation.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { linksIn, listLinks } from '../stitch/index.ts';
import type { PlanOptions } from './compile-plan.ts';
import { createPlans, planChooser } from './known-operations.ts';

/** How a repeated operation is answered. Undefined if the variables do not fit it. */
export function explainOperation(
  joined: JoinedSchema,
  operation: GraphOperation,
  options: PlanOptions,
): PlanReport | undefined {
  const plan = planChooser(joined, operation, options, createPlans())(operation.variables ?? {})?.plan;
  if (!plan) return undefined;
  const { kind, words } = plan;
  const shape = classifyOperation(operation.document, operation.operationName);
  const links = kind === 'general' && shape && linksIn(shape, joined);
  if (!links) return { kind, words };
  const followed = [...listLinks(links, shape)].map(([place, { target }]) =>
    target.typeName === ''
      ? `${place}: nothing, while the schema of the tenant is not there`
      : `keys of ${place} → ${target.reads}`,
  );
  return { kind, words: [...words, ...followed] };
}
