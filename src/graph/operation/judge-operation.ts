import { memoize2 } from '@graphql-tools/utils';
import { type DocumentNode, type GraphQLError, type GraphQLSchema, Kind, parse } from 'graphql';
import type { GatewayContext, GraphOperation } from '../graph.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { extractPart, linksIn } from '../stitch/index.ts';
import type { Hosting } from '../subschema.ts';
import { tenantRequired } from './choose-tenant.ts';
import {
  classifyOperation,
  kindOf,
  type OperationShape,
  ownTest,
  rootFieldsOf,
  sourcesOf,
} from './classify-operation.ts';
import { asksForSchema, type Introspection, reachesSchema } from './introspection.ts';
import { refusalOf, toRefusal, withoutOperation } from './refusals.ts';
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
  if (!shape)
    return document.definitions.some(({ kind }) => kind === Kind.OPERATION_DEFINITION)
      ? withoutOperation(operation)
      : validateLeniently(schema, document);
  const refusal = refusalOf(shape, context, shownTo);
  if (refusal) return [refusal];
  const { tenant } = context;
  const sources = sourcesOf(shape, joined.own);
  const isLinked = linksIn(shape, joined) !== undefined;
  const choice = tenantRequired(hosting, context);
  if (choice) {
    // Each tenant has a different schema; and no part of a mutation runs before all of it can.
    const isPartless = reachesSchema(shape) || (sources !== 'own' && kindOf(shape) === 'mutation');
    if (isLinked || isPartless) return [toRefusal(choice, shape.operation)];
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

/** The checks that are possible without the tenant's schema. */
const ownPart = memoize2((shape: OperationShape, joined: JoinedSchema): DocumentNode => {
  const isOwn = ownTest(shape.operation, joined.own);
  const fields = rootFieldsOf(shape).filter(({ name }) => isOwn(name.value));
  return extractPart(shape, fields, {}, linksIn(shape, joined)).document;
});

/**
 * Errors for root fields that neither side has, with suggestions. The tenant, which validates the rest of its documents,
 * has only its own names, and may be down. Names that introspection cannot show are included.
 */
function unknownRoots(shape: OperationShape, { schema, notShown }: JoinedSchema): readonly GraphQLError[] {
  const { operation, loc } = shape.operation;
  const root = schema.getRootType(operation);
  if (!root) return [];
  const known = root.getFields();
  const isKnown = (name: string) =>
    name === '__typename' || known[name] !== undefined || notShown.includes(`${root.name}.${name}`);
  const unknown = rootFieldsOf(shape).filter(({ name }) => !isKnown(name.value));
  if (unknown.length === 0) return [];
  // The names alone: nothing else in it is validated.
  const selections = unknown.map(({ kind, name, loc }) => ({ kind, name, ...(loc && { loc }) }));
  const selectionSet = { kind: Kind.SELECTION_SET, selections } as const;
  const definition = { kind: Kind.OPERATION_DEFINITION, operation, selectionSet, ...(loc && { loc }) } as const;
  return validateLeniently(schema, { kind: Kind.DOCUMENT, definitions: [definition] });
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
