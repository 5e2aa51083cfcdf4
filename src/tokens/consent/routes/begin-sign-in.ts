import { GatewayError } from '../../../kit/errors/index.ts';
import { single } from '../../../kit/http/index.ts';
import { parseConnectionName, type SignInAttempt } from '../../vault/index.ts';
import { asPage, json, redirect, wantsHtml, wantsJson } from '../answers.ts';
import { assertInSight } from '../browser-request.ts';
import { ANYBODY_HERE, type ConsentContext, isOwnConsent } from '../consent-context.ts';
import { isPersonalConnection } from '../personal-connection.ts';
import { parseReturnTo } from '../return-to.ts';
import type { ConsentAnswer, ConsentExchange, ConsentPrincipal, ConsentRoute } from '../route-types.ts';

const PATH = '/connect/sage200';
/** Marks that a browser was already sent to the host that Sage sends it back to. */
const MOVED = 'moved';

/** Sends a browser to Sage ID. */
export const beginSignIn = (context: ConsentContext): ConsentRoute => ({
  path: PATH,
  access: 'open',
  handlers: { GET: asPage(context, (exchange) => begin(context, exchange)) },
});

async function begin(context: ConsentContext, exchange: ConsentExchange): Promise<ConsentAnswer> {
  assertInSight(exchange);
  const query = new URLSearchParams(exchange.search);
  const wanted = query.get('connection') ?? undefined;
  const connection = wanted === undefined ? undefined : parseConnectionName(wanted);
  const returnTo = parseReturnTo(query.get('returnTo') ?? '/');
  if (returnTo === undefined)
    throw new GatewayError('BAD_USER_INPUT', 'returnTo must be a path of the gateway itself, such as /graphql.');
  const begunBy = await whoBegins(context, exchange, connection);
  // Cookies belong to one host: the browser must begin where it will come back to.
  const home = new URL(context.redirectUri());
  if (single(exchange.headers['host']) !== home.host && !query.has(MOVED)) {
    if (wantsJson(exchange)) throw wrongPlace(home.origin);
    if (wantsHtml(exchange)) {
      query.set(MOVED, '1');
      return redirect(`${home.origin}${context.basePath()}${PATH}?${query}`);
    }
  }
  const isOwnPersonal = begunBy !== undefined && connection !== undefined && isPersonalConnection(connection);
  const { url, attempt } = await context.signIn().begin({
    connection: isOwnPersonal ? undefined : connection,
    returnTo,
    redirectUri: context.redirectUri(),
    begunBy,
  });
  // What nobody who is known begins leaves no line: strangers could write as many as they like.
  if (connection !== undefined && begunBy)
    await context.note(exchange, { kind: 'act', action: 'sign_in_begun', connection, caller: begunBy.id });
  const set = context.attempts.add(exchange, attempt);
  // For pages that authenticate by header: the cookie is set all the same, and the page goes there itself.
  if (wantsJson(exchange)) return { ...json(200, { location: url }), cookies: set };
  return { ...redirect(url), cookies: set };
}

/**
 * Who begins a sign-in, for the audit trail and for what they may when it comes back. Named connections feed programs, so only
 * an administrator binds one to a person. That person renews it without showing who they are, by the link that a failing
 * program got: whoever it is, Sage ID says so in the end.
 * @returns undefined for a person nobody knows
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
      ? 'This connection belongs to a person and is signed in to by that person alone.'
      : 'Only callers with admin: true sign in for a named connection. Sign in at /connect/sage200 for one of your own.',
  );
}

/** A browser without a session, or with one that has ended. */
const ifKnown = (context: ConsentContext, exchange: ConsentExchange): Promise<ConsentPrincipal | undefined> =>
  context.identify(exchange).catch((error: unknown) => {
    if (error instanceof GatewayError && error.code === 'UNAUTHENTICATED') return undefined;
    throw error;
  });

/** The cookie that begins here would not be there where Sage sends the browser back to. */
const wrongPlace = (home: string) =>
  new GatewayError(
    'BAD_USER_INPUT',
    `Sage sends browsers back to ${home}, and only a sign-in that began there can be finished there. Open ${home} and begin again.`,
  );
