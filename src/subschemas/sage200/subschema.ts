import type { Subschema } from '../../graph/subschema.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { headerText } from '../../kit/http/index.ts';
import type { Sage200Source } from './create-sage200.ts';
import { companyOfArguments, companyOfId, LINK_ENDS } from './link-end.ts';
import type { OperationScope } from './scope.ts';
import { decodeGlobalId } from './values/global-id.ts';

/** The parts of Sage 200 that the graph needs. */
export type Sage200SubschemaParts = Pick<
  Sage200Source,
  'typeDefs' | 'describe' | 'resolvers' | 'openScope' | 'root' | 'node' | 'planCompany' | 'requestsOfWrite'
>;

/** Sage 200 as a source of the graph. */
export function createSage200Subschema(sage200: Sage200SubschemaParts): Subschema<OperationScope> {
  const { typeDefs, describe, resolvers } = sage200;
  const company: NonNullable<Subschema['own']>['resolvers'] = {
    sage200: (_root: unknown, choice: Parameters<Sage200SubschemaParts['root']>[1], context) =>
      sage200.root(context.scopeOf(subschema), choice),
  };
  const subschema: Subschema<OperationScope> = {
    name: 'sage200',
    title: 'Sage 200',
    about:
      '`sage200` is Sage 200, one company at a time: chosen by its arguments `site` and `company`, or by the headers `X-Site` and `X-Company`.',
    own: { typeDefs, describe, resolvers: { ...resolvers, Query: company, Mutation: company } },
    roots: {
      sage200: {
        compile(nodes, context) {
          const { reads, run } = sage200.planCompany(nodes, context);
          return { reads, run };
        },
        requestsOfWrite: sage200.requestsOfWrite,
        isNamespace: true,
        scopeOfLinks: companyOfArguments,
      },
    },
    node: {
      isOwn: (id) => decodeGlobalId(id) !== undefined,
      read: sage200.node,
      scopeOfLinks: companyOfId,
    },
    links: LINK_ENDS,
    headers: ['x-site', 'x-company'],
    openScope: (request) =>
      sage200.openScope({
        ...request,
        site: headerText(request, 'x-site'),
        company: headerText(request, 'x-company'),
      }),
    endScope: (scope) => scope.end(),
    lossOf(scope, kind) {
      try {
        scope.assertUsable();
        return undefined;
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        if (kind === 'query') return error;
        return new GatewayError(
          'OUTCOME_UNKNOWN',
          'The Sage sign-in for these writes ended before they were answered. Look up what was saved before you send them again.',
          { source: 'sage200', cause: error },
        );
      }
    },
  };
  return subschema;
}
