import { type ExecutionResult, OperationTypeNode } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import type { GatewayContext } from '../graph.ts';
import { type OperationShape, ownTest } from '../operation/classify-operation.ts';
import { rootFieldsFor, type Variables } from '../operation/plan-operation.ts';
import type { Generation } from '../schema/combine-schemas.ts';
import { toFieldError } from './to-graphql-error.ts';

interface Answered {
  readonly shape: OperationShape;
  readonly generation: Generation;
  readonly variables: Variables;
  readonly context: GatewayContext;
  /** Whether records of the tenant may hold some of Sage 200. */
  readonly hasLinks: boolean;
}

/**
 * The answer without what Sage 200 said, where the consent behind it ended while something else was waited for: nobody is
 * told of it any more.
 */
export function withoutEnded(result: ExecutionResult, answered: Answered): ExecutionResult {
  const failure = failureOf(answered);
  const failureElsewhere = failureOfShown(answered.context);
  if (!(failure || failureElsewhere) || !result.data) return result;
  const { shape, generation, variables, hasLinks } = answered;
  const isOwn = ownTest(shape.operation, generation.own);
  const fields = [...rootFieldsFor(shape, variables)];
  const failureAt = (name: string): GatewayError | undefined => {
    if (failureElsewhere && name === 'gateway' && isOwn(name)) return failureElsewhere;
    return hasLinks || (isOwn(name) && isOfSage(name)) ? failure : undefined;
  };
  const told = fields.flatMap(([key, nodes]) => {
    const [node] = nodes;
    const fault = node && holdsSomething(result.data?.[key]) ? failureAt(node.name.value) : undefined;
    return fault ? [{ key, nodes, fault }] : [];
  });
  if (told.length === 0) return result;
  // A list of objects is never null: its failure is that of the whole answer.
  const isWhole = (hasLinks && failure !== undefined) || told.some(({ nodes: [node] }) => node?.name.value === 'nodes');
  const keys = new Set(told.map(({ key }) => key));
  const others = (result.errors ?? []).filter(({ path }) => !isWhole && !keys.has(String(path?.[0])));
  return {
    ...result,
    errors: [...others, ...told.map(({ key, nodes, fault }) => toFieldError(fault, key, nodes))],
    data: isWhole ? null : { ...result.data, ...Object.fromEntries(told.map(({ key }) => [key, null])) },
  };
}

/** What is null throughout has its errors already, which say more. */
const holdsSomething = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).some(holdsSomething)
    : value !== null && value !== undefined;

const isOfSage = (name: string) => name === 'sage200' || name === 'node' || name === 'nodes';

/** Why what `gateway` shows of other consents may be told no longer. */
function failureOfShown({ shown }: GatewayContext): GatewayError | undefined {
  for (const assertUsable of shown) {
    try {
      assertUsable();
    } catch (error) {
      if (error instanceof GatewayError) return error;
      throw error;
    }
  }
  return undefined;
}

function failureOf({ shape, context }: Answered): GatewayError | undefined {
  try {
    context.sage200.assertUsable();
    return undefined;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (shape.operation.operation !== OperationTypeNode.MUTATION) return error;
    return new GatewayError(
      'OUTCOME_UNKNOWN',
      'The Sage sign-in behind these writes ended before they were answered: look up what was saved before you send them again.',
      { source: 'sage200', cause: error },
    );
  }
}
