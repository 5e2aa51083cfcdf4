import type { ExecutionResult, FieldNode } from 'graphql';
import type { Logger } from 'pino';
import { GatewayError } from '../../kit/errors/index.ts';
import { JsonText } from '../../kit/written-json.ts';
import type { GatewayContext, GraphOperation } from '../graph.ts';
import { tenantRequired } from '../operation/choose-tenant.ts';
import {
  isIntrospection,
  isTypename,
  kindOf,
  type OperationShape,
  sourcesOf,
} from '../operation/classify-operation.ts';
import { INTROSPECTION_FACTOR } from '../operation/introspection.ts';
import { rootFieldsFor, type Variables } from '../operation/plan-operation.ts';
import type { OwnerOf } from '../own-roots.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { type DocumentLinks, executeStitched } from '../stitch/index.ts';
import type { HostedRequest, Hosting } from '../subschema.ts';
import type { MutationRecord } from './ask-tenant.ts';
import { askRecorded } from './ask-tenant.ts';
import { executeDocument } from './execute-document.ts';
import { forwardedSource } from './forwarded-source.ts';
import type { createIntrospectionCache } from './introspection-cache.ts';
import { toFieldError, toForwardedError } from './to-graphql-error.ts';

/** One run of a valid operation. */
export interface Run {
  readonly hosting: Hosting;
  readonly ownerOf: OwnerOf;
  readonly now: () => number;
  readonly introspection: ReturnType<typeof createIntrospectionCache>;
  /** Without it, mutations are not recorded. */
  readonly record: MutationRecord | undefined;
  readonly log: Logger;
  readonly joined: JoinedSchema;
  readonly shape: OperationShape;
  readonly operation: GraphOperation;
  readonly variables: Variables;
  /** The same, as sent to the tenant. */
  readonly written: Variables;
  readonly context: GatewayContext;
  /** Undefined if the operation uses none, or there is no tenant. */
  readonly links: DocumentLinks | undefined;
}

/** Runs each part of an operation at its source. */
export async function executeOperation(run: Run): Promise<ExecutionResult> {
  const { joined, shape, operation, context, links, hosting, introspection } = run;
  const sources = sourcesOf(shape, joined.own);
  const tenant = context.tenant ?? tenantRequired(hosting, context);
  if (tenant === undefined || (sources === 'own' && !links)) {
    const execute = () => executeDocument({ ...operation, schema: joined.schema, context });
    if (!isIntrospection(shape)) return execute();
    context.results.allowMore(INTROSPECTION_FACTOR);
    return introspection.answer(joined, operation, execute);
  }
  const isForwarded = sources === 'hosted' && !links && typeof tenant === 'string';
  return isForwarded ? forward(run, tenant) : executeStitched({ ...run, tenant });
}

/** The tenant validates it: the text is sent as the client wrote it, and the answer is returned as the tenant sent it. */
async function forward(run: Run, tenant: string): Promise<ExecutionResult> {
  const { operation, shape, variables, written, joined } = run;
  const { operationName } = operation;
  const query = forwardedSource(joined, shape, operation);
  const fields = rootFieldsFor(shape, variables);
  try {
    const request: HostedRequest = { kind: kindOf(shape), query, variables: written, operationName };
    const reply = await askRecorded(run, { tenant, request, fields });
    const { errors, extensions } = reply.result();
    const data = reply.data();
    return {
      ...(data !== undefined && { data: data && toData(new JsonText(data)) }),
      ...(errors && { errors: errors.map((error) => toForwardedError(error, query)) }),
      ...(extensions && { extensions: { ...extensions } }),
    };
  } catch (error) {
    // An internal error is not the tenant's failure: it ends the operation.
    if (!(error instanceof GatewayError)) throw error;
    const name = joined.schema.getRootType(shape.operation.operation)?.name;
    const failed = [...fields].filter(([, nodes]) => !isTypenameAt(nodes));
    return {
      data: Object.fromEntries([...fields].map(([key, nodes]) => [key, isTypenameAt(nodes) ? name : null])),
      errors: failed.map(([key, nodes]) => toFieldError(error, key, nodes)),
    };
  }
}

const isTypenameAt = (nodes: readonly FieldNode[]) => nodes.some(({ name }) => isTypename(name.value));

/** Passed on unchanged, without parsing. */
const toData = (text: JsonText) => text as unknown as NonNullable<ExecutionResult['data']>;
