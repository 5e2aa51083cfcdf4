import { GraphQLError, type GraphQLSchema, Kind, OperationTypeNode, type VariableDefinitionNode, visit } from 'graphql';
import type { Logger } from 'pino';
import { Bailout } from '../../kit/bailout.ts';
import { BoundedCache } from '../../kit/cache.ts';
import { coerceVariables } from '../../kit/coerce-variables.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import type { BodyPart } from '../../kit/http/index.ts';
import { andThen, orElse } from '../../kit/maybe-promise.ts';
import type { Principal } from '../../kit/principal.ts';
import type { createIntrospectionCache } from '../execution/introspection-cache.ts';
import type { GatewayContext, GraphOperation, KnownOperation } from '../graph.ts';
import {
  classifyOperation,
  collectRootFields,
  isIntrospection,
  ownTest,
  sourcesOf,
} from '../operation/classify-operation.ts';
import { countFields } from '../operation/count-fields.ts';
import { reachesSchema } from '../operation/introspection.ts';
import type { Variables } from '../operation/plan-operation.ts';
import { rowPriceOf } from '../operation/price-rows.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { linksIn, ownVariables } from '../stitch/index.ts';
import { compileForwarded, compileParts, type PlannedQuery, type PlanOptions } from './compile-plan.ts';
import { generalPlan, type Plan } from './plan.ts';

export interface KnownOperationsOptions extends PlanOptions {
  readonly introspection: ReturnType<typeof createIntrospectionCache>;
  /** The schema that introspection shows to that caller. */
  readonly shownTo: (principal: Principal, joined: JoinedSchema) => JoinedSchema;
  /** Maximum for one operation. */
  readonly rows: number;
  readonly log: Logger;
}

/** Maximum number of operations for one schema; the length of all their texts, in characters. */
const MAX_OPERATIONS = 1_000;
const MAX_CHARS = 300_000;
/** Plans for one schema; an operation has one for each combination of conditions. */
const MAX_PLANS = 4_000;
/** Fields in these plans, with fragments expanded: each takes about a kilobyte, however short the text is that selects it. */
const MAX_PLANNED_FIELDS = 50_000;

/** Number of rows above which compiling a plan costs less than it saves, even the first time. */
const LARGE_ROWS = 1_000;

/**
 * Operations that are valid for a schema. From the second time on, each runs as a plan, which is compiled then, because
 * most operations are never repeated. An operation that may return many rows has its plan the first time.
 */
export function createKnownOperations(options: KnownOperationsOptions) {
  // Collected with the schema, together with everything that was compiled for it.
  const bySchema = new WeakMap<GraphQLSchema, OfSchema>();
  return {
    remember(joined: JoinedSchema, operation: GraphOperation): void {
      const { known, plans } = bySchema.get(joined.schema) ?? { known: createOperations(), plans: createPlans() };
      bySchema.set(joined.schema, { known, plans });
      const { document, source, operationName } = operation;
      const key = keyOf(source, operationName);
      // Without its variables: they may be a megabyte, and are another caller's.
      const kept = { document, source, operationName, variables: undefined };
      if (!known.get(key)) known.set(key, createKnown(joined, kept, { ...options, plans }));
    },
    find: (schema: GraphQLSchema, source: string, operationName: string | undefined): KnownOperation | undefined =>
      bySchema.get(schema)?.known.get(keyOf(source, operationName)),
  };
}

/** What is kept for one schema. */
interface OfSchema {
  readonly known: BoundedCache<string, Known>;
  readonly plans: Plans;
}

type Known = KnownOperation;

/** An operation takes up to 250 times the memory of its text, so the texts are counted. */
const createOperations = () =>
  new BoundedCache<string, Known>({
    name: 'operations',
    maxEntries: MAX_OPERATIONS,
    maxWeight: MAX_CHARS,
    weigh: ({ length }) => length,
  });

const keyOf = (source: string, operationName: string | undefined): string => `${operationName ?? ''}\n${source}`;

interface KnownOptions extends KnownOperationsOptions {
  readonly plans: Plans;
}

