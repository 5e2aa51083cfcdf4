import type { DocumentNode } from 'graphql';
import type { GatewayContext, Subschema } from '../../graph/subschema.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import type { TokenSource } from '../../tokens/index.ts';
import type { Side } from './calls.ts';
import type { PaymentsOutClient } from './client.ts';
import { source } from './errors.ts';
import { createReadResolvers } from './reads.ts';
import { dateTimeScalar, jsonScalar } from './scalars.ts';
import { PaymentsOutScope, TOKEN_HEADER } from './scope.ts';
import { createWriteResolvers } from './writing/mutations.ts';
import type { WriteEngine } from './writing/perform-write.ts';

export interface PaymentsOutSubschemaOptions {
  readonly typeDefs: DocumentNode;
  /** Without it, every field returns an error that it is not configured. */
  readonly configured?: Configured;
}

interface Configured extends WriteEngine {
  readonly client: PaymentsOutClient;
  readonly tokens: TokenSource;
}

/** Payments Out as a source of the graph. */
export function createPaymentsOutSubschema({ typeDefs, configured }: PaymentsOutSubschemaOptions): Subschema {
  const subschema: Subschema<PaymentsOutScope> = {
    name: source,
    title: 'Payments Out',
    about: '`paymentsOut` is Payments Out of the Sage Network Platform.',
    own: {
      typeDefs,
      resolvers: {
        Query: { paymentsOut: () => namespacesOf(configured, ['provider', 'consumer']) },
        Mutation: {
          paymentsOut(_root: unknown, _given: unknown, { principal }: GatewayContext) {
            if (principal.readOnly) throw new GatewayError('FORBIDDEN', 'This caller may only read.');
            return namespacesOf(configured, ['provider', 'consumer']);
          },
        },
        PaymentsOutJSON: jsonScalar,
        PaymentsOutDateTime: dateTimeScalar,
        ...(configured && createReadResolvers(configured.config, (context) => context.scopeOf(subschema))),
        ...(configured && createWriteResolvers(configured, (context) => context.scopeOf(subschema))),
      },
    },
    roots: { paymentsOut: { requestsOfWrite: (_api, below) => below(() => 1) } },
    right: {
      title: 'paymentsOut',
      isGiven: ({ paymentsOut = 'none' }, kind) =>
        kind === 'mutation' ? paymentsOut === 'write' : paymentsOut !== 'none',
    },
    headers: [TOKEN_HEADER],
    raisedFor: ({ paymentsOut, readOnly }) => (paymentsOut === 'write' && !readOnly ? WRITER_LIMITS : undefined),
    ...(configured && {
      openScope: (request) => new PaymentsOutScope(request, configured.client, configured.config.deadlineMs),
      endScope: (scope) => scope.end(),
    }),
  };
  // The graph passes each source only its own scopes.
  return subschema as Subschema;
}

/** Enough for a batch of 2,000 payments and the rest of a request. */
const WRITER_LIMITS = { bodyBytes: 6_000_000, values: 200_000 };

/** @throws GatewayError MISCONFIGURED without the section; missing parts of it fail separately */
function namespacesOf(configured: Configured | undefined, sides: readonly Side[]) {
  if (!configured) throw misconfigured('Payments Out is not configured. The operator must add the section network.');
  const given = sides.map((side) => [side, configured.config[side] ? {} : notConfigured(side)] as const);
  return Object.fromEntries(
    given.flatMap(([side, api]) => [
      [`${side}Api`, api],
      [`${side}MessagingApi`, api],
    ]),
  );
}

const notConfigured = (side: Side) => () => {
  throw misconfigured(`This side of Payments Out is not configured. The operator must add network.${side}.`);
};

const misconfigured = (message: string) => new GatewayError('MISCONFIGURED', message, { source });
