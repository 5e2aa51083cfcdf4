import type { IFieldResolver, IResolvers } from '@graphql-tools/utils';
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import type { GatewayContext } from '../../graph/subschema.ts';
import type { ErrorCode } from '../../kit/errors/index.ts';
import type { BreakerState } from '../../kit/http/index.ts';
import { type Principal, toCallerKindValue } from '../../kit/principal.ts';

/** A stored sign-in, as its owner may see it. Times are epoch ms. */
export interface ConnectionStatus {
  readonly name: string;
  readonly state: 'connected' | 'renewing' | 'needs_consent' | 'misconfigured' | 'unavailable';
  readonly consentedAt?: number | undefined;
  readonly refreshExpiresAt?: number | undefined;
  readonly lastError?: { readonly code: ErrorCode; readonly at: number } | undefined;
  /** @default closed */
  readonly breaker?: BreakerState;
  /**
   * Reads from Sage 200 which companies it opens. Without it, there is no Sage 200. @throws GatewayError
   */
  readonly readCompanies?: (asking: AskingCompanies) => Promise<readonly OpenCompanyNames[]>;
}

export interface AskingCompanies {
  /** The caller, who only sees companies that it may use. */
  readonly principal: Principal;
  /** Receives a function that throws once their consent has ended. */
  readonly onShown: (assertUsable: () => void) => void;
}

export interface OpenCompanyNames {
  readonly site: string;
  readonly company: string;
  readonly companyName: string;
  readonly siteName: string;
}

/** Only reads the vault. Without `names`, returns all. */
export type ListConnections = (names?: readonly string[]) => Promise<readonly ConnectionStatus[]>;

/** The breaker state of a source, for one queue or for all. */
export type BreakerOf = (source: string, line?: string) => BreakerState;

export interface GatewayResolversOptions {
  readonly listConnections: ListConnections;
  /** Names of connections in the configuration. */
  readonly givenConnections: readonly string[];
  readonly breakerOf: BreakerOf;
  readonly now: () => number;
  /** Checks for other consents that one operation shows: each throws once its consent has ended. */
  readonly shownIn: (context: GatewayContext) => Shown;
}

export type Shown = (() => void)[];

/**
 * Resolvers of `gateway`: answered from memory and the vault, so they work with every upstream down. Only a connection's companies
 * are read from Sage 200, separately for each connection, so that a failure does not affect the others.
 * @param more fields of `gateway`
 */
export function createGatewayResolvers(
  options: GatewayResolversOptions,
  more: Readonly<Record<string, IFieldResolver<unknown, GatewayContext>>>,
): IResolvers<unknown, GatewayContext> {
  return {
    Gateway: {
      ...more,
      me: (_root: unknown, _given: unknown, { principal }) => toCaller(principal),
      connections: (_root: unknown, { names }: { names?: readonly string[] | null }, { principal }) =>
        connectionsOf(principal, options.listConnections, names),
      missingConnections: (_root: unknown, _given: unknown, { principal }) => missingFor(principal, options),
      tenants: (_root: unknown, _given: unknown, { principal, graph }) =>
        graph.hosting.hosted.among(principal.tenants).map(({ name }) => toTenant(name, graph, options)),
      sources: (_root: unknown, _given: unknown, { principal, graph }) =>
        graph.subschemas.map(({ name, title, right }) => ({
          name,
          title,
          allowed: right?.isGiven(principal, 'query') ?? true,
        })),
    },
    GatewaySignIn: {
      companies: async ({ readCompanies }: ConnectionStatus, _given: unknown, context) => {
        const { principal } = context;
        const open = await readCompanies?.({ principal, onShown: (ended) => options.shownIn(context).push(ended) });
        return open?.map(({ companyName: name, ...each }) => ({ ...each, name }));
      },
    },
    GatewayDateTime: new GraphQLScalarType<number, string>({
      name: 'GatewayDateTime',
      serialize: (value) => new Date(Number(value)).toISOString(),
      parseValue: (value) => parseTime(value),
      parseLiteral: (node) => parseTime(node.kind === Kind.STRING ? node.value : undefined, node),
    }),
  };
}

/** To epoch ms. Without the comparison, the 31st of February would be a day in March. */
function parseTime(value: unknown, node?: ValueNode): number {
  const at = typeof value === 'string' && TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(at) && new Date(at).toISOString().slice(0, 10) === String(value).slice(0, 10)) return at;
  throw new GraphQLError('A time must be in UTC, such as "2027-03-31T14:05:09Z".', node ? { nodes: node } : {});
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;

const toCaller = ({ id, kind, readOnly, admin, companies, tenants }: Principal) => ({
  id,
  kind: toCallerKindValue(kind),
  readOnly,
  admin,
  companies: companies === 'all' ? null : companies,
  tenants,
});

/** Names that a caller may see; undefined means all. */
function visibleNames({ admin, sage200 }: Principal): readonly string[] | undefined {
  if (admin) return undefined;
  return sage200?.connection === undefined ? [] : [sage200.connection];
}

async function connectionsOf(principal: Principal, list: ListConnections, wanted?: readonly string[] | null) {
  const visible = visibleNames(principal);
  const names = wanted ? wanted.filter((name) => visible?.includes(name) ?? true) : visible;
  const found = names?.length === 0 ? [] : await list(names);
  return found.map(toSignIn);
}

export const toSignIn = (connection: ConnectionStatus) => ({
  ...connection,
  state: connection.state.toUpperCase(),
  breaker: BREAKER_VALUES[connection.breaker ?? 'closed'],
});

async function missingFor(
  principal: Principal,
  { givenConnections, listConnections }: Pick<GatewayResolversOptions, 'givenConnections' | 'listConnections'>,
): Promise<readonly string[]> {
  const visible = visibleNames(principal);
  const given = givenConnections.filter((name) => visible?.includes(name) ?? true);
  if (given.length === 0) return [];
  const stored = new Set((await listConnections(given)).map(({ name }) => name));
  return given.filter((name) => !stored.has(name));
}

const BREAKER_VALUES = { closed: 'CLOSED', open: 'OPEN', halfOpen: 'HALF_OPEN' } as const;

export function toTenant(
  name: string,
  { hosting, leftOutOf }: GatewayContext['graph'],
  { now, breakerOf }: Pick<GatewayResolversOptions, 'now' | 'breakerOf'>,
) {
  const { state, digest, confirmedAt, lastError } = hosting.hosted.status(name);
  const { collisions, notShown, problems } = leftOutOf(name);
  const lane = hosting.hosted.laneOf(name);
  return {
    name,
    state: state.toUpperCase(),
    schemaDigest: digest,
    schemaAge: confirmedAt === undefined ? null : Math.max(0, Math.round((now() - confirmedAt) / 1_000)),
    lastError,
    breaker: BREAKER_VALUES[breakerOf(lane.source, lane.line)],
    collisions,
    notShown,
    linksLeftOut: problems,
  };
}
