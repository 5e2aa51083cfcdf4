import type { GraphOperation, PlanReport } from '../graph.ts';
import { classifyOperation } from '../operation/classify-operation.ts';
import { rootFieldsFor } from '../operation/plan-operation.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { extractPart, linksIn, listLinks } from '../stitch/index.ts';
import type { PlanOptions } from './compile-plan.ts';
import { planChooser } from './known-operations.ts';

/** How an operation is answered from the second time on. Undefined when the variables do not fit it. */
export function explainOperation(
  joined: JoinedSchema,
  operation: GraphOperation,
  options: PlanOptions,
): PlanReport | undefined {
  const { variables = {} } = operation;
  const plan = planChooser(joined, operation, options)(variables)?.plan;
  if (!plan) return undefined;
  const shape = classifyOperation(operation.document, operation.operationName);
  const links = shape && linksIn(shape, joined.schema, joined.links);
  if (!links) return { kind: plan.kind, words: plan.words };
  // What is asked before links are followed is an operation by itself, and explained as one.
  const fields = [...rootFieldsFor(shape, variables).values()].flat();
  const { document } = extractPart(shape, fields, variables, links);
  const without = { ...operation, document, operationName: undefined };
  const before = planChooser(joined, without, options)(variables)?.plan.words ?? [];
  const followed = [...listLinks(links, shape)].map(([place, { target }]) =>
    target ? `${place}: ${target.reads}` : `${place}: nothing, while the schema of the tenant is not there`,
  );
  return { kind: plan.kind, words: [...plan.words, ...before, ...followed] };
}
