import { type FieldNode, GraphQLError, print } from 'graphql';
import type { GivenVariables, LinkedRow, LinkedRows, LinkQuestion } from '../../../graph/subschema.ts';
import { fieldsAlong } from '../../../kit/graphql-nodes.ts';
import type { Erp } from '../create-erp.ts';
import type { NodesByKey } from './find-node.ts';
import type { PageSizes } from './page-sizes.ts';

export interface Asking {
  readonly erp: Erp;
  readonly sizes: PageSizes;
  readonly target: NodesByKey;
  readonly question: LinkQuestion;
}

/** Sends these queries of the node. @throws GatewayError when no answer came */
export async function askNodes(
  { erp, target, question }: Asking,
  queries: readonly FieldNode[],
  given: GivenVariables,
) {
  const { context, tenant, onDiagnoses, toDocument } = question;
  const { signal, deadlineAt, calls: holder } = context;
  const { document, variables } = toDocument(fieldsAlong([target.package, target.node], queries), given);
  context.calls.take();
  const request = { kind: 'query', query: print(document), variables } as const;
  const result = await erp.execute(tenant, request, { signal, deadlineAt, holder });
  const said = result.extensions?.['diagnoses'];
  if (Array.isArray(said)) onDiagnoses(said);
  const errors = (result.errors ?? []).map(
    ({ message, path, extensions }) => new GraphQLError(message, { path: path ?? null, extensions: { ...extensions } }),
  );
  return { data: result.data, errors };
}

export const toRows = (
  { target, question: { tenant, scope } }: Asking,
  rows: readonly LinkedRow[],
  errors: readonly GraphQLError[],
): LinkedRows => ({
  rows,
  errors,
  scope,
  place: `${target.package}.${target.node} of ERP tenant "${tenant}"`,
  source: `erp:${tenant}`,
});

/** What is said where nothing can be: null would be a guess. */
export const notKnown = ({ target, question: { tenant } }: Asking, why: string): GraphQLError =>
  new GraphQLError(
    `Whether ${target.package}.${target.node} has a record with this key is not known: ERP tenant "${tenant}" ${why}.`,
    { extensions: { code: 'UPSTREAM_REJECTED', source: `erp:${tenant}` } },
  );
