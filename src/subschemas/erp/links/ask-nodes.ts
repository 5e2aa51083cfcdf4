import { GraphQLError } from 'graphql';
import type { LinkedRow, LinkedRows, LinkQuestion } from '../../../graph/subschema.ts';
import type { NodesByKey } from './find-node.ts';
import type { PageSizes } from './page-sizes.ts';

export interface Asking {
  readonly sizes: PageSizes;
  readonly target: NodesByKey;
  readonly question: LinkQuestion;
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

/** The error if the result cannot be determined: null would be a guess. */
export const notKnown = ({ target, question: { tenant } }: Asking, why: string): GraphQLError =>
  new GraphQLError(
    `The gateway cannot tell whether ${target.package}.${target.node} has a record with this key: ERP tenant "${tenant}" ${why}.`,
    { extensions: { code: 'UPSTREAM_REJECTED', source: `erp:${tenant}` } },
  );
