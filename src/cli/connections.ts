import { connectionsNamedIn } from '../callers/index.ts';
import type { Sources } from '../compose.ts';
import type { Config } from '../config/index.ts';
import type { Secret } from '../kit/errors/index.ts';
import { toPrintableJson } from '../kit/text/index.ts';
import { isConnectionName } from '../tokens/index.ts';
import { type Command, CommandFailure, parseOptions } from './command.ts';
import { openConfig, withSources } from './open-config.ts';
import { printTable } from './print-table.ts';
import { terminalCaller } from './terminal-caller.ts';

/** A connection in the JSON output. Times are ISO 8601; null if nobody has signed in, or if it is unknown. */
interface ListedConnection {
  readonly name: string;
  readonly state: string;
  readonly subject: string | null;
  readonly consentedAt: string | null;
  readonly refreshExpiresAt: string | null;
  readonly lastError: { readonly code: string; readonly at: string } | null;
}

/** Lists the stored connections, and those in the configuration that nobody has signed in for. Does not call Sage. */
export const connectionsList: Command = async ({ args, stdout, ...context }) => {
  const { values } = parseOptions(args, { config: { type: 'string' }, json: { type: 'boolean' } });
  const config = openConfig(values.config, context);
  const connections = await withSources(config, (sources) => listConnections(config, sources));
  stdout.write(values.json ? `${toPrintableJson(JSON.stringify(connections, null, 2))}\n` : printList(connections));
  return 0;
};

async function listConnections(config: Config, { vault }: Sources): Promise<readonly ListedConnection[]> {
  const stored = (await vault.connections.list()).map(
    ({ name, state, subject, consentedAt, refreshExpiresAt, lastError }): ListedConnection => ({
      name,
      state,
      subject: subject ?? null,
      consentedAt: toIso(consentedAt),
      refreshExpiresAt: toIso(refreshExpiresAt),
      lastError: lastError ? { code: lastError.code, at: toIso(lastError.at) } : null,
    }),
  );
  const names = new Set(stored.map(({ name }) => name));
  const missing = [...new Set(connectionsNamedIn(config.callers))].filter((name) => !names.has(name));
  return [...stored, ...missing.map(toMissing)];
}

const toMissing = (name: string): ListedConnection => ({
  name,
  state: 'nobody has signed in',
  subject: null,
  consentedAt: null,
  refreshExpiresAt: null,
  lastError: null,
});

function printList(connections: readonly ListedConnection[]): string {
  if (connections.length === 0) return 'Nobody has signed in to Sage 200 yet. Run gateway connect NAME.\n';
  const rows = connections.map(({ name, state, refreshExpiresAt, lastError }) => [
    name,
    state,
    refreshExpiresAt?.slice(0, 10) ?? '',
    lastError?.code ?? '',
  ]);
  return printTable(['name', 'state', 'until', 'last error'], rows);
}

/** Ends a connection here and at Sage ID, as the console does. */
export const connectionsRemove: Command = async ({ args, stdout, stderr, ...context }) => {
  const options = { config: { type: 'string' }, json: { type: 'boolean' } } as const;
  const { values, positionals } = parseOptions(args, options, ['NAME']);
  const [name = ''] = positionals;
  const config = openConfig(values.config, context);
  const removed = await withSources(config, (sources) => removeConnection(sources, name));
  if (!removed.isRevoked)
    stderr.write(
      'Sage could not be reached. The consent ends there by itself, at the latest 90 days after it was given.\n',
    );
  stdout.write(
    values.json
      ? `${JSON.stringify({ connection: name, disconnected: true, revoked: removed.isRevoked })}\n`
      : `Removed connection ${name}. Its callers now get NEEDS_CONSENT.\n`,
  );
  return 0;
};

async function removeConnection(sources: Sources, name: string): Promise<{ isRevoked: boolean }> {
  const { vault, events } = sources;
  const row = await vault.connections.read(name);
  const isRemoved = await vault.connections.remove(name);
  if (!isRemoved)
    throw new CommandFailure(`There is no connection ${name}. To see all connections, run gateway connections list.`);
  events.emit({ type: 'revoked', connection: name, at: Date.now(), caller: terminalCaller() });
  if (!row?.refreshToken) return { isRevoked: false };
  const isRevoked = await giveBack(sources, row.name, { subject: row.subject, token: row.refreshToken }).catch(
    () => false,
  );
  return { isRevoked };
}

/** Revokes the token at the service that issued it: an ERP tenant's at its own service, never at Sage ID. */
async function giveBack(
  { signIn, erp }: Sources,
  name: string,
  { subject, token }: { readonly subject: string | undefined; readonly token: Secret },
): Promise<boolean> {
  const ofTenant = erp.consents.find((consent) => consent.name === name);
  if (ofTenant) return ofTenant.revoke(subject, token);
  if (!signIn || !isConnectionName(name)) return false;
  await signIn.client.revoke(token);
  return true;
}

const toIso = (at: number) => new Date(at).toISOString();
