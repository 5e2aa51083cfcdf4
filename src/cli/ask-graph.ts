import type { Sources } from '../compose.ts';
import type { Config } from '../config/index.ts';
import { type ErrorCode, GatewayError } from '../kit/errors/index.ts';
import type { Principal } from '../kit/principal.ts';
import { isConnectionName } from '../tokens/index.ts';
import { CommandFailure } from './command.ts';

/** The operator at a terminal, who may read everything that the configuration gives access to. */
export async function operator({ connections, erp }: Sources, connection: string | undefined): Promise<Principal> {
  const sage200 = connection === undefined ? undefined : await connections?.identityOf(connection);
  return {
    id: 'operator',
    kind: 'anonymous',
    tenants: erp.tenants.map(({ name }) => name),
    companies: 'all',
    readOnly: true,
    admin: true,
    ...(sage200 && { sage200 }),
  };
}

/** The named connection, or the only one there is. @throws CommandFailure naming the choices */
export async function chooseConnection({ vault }: Sources, wanted: string | undefined): Promise<string> {
  const names = (await vault.connections.list()).map(({ name }) => name).filter(isConnectionName);
  const [only, ...others] = names;
  if (wanted !== undefined) {
    if (names.includes(wanted)) return wanted;
    throw new CommandFailure(`There is no connection ${wanted}. Stored connections: ${names.join(', ') || 'none'}.`);
  }
  if (only === undefined)
    throw new CommandFailure('Nobody has signed in to Sage 200 yet. Run gateway connect NAME first.');
  if (others.length > 0)
    throw new CommandFailure(`There are several connections. Use --connection ${names.join(' or ')}.`);
  return only;
}

export interface Asking {
  readonly principal: Principal;
  readonly tenant: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly site?: string | undefined;
  readonly company?: string | undefined;
}

/** Runs an operation as a request would. @throws GatewayError for the first error, even if there is data too */
export async function askGraph({ graph }: Sources, source: string, asking: Asking): Promise<Record<string, unknown>> {
  const { parse } = await import('graphql');
  const { principal, tenant, variables, site, company } = asking;
  const schema = await graph.schemaFor(tenant);
  const signal = new AbortController().signal;
  const headers = { 'x-site': site, 'x-company': company };
  const context = graph.createContext({ principal, tenant, signal, requestId: 'terminal', headers });
  const operation = { document: parse(source), source, variables, operationName: undefined };
  const faults = graph.validate(schema, operation, context);
  const { data, errors } = faults.length > 0 ? { errors: faults } : await graph.execute(schema, operation, context);
  const [error] = errors ?? [];
  // A tenant's data may still be unparsed text.
  if (!error) return JSON.parse(JSON.stringify(data ?? {})) as Record<string, unknown>;
  if (error.originalError instanceof GatewayError) throw error.originalError;
  // Error codes set by the gateway are always from the closed list.
  const code = (error.extensions['code'] as ErrorCode | undefined) ?? 'BAD_USER_INPUT';
  throw new GatewayError(code, error.message);
}

/**
 * Reads a tenant's schema. Without it, the graph serves only the gateway's own part, where every document for the tenant
 * is wrong. @throws CommandFailure
 */
export async function needSchema({ erp }: Sources, tenant: string, age: 'any' | 'new' = 'any'): Promise<void> {
  try {
    if (age === 'new') await erp.refreshSchema(tenant);
    else await erp.schemaOf(tenant).catch(() => erp.refreshSchema(tenant));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    throw new CommandFailure(`Cannot read the schema of ERP tenant ${tenant}: ${error.message}`, { cause: error });
  }
}

/** Names of the tenants that a command is for. @throws CommandFailure */
export function chooseTenants({ erp }: Config, wanted: string | undefined): string[] {
  const names = erp.tenants.map(({ name }) => name);
  if (wanted === undefined) return names;
  const found = erp.tenants.find(({ name, tenantId }) => name === wanted || tenantId === wanted);
  if (found) return [found.name];
  throw new CommandFailure(
    `There is no tenant ${wanted} in the configuration. Configured tenants: ${names.join(', ') || 'none'}.`,
  );
}
