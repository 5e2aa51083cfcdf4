import type { IResolvers } from '@graphql-tools/utils';
import type { GatewayContext } from '../../graph/subschema.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Vault } from '../../tokens/index.ts';
import { createClientMutations } from './clients/client-mutations.ts';
import type { ClientParts } from './clients/client-parts.ts';

/** Reads the configuration again. @param request number of a request in the vault: processes that are reloaded together do it once for each */
export type ReloadConfig = (request?: number) => Promise<{
  readonly applied: boolean;
  readonly needsRestart: readonly string[];
  /** With their positions, for people. */
  readonly faults: readonly string[];
}>;

export interface GatewayMutationsOptions {
  /** Without it, the gateway has no configuration that can be reloaded. */
  readonly reload?: ReloadConfig | undefined;
  /** Without it, nothing is recorded. */
  readonly audit?: Pick<Vault['audit'], 'note'> | undefined;
  /** Without it, there is no directory of clients. */
  readonly clients?: ClientParts | undefined;
  readonly now: () => number;
}

export function createGatewayMutations({ reload, audit, clients, now }: GatewayMutationsOptions) {
  const resolvers: IResolvers<unknown, GatewayContext> = {
    Mutation: {
      gateway(_root: unknown, _given: unknown, { principal }) {
        if (principal.readOnly) throw new GatewayError('FORBIDDEN', 'This caller may only read.');
        if (!principal.admin) throw new GatewayError('FORBIDDEN', 'Only callers with admin: true may do this.');
        return {};
      },
    },
    GatewayMutation: {
      ...createClientMutations(clients),
      async reloadConfig(_root: unknown, _given: unknown, { principal, requestId }) {
        if (!reload)
          throw new GatewayError('BAD_USER_INPUT', 'This gateway has no configuration that can be reloaded.');
        const reloaded = await reload();
        const outcome = reloaded.applied ? 'DONE' : 'MISCONFIGURED';
        await audit?.note({
          kind: 'act',
          action: 'reload_config',
          at: now(),
          caller: principal.id,
          requestId,
          outcome,
        });
        return reloaded;
      },
    },
  };
  return resolvers;
}
