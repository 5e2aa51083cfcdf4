import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError, type Secret } from '../../../kit/errors/index.ts';
import { isObject } from '../../../kit/json.ts';
import { parseConnectionName } from '../../vault/index.ts';
import { json } from '../answers.ts';
import { ANYBODY_HERE, type ConsentContext, isOwnConsent } from '../consent-context.ts';
import { isPersonalConnection } from '../personal-connection.ts';
import type { ConsentAnswer, ConsentExchange, ConsentRoute } from '../route-types.ts';

/** Ends a connection, here and at Sage ID. */
export const disconnect = (context: ConsentContext): ConsentRoute => ({
  path: '/connect/sage200/disconnect',
  access: 'open',
  handlers: { POST: (exchange) => disconnectOne(context, exchange) },
});

async function disconnectOne(context: ConsentContext, exchange: ConsentExchange): Promise<ConsentAnswer> {
  const { vault, onEvent, now } = context;
  const session = await context.sessionOf(exchange);
  const name = (await readName(exchange)) ?? session?.connection;
  if (name === undefined)
    throw new GatewayError('BAD_USER_INPUT', 'Name the connection in a JSON body: {"connection": "NAME"}.');
  const caller = await whoDisconnects(context, exchange, parseConnectionName(name));
  const row = await vault.connections.read(name);
  const removed = await vault.connections.remove(name);
  const revoked = row?.refreshToken ? await revokePatiently(context, row.refreshToken) : false;
  if (removed) onEvent?.({ type: 'revoked', connection: name, at: now(), caller, requestId: exchange.requestId });
  return json(200, { connection: name, disconnected: removed, revoked });
}

async function whoDisconnects(context: ConsentContext, exchange: ConsentExchange, name: string): Promise<string> {
  if (context.isAdminHere(exchange) && context.sessionCookie.read(exchange) === undefined) return ANYBODY_HERE.id;
  const { id, admin, kind, sage200 } = await context.identify(exchange);
  const isOwn = kind === 'session' && isOwnConsent(id, sage200, name) && isPersonalConnection(name);
  if (admin || isOwn || context.isAdminHere(exchange)) return id;
  throw new GatewayError('FORBIDDEN', 'Only callers with admin: true can disconnect a connection that others use.');
}

/** Retries to revoke the consent at Sage; the caller only waits for the first attempt. */
async function revokePatiently({ application, log }: ConsentContext, refreshToken: Secret): Promise<boolean> {
  if (!application) return false;
  const { client } = application;
  try {
    await client.revoke(refreshToken);
    return true;
  } catch {
    void pause(10_000, undefined, { ref: false })
      .then(() => client.revoke(refreshToken))
      .catch(() => log.warn('a disconnected sign-in could not be revoked at Sage ID; it expires there by itself'));
    return false;
  }
}

/** Maximum body size in bytes: more than enough for a name of 64 characters in JSON. */
const LONGEST_NAMING = 1_000;

async function readName(exchange: ConsentExchange): Promise<string | undefined> {
  const body = await exchange.readBody();
  // The sender is not known yet, and parsing many brackets takes long.
  if (body.length > LONGEST_NAMING) throw new GatewayError('BAD_USER_INPUT', 'The body must only contain a name.');
  const text = body.toString('utf8');
  const fromQuery = new URLSearchParams(exchange.search).get('connection') ?? undefined;
  if (text.trim() === '') return fromQuery;
  try {
    const parsed: unknown = JSON.parse(text);
    const name = isObject(parsed) ? parsed['connection'] : undefined;
    return typeof name === 'string' ? name : fromQuery;
  } catch {
    throw new GatewayError('BAD_USER_INPUT', 'The body is not JSON.');
  }
}
