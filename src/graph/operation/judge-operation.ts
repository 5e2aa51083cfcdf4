import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse } from 'graphql';
import type { GatewayContext, GraphOperation } from '../graph.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { extractPart, linksIn } from '../stitch/index.ts';
import type { Hosting } from '../subschema.ts';
import { tenantRequired } from './choose-tenant.ts';
import { classifyOperation, collectRootFields, type OperationShape, ownTest, sourcesOf } from './classify-operation.ts';
import { asksForSchema, type Introspection } from './introspection.ts';
import { needsTenantFirst, refusalOf, toRefusal, withoutOperation } from './refusals.ts';
import { unknownRoots } from './unknown-roots.ts';
import { validateLeniently } from './validate-leniently.ts';

interface JudgeOptions {
  readonly hosting: Hosting;
  /** Who may read the schema. */
  readonly shownTo: Introspection;
}

/** Errors that stop an operation; empty if it may run. The tenant itself validates documents that only use the tenant. */
export function judgeOperation(
  joined: JoinedSchema,
  operation: GraphOperation,
  context: GatewayContext,
  { hosting, shownTo }: JudgeOptions,
): readonly GraphQLError[] {
  const { document, operationName } = operation;
  const { schema } = joined;
  const shape = classifyOperation(document, operationName);
  if (!shape) return withoutOperation(operation) ?? validateLeniently(schema, document);
  const refusal = refusalOf(shape, context, shownTo);
  if (refusal) return [refusal];
  const { tenant } = context;
  const sources = sourcesOf(shape, joined.own);
  const isLinked = linksIn(shape, schema, joined.links) !== undefined;
  const choice = tenantRequired(hosting, context);
  if (choice) {
    if (isLinked || needsTenantFirst(shape, sources)) return [toRefusal(choice, shape.operation)];
    // Only its tenant fields fail; the gateway's own fields are answered.
    if (sources !== 'own') return sources === 'hosted' ? [] : validateLeniently(schema, ownPart(shape, joined));
  }
  if (tenant !== undefined && sources === 'hosted' && !isLinked) {
    const unknown = joined.hasTenant ? unknownRoots(shape, joined) : [];
    if (unknown.length > 0) hosting.hosted.suspectSchema(tenant);
    return unknown;
  }
  if (tenant !== undefined && !joined.hasTenant) return validateLeniently(schema, ownPart(shape, joined));
  const faults = validateLeniently(schema, document);
  // The tenant may have something that is missing in the cached schema.
  if (tenant !== undefined && faults.length > 0 && (sources === 'mixed' || isLinked))
    hosting.hosted.suspectSchema(tenant);
  return faults;
}

const ownParts = new WeakMap<OperationShape, DocumentNode>();

/** The checks that are possible without the tenant's schema. */
function ownPart(shape: OperationShape, { own, schema, links }: JoinedSchema): DocumentNode {
  const known = ownParts.get(shape);
  if (known) return known;
  const isOwn = ownTest(shape.operation, own);
  const fields = [...collectRootFields(shape, () => true).values()].flat().filter(({ name }) => isOwn(name.value));
  const { document } = extractPart(shape, fields, {}, linksIn(shape, schema, links));
  ownParts.set(shape, document);
  return document;
}

/** For documents that are processed before their limits are checked. */
const MOST_TOKENS = 5_000;

/** Whether a document is valid without a tenant. Introspection is valid with every tenant, but has a different result. */
export function isOursAlone(schema: GraphQLSchema, source: string | undefined): boolean {
  if (source === undefined) return false;
  try {
    const document = parse(source, { maxTokens: MOST_TOKENS, noLocation: true });
    const isShown = document.definitions.some(
      (definition) => 'selectionSet' in definition && asksForSchema(definition),
    );
    return !isShown && validateLeniently(schema, document).length === 0;
  } catch {
    return false;
  }
}
