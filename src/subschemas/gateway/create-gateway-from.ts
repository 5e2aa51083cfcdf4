import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import type { Subschema } from '../../graph/subschema.ts';
import type { Vault } from '../../tokens/index.ts';
import type { ReadOpenCompanies } from '../sage200/index.ts';
import { createGatewaySubschema } from './create-gateway-subschema.ts';
import type { ListConnections, Shown } from './gateway-resolvers.ts';

interface Parts {
  /** SDL that stands beside schema/root.graphql: what the kinds of callers bring. */
  readonly sdl: string;
  /** Left out: there are no connections. */
  readonly vault?: Pick<Vault, 'connections'> | undefined;
  readonly companiesOf: ReadOpenCompanies;
}

const ROOT_SDL = new URL('../../../schema/root.graphql', import.meta.url);

/** The gateway itself as a source, with the connections of the vault. */
export function createGatewayFrom({ sdl, vault, companiesOf }: Parts): Subschema<Shown> {
  const listConnections: ListConnections = async (names) => {
    const all = (await vault?.connections.list()) ?? [];
    const wanted = names ? all.filter(({ name }) => names.includes(name)) : all;
    return wanted.map((each) => ({ ...each, readCompanies: (onShown) => companiesOf(each.name, { onShown }) }));
  };
  return createGatewaySubschema({ typeDefs: parse(readFileSync(ROOT_SDL, 'utf8') + sdl), listConnections });
}