function createKnown(joined: JoinedSchema, operation: GraphOperation, options: KnownOptions): Known {
  const shape = classifyOperation(operation.document, operation.operationName);
  if (shape && isIntrospection(shape)) return createKnownIntrospection(joined, operation, options);
  // The part that no variable changes was counted during validation.
  const price = shape && rowPriceOf(shape, joined);
  const totalRows = price?.always === undefined ? price?.total : undefined;
  const isAlwaysLarge = (price?.always ?? 0) > LARGE_ROWS;
  let planFor: ((variables: Variables) => PlanWithVariables | undefined) | undefined;
  return {
    name: shape?.operation.name?.value,
    document: operation.document,
    isOurs: shape !== undefined && sourcesOf(shape, joined.own) === 'own' && !reachesSchema(shape),
    prepare() {
      planFor ??= planChooser(joined, operation, options, options.plans);
      // An operation whose plan needs variables is planned when they arrive.
      planFor({});
    },
    isLarge: (variables) => isAlwaysLarge || (totalRows !== undefined && totalRows(variables) > LARGE_ROWS),
    run(variables, asked, context) {
      if (totalRows && totalRows(variables) > options.rows) return undefined;
      planFor ??= planChooser(joined, operation, options, options.plans);
      const chosen = planFor(variables);
      if (!chosen || chosen.plan.kind === 'general') return undefined;
      const { plan, coerced } = chosen;
      context.plan = plan.kind;
      return orElse<readonly BodyPart[] | undefined>(
        () =>
          andThen(plan.run({ variables, asked, coerced, context }), (body) => {
            context.scopes.assertUsable();
            context.scopes.end();
            return body;
          }),
        (error) => {
          report(error, context);
          return undefined;
        },
      );
    },
  };

  function report(error: unknown, { requestId }: GatewayContext): void {
    // A source's failure, or a value for which the fallback executor reports an error. Anything else is a bug in a plan;
    // GraphQL's own messages must not be logged, since they quote the caller.
    if (error instanceof GatewayError || error instanceof Bailout || error instanceof GraphQLError) return;
    options.log.debug({ err: error, requestId }, 'a plan left its operation to the fallback executor');
  }
}

/** Once its answer is complete and compressed, it is passed on unchanged. */
function createKnownIntrospection(
  joined: JoinedSchema,
  operation: GraphOperation,
  { introspection, shownTo }: KnownOperationsOptions,
): Known {
  return {
    name: classifyOperation(operation.document, operation.operationName)?.operation.name?.value,
    document: operation.document,
    isOurs: false,
    prepare: () => {},
    isLarge: () => false,
    run(variables, _asked, { tenant, principal }) {
      // A caller with several tenants has to choose the schema first.
      if (tenant === undefined && principal.tenants.length > 1) return undefined;
      return introspection.packed(shownTo(principal, joined), { ...operation, variables });
    },
  };
}

interface PlanWithVariables {
  readonly plan: Plan;
  readonly coerced: Variables;
}

const NO_VARIABLES: Variables = {};

/** Plans of many operations, evicted together: a short text with fragments may need megabytes. */
export type Plans = BoundedCache<string, SizedPlan>;

interface SizedPlan {
  readonly plan: Plan;
  /** With fragments expanded. */
  readonly fields: number;
}

export const createPlans = (): Plans =>
  new BoundedCache({
    name: 'plans',
    maxEntries: MAX_PLANS,
    maxWeight: MAX_PLANNED_FIELDS,
    weigh: (_, { fields }) => fields,
  });

let choosers = 0;

/** The plan for given variables; undefined if they are invalid, for which the fallback executor has better messages. */
export function planChooser(
  joined: JoinedSchema,
  operation: GraphOperation,
  options: PlanOptions,
  plans: Plans,
): (variables: Variables) => PlanWithVariables | undefined {
  const always = (plan: Plan) => () => ({ plan, coerced: NO_VARIABLES });
  const shape = classifyOperation(operation.document, operation.operationName);
  if (!shape) return always(generalPlan('it does not say which operation is meant'));
  if (shape.operation.operation !== OperationTypeNode.QUERY) return always(generalPlan('it is not a query'));
  const links = linksIn(shape, joined);
  const query: PlannedQuery = { joined, operation, shape, links };
  if (!links && sourcesOf(shape, joined.own) === 'hosted') return always(compileForwarded(query, options));
  const definitions = readVariables(query);
  const conditions = conditionNames(query);
  const fields = countFields(shape);
  choosers += 1;
  const head = `${choosers} `;
  return (variables) => {
    const coerced =
      definitions.length === 0 ? NO_VARIABLES : coerceVariables(joined.schema, definitions, variables).values;
    if (!coerced) return undefined;
    const values = conditions.map((name) => coerced[name]);
    if (!values.every((value) => typeof value === 'boolean')) return undefined;
    // The plan keeps these, and no other variables.
    const make = () => {
      const named = Object.fromEntries(conditions.map((name, index) => [name, values[index]]));
      return { plan: compileParts(query, named, options), fields };
    };
    return { plan: plans.getOrMake(head + values.join(), make).plan, coerced };
  };
}

/** Coerces all variables of an operation of the gateway alone or with links; beside the tenant's, only its own. */
function readVariables({ joined, shape, links }: PlannedQuery): readonly VariableDefinitionNode[] {
  if (links || sourcesOf(shape, joined.own) === 'own') return shape.operation.variableDefinitions ?? [];
  const isOwn = ownTest(shape.operation, joined.own);
  const fields = [...collectRootFields(shape, () => true).values()].flat();
  return ownVariables(
    shape,
    fields.filter(({ name }) => isOwn(name.value)),
    undefined,
  );
}

/** Variables in `@skip` and `@include`: each combination of their values has its own plan. */
function conditionNames({ shape }: PlannedQuery): readonly string[] {
  const names = new Set<string>();
  for (const definition of [shape.operation, ...shape.fragments.values()])
    visit(definition, {
      [Kind.DIRECTIVE]: ({ name, arguments: given }) => {
        if (name.value !== 'skip' && name.value !== 'include') return;
        for (const { value } of given ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
      },
    });
  return [...names];
}
