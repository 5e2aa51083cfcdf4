import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import type { Subschema } from '../../graph/subschema.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Lane } from '../../kit/http/index.ts';
import { consentKey, isConnectionName, type Vault } from '../../tokens/index.ts';
import type { ClientParts } from './clients/client-parts.ts';
import { createGatewaySubschema } from './create-gateway-subschema.ts';
import type { ReloadConfig } from './gateway-mutations.ts';
import type { AskingCompanies, BreakerOf, ListConnections, OpenCompanyNames, Shown } from './gateway-resolvers.ts';

interface Parts {
  /** SDL in addition to schema/root.graphql, from the kinds of callers. */
  readonly sdl: string;
  /** Without it, there are no connections. */
  readonly vault?: Pick<Vault, 'connections' | 'audit'> | undefined;
  readonly reload?: ReloadConfig | undefined;
  /** Names of connections that the configuration gives to callers. */
  readonly givenConnections: readonly string[];
  readonly lanes: readonly Lane[];
  /** Without it, there is no directory of clients. */
  readonly clients?: ClientParts | undefined;
  readonly companiesOf: (connection: string, asking: AskingCompanies) => Promise<readonly OpenCompanyNames[]>;
}

const ROOT_SDL = new URL('../../../schema/root.graphql', import.meta.url);

/** The gateway itself as a source, with the connections in the vault. */
export function createGatewayFrom(parts: Parts): Subschema<Shown> {
  const { sdl, vault, givenConnections, reload, lanes, clients, companiesOf } = parts;
  const listConnections: ListConnections = async (names) => {
    const found = (await vault?.connections.list(names).catch(unreadable)) ?? [];
    // Sign-ins of ERP tenants are shown with their tenants.
    const wanted = found.filter(({ name }) => isConnectionName(name));
    return wanted.map((each) => ({
      ...each,
      breaker: breakerOf('sage200', consentKey({ name: each.name, number: each.consent ?? 0 })),
      readCompanies: (asking) => companiesOf(each.name, asking),
    }));
  };
  const breakerOf: BreakerOf = (source, line) =>
    lanes.find((lane) => lane.source === source)?.breakerOf(line) ?? 'closed';
  const typeDefs = parse(readFileSync(ROOT_SDL, 'utf8') + sdl);
  const audit = vault?.audit;
  return createGatewaySubschema({ typeDefs, listConnections, givenConnections, breakerOf, clients, reload, audit });
}

function unreadable(cause: unknown): never {
  throw new GatewayError('UPSTREAM_UNAVAILABLE', 'The vault cannot be read just now: try again later.', {
    source: 'gateway',
    cause,
  });
}
