import { GatewayError, Secret } from '../../../kit/errors/index.ts';
import { parseConnectionName, type SignInAttempt } from '../../vault/index.ts';
import { asPage } from '../answers.ts';
import { assertInSight } from '../browser-request.ts';
import { ANYBODY_HERE, type ConsentContext, isOwnConsent } from '../consent-context.ts';
import { isPersonalConnection } from '../personal-connection.ts';
import type { ConsentAnswer, ConsentExchange, ConsentPrincipal, ConsentRoute } from '../route-types.ts';
import { sendHome, sendOut, wantedReturn } from '../way-out.ts';
import { findUsableLink, isConfirmed, showLink } from './connect-link.ts';

const PATH = '/connect/sage200';

/** Sends a browser to Sage ID. */
export const beginSignIn = (context: ConsentContext): ConsentRoute => ({
  path: PATH,
  access: 'open',
  handlers: { GET: asPage(context, (exchange) => begin(context, exchange)) },
});

async function begin(context: ConsentContext, exchange: ConsentExchange): Promise<ConsentAnswer> {
  assertInSight(exchange);
  const query = new URLSearchParams(exchange.search);
  const link = query.get('link');
  if (link !== null) return beginByLink(context, exchange, query, new Secret(link));
  const wanted = query.get('connection') ?? undefined;
  const connection = wanted === undefined ? undefined : parseConnectionName(wanted);
  const returnTo = wantedReturn(query);
  const begunBy = await whoBegins(context, exchange, connection);
  const moved = sendHome(context, exchange, { path: PATH, redirectUri: context.redirectUri() });
  if (moved) return moved;
  const isOwnPersonal = begunBy !== undefined && connection !== undefined && isPersonalConnection(connection);
  const { url, attempt } = await context.signIn().begin({
    connection: isOwnPersonal ? undefined : connection,
    returnTo,
    redirectUri: context.redirectUri(),
    begunBy,
  });
  // Sign-ins of unknown people are not recorded, or strangers could write any number of lines.
  if (connection !== undefined && begunBy)
    await context.note(exchange, { kind: 'act', action: 'sign_in_begun', connection, caller: begunBy.id });
  return sendOut(context, exchange, { url, attempt });
}

/** A person with a link first reads what it is for, then continues to Sage ID. Neither step uses up the link. */
async function beginByLink(
  context: ConsentContext,
  exchange: ConsentExchange,
  query: URLSearchParams,
  token: Secret,
): Promise<ConsentAnswer> {
  const usable = await findUsableLink(context, token);
  if (!isConfirmed(query)) return showLink(context, usable, query);
  const moved = sendHome(context, exchange, { path: PATH, redirectUri: context.redirectUri() });
  if (moved) return moved;
  const { client, link } = usable;
  const { url, attempt } = await context.signIn().begin({
    connection: client.name,
    link: link.id,
    returnTo: '/',
    redirectUri: context.redirectUri(),
    begunBy: undefined,
  });
  await context.note(exchange, { kind: 'act', action: 'sign_in_begun', connection: client.name, caller: link.madeBy });
  return sendOut(context, exchange, { url, attempt });
}

/**
 * Who begins a sign-in, for the audit trail and for what they may when it comes back. Named connections feed programs, so only
 * an administrator binds one to a person. That person renews it without showing who they are, by the link that a failing
 * program got: Sage ID says in the end who it was.
 * @returns undefined for an unknown person
 */
async function whoBegins(
  context: ConsentContext,
  exchange: ConsentExchange,
  name: string | undefined,
): Promise<SignInAttempt['begunBy']> {
  const showsCredentials = exchange.headers['authorization'] !== undefined;
  if (name === undefined && !showsCredentials) return undefined;
  if (name !== undefined && context.isAdminHere(exchange) && !isPersonalConnection(name)) return ANYBODY_HERE;
  const principal = showsCredentials ? await context.identify(exchange) : await ifKnown(context, exchange);
  if (!principal) return undefined;
  const { id, admin, kind, sage200 } = principal;
  const isOwn = name !== undefined && kind === 'session' && isOwnConsent(id, sage200, name);
  if (name === undefined || isOwn || (admin && !isPersonalConnection(name))) return { id, admin };
  if (!showsCredentials) return undefined;
  throw new GatewayError(
    'FORBIDDEN',
    isPersonalConnection(name)
      ? 'This connection belongs to a person, and only that person can sign in for it.'
      : 'Only callers with admin: true can sign in for a named connection. For your own connection, sign in at /connect/sage200.',
  );
}

/** A browser without a session, or with one that has ended. */
const ifKnown = (context: ConsentContext, exchange: ConsentExchange): Promise<ConsentPrincipal | undefined> =>
  context.identify(exchange).catch((error: unknown) => {
    if (error instanceof GatewayError && error.code === 'UNAUTHENTICATED') return undefined;
    throw error;
  });
