import DataLoader from 'dataloader';
import type { GatewayContext } from '../../../graph/subschema.ts';
import { GatewayError } from '../../../kit/errors/index.ts';
import { isConnectionName, type StoredClient } from '../../../tokens/index.ts';
import type { ConnectionStatus, ListConnections } from '../gateway-resolvers.ts';
import { assertAdmin, type ClientParts } from './client-parts.ts';

/** Maximum number of clients on one page. */
const MAX_PAGE = 1_000;

export interface ClientFieldsOptions {
  readonly clients: ClientParts | undefined;
  /** Reads the vault. */
  readonly listConnections: ListConnections;
  /** A connection and a tenant as in the schema. */
  readonly toSignIn: (status: ConnectionStatus) => unknown;
  readonly toTenant: (name: string, graph: GatewayContext['graph']) => unknown;
}

interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly name?: string | null;
}

export function createClientFields(options: ClientFieldsOptions) {
  const { clients, listConnections, toSignIn, toTenant } = options;
  // The connections of a page are read together. Collected with the operation.
  const loaders = new WeakMap<GatewayContext, DataLoader<string, ConnectionStatus | undefined>>();
  const connectionOf = (name: string, context: GatewayContext) => {
    const loader =
      loaders.get(context) ?? new DataLoader((names: readonly string[]) => readAll(names, listConnections));
    loaders.set(context, loader);
    return loader.load(name);
  };
  const isShadowed = (name: string) => clients?.served.isShadowed(name) ?? false;

  return {
    Gateway: {
      clients(_root: unknown, given: PageArguments, { principal }: GatewayContext) {
        assertAdmin(principal);
        return pageOf(clients?.directory.list() ?? [], given);
      },
      client(_root: unknown, { name = '' }: { name?: string }, { principal }: GatewayContext) {
        assertAdmin(principal);
        return clients?.directory.find(name) ?? null;
      },
    },
    GatewayClient: {
      companies: ({ companies }: StoredClient) => (companies === 'all' ? null : companies),
      async state(client: StoredClient, _given: unknown, context: GatewayContext) {
        if (isShadowed(client.name)) return 'SHADOWED';
        return client.enabled ? stateOf(client, await connectionOf(client.name, context)) : 'DISABLED';
      },
      async connection({ name }: StoredClient, _given: unknown, context: GatewayContext) {
        const found = isShadowed(name) ? undefined : await connectionOf(name, context);
        return found ? toSignIn(found) : null;
      },
      tenant: ({ name, erp }: StoredClient, _given: unknown, { graph }: GatewayContext) =>
        erp && !isShadowed(name) ? toTenant(name, graph) : null,
      keys: ({ name }: StoredClient) => clients?.directory.keysOf(name) ?? [],
      shadowed: ({ name }: StoredClient) => isShadowed(name),
    },
  };
}

async function readAll(names: readonly string[], list: ListConnections) {
  const byName = new Map((await list(names)).map((each) => [each.name, each]));
  return names.map((name) => byName.get(name));
}

/** A client with a tenant but no Sage 200 company needs no sign-in. */
function stateOf(
  { erp, site }: Pick<StoredClient, 'erp' | 'site'>,
  connection: Pick<ConnectionStatus, 'state'> | undefined,
): 'NOT_CONNECTED' | 'NEEDS_CONSENT' | 'FAILING' | 'READY' {
  switch (connection?.state) {
    case undefined:
      return erp && site === undefined ? 'READY' : 'NOT_CONNECTED';
    case 'needs_consent':
      return 'NEEDS_CONSENT';
    case 'misconfigured':
    case 'unavailable':
      return 'FAILING';
    case 'connected':
    case 'renewing':
      return 'READY';
  }
}

const toCursor = (name: string): string => Buffer.from(name).toString('base64url');

/** Of the client that a cursor stands at, though it may be gone by now. @throws GatewayError BAD_USER_INPUT */
function nameIn(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString('utf8');
  if (isConnectionName(name) && toCursor(name) === cursor) return name;
  throw new GatewayError(
    'BAD_USER_INPUT',
    'That is not a cursor: pass pageInfo.endCursor of the page before, unchanged.',
    { source: 'gateway' },
  );
}

function pageOf(all: readonly StoredClient[], { first: wanted, after, name }: PageArguments) {
  const first = wanted ?? 100;
  if (first < 1 || first > MAX_PAGE)
    throw new GatewayError('BAD_USER_INPUT', `first must be 1 to ${MAX_PAGE}.`, { source: 'gateway' });
  const text = name?.toLowerCase() ?? '';
  const holds = (client: StoredClient) => `${client.name}\n${client.title ?? ''}`.toLowerCase().includes(text);
  const found = text === '' ? all : all.filter(holds);
  const from = typeof after === 'string' ? nameIn(after) : '';
  const start = found.findIndex((client) => client.name > from);
  const nodes = start === -1 ? [] : found.slice(start, start + first);
  const edges = nodes.map((node) => ({ node, cursor: toCursor(node.name) }));
  return {
    edges,
    nodes,
    totalCount: found.length,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasNextPage: start !== -1 && start + first < found.length,
      hasPreviousPage: false,
    },
  };
}
