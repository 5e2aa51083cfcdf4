import type { FieldNode } from 'graphql';
import { Bailout } from '../../kit/bailout.ts';
import type { BodyPart } from '../../kit/http/index.ts';
import type { MaybePromise } from '../../kit/maybe-promise.ts';
import type { GatewayContext } from '../graph.ts';
import type { OperationShape } from '../operation/classify-operation.ts';
import type { Variables } from '../operation/plan-operation.ts';
import { assertRight, type OwnerOf } from '../own-roots.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import type { DocumentLinks } from '../stitch/index.ts';
import type { Hosting } from '../subschema.ts';

export interface PlanOptions {
  readonly hosting: Hosting;
  readonly ownerOf: OwnerOf;
}

/** The context in which root fields are compiled. */
export interface RootContext {
  readonly joined: JoinedSchema;
  readonly shape: OperationShape;
  /** Undefined if it follows no links. */
  readonly links: DocumentLinks | undefined;
  /** Values of the variables in `@skip` and `@include`. */
  readonly conditions: Variables;
}

/** A root field of the gateway, compiled by its source. */
export interface RootStep {
  /** The text before its value: `"gateway":`. */
  readonly head: string;
  /** Describes what is read, one line for each request. */
  readonly reads: readonly string[];
  /** The field's value as JSON, with keys instead of links. */
  readonly run: (context: GatewayContext, coerced: Variables) => MaybePromise<readonly BodyPart[]>;
}

/**
 * @param nodes all places that select it under one key, without link fields
 * @param isOnlyRoot whether the operation uses no other field of that source
 * @throws Bailout
 */
export function planRoot(
  nodes: readonly [FieldNode, ...FieldNode[]],
  { joined, shape, links, conditions }: RootContext,
  { ownerOf }: PlanOptions,
  isOnlyRoot: boolean,
): RootStep {
  const { name, alias } = nodes[0];
  const owner = ownerOf(name.value);
  const step = owner?.roots?.[name.value]?.compile?.(nodes, {
    schema: joined.schema,
    rootType: joined.schema.getQueryType()?.name ?? '',
    fragments: Object.fromEntries(links?.fragments ?? shape.fragments),
    variables: conditions,
    isOnlyRoot,
  });
  if (!owner || !step) throw new Bailout(`${name.value} is answered from memory, by its id or from the schema`);
  return {
    head: `${JSON.stringify((alias ?? name).value)}:`,
    reads: step.reads,
    run(operation, coerced) {
      assertRight(owner, operation.principal, 'query');
      return step.run(operation.scopeOf(owner), coerced);
    },
  };
}
