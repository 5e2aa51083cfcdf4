// Past 200 lines: the routes share who may do what, and that is best read in one place.

import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError, type Secret, STATUS_BY_CODE } from '../../kit/errors/index.ts';
import { isObject } from '../../kit/json.ts';
import type { Awaitable } from '../../kit/maybe-promise.ts';
import { type ArrivedRequest, isLoopbackHost } from '../../kit/this-machine.ts';
import { type AuditEntry, parseConnectionName, type Session, type SignInAttempt } from '../vault/index.ts';
import { isAllowedPerson } from './allowed-person.ts';
import { createAttemptCookies } from './attempt-cookies.ts';
import { assertInSight, assertOwnPage } from './browser-request.ts';
import { failurePage } from './page.ts';
import { isPersonalConnection } from './personal-connection.ts';
import { parseReturnTo } from './return-to.ts';
import type { ConsentAnswer, ConsentExchange, ConsentPrincipal, ConsentRoute } from './route-types.ts';
import type { SessionCookie } from './session-cookie.ts';
import { createSignIn, type SignInOptions } from './sign-in.ts';
import { SignInFailure } from './sign-in-failure.ts';

export interface ConsentRoutesOptions extends Omit<SignInOptions, 'grant' | 'client'> {
  /** The application at Sage ID; left out: nobody can sign in, and is told so. */
  readonly application?: Pick<SignInOptions, 'grant' | 'client'> | undefined;
  /** As registered with Sage. A function where the port is known only once the server listens. */
  readonly redirectUri: string | (() => string);
  readonly publicUrl: string | (() => string);
  readonly sessionCookie: SessionCookie;
  /** `callers.sessions.allow`. Empty: people at this very machine, and nobody else. */
  readonly allow: readonly string[];
  /** Whether a request may do what only people at this machine may. */
  readonly isHere: (request: ArrivedRequest) => boolean;
  /** Nobody is configured as a caller: people at this machine are its administrators. */
  readonly isAlone: boolean;
  /** Who calls. @throws GatewayError UNAUTHENTICATED */
  readonly identify: (request: ConsentExchange) => Awaitable<ConsentPrincipal>;
  /** Companies a connection sees, for `GET /session`; a failure leaves them out. */
  readonly companiesOf?: (connection: string, consent: number | undefined) => Promise<readonly unknown[]>;
}

const CONNECT = '/connect/sage200';
const CALLBACK = '/connect/sage200/callback';
/** Who acts where no callers are configured. */
const ANYBODY_HERE = { id: 'anonymous', admin: true };
/** Marks that a browser was already sent to the host that Sage sends it back to. */
const MOVED = 'moved';

/** Signing in, signing out, disconnecting. */
export function createConsentRoutes(options: ConsentRoutesOptions): readonly ConsentRoute[] {
  const { vault, application, log, sessionCookie, allow, isHere, isAlone, onEvent, now = Date.now } = options;
  const redirectUri = () => resolved(options.redirectUri);
  const publicOrigin = () => new URL(resolved(options.publicUrl)).origin;
  const signIn = application && createSignIn({ ...options, ...application });
  const attempts = createAttemptCookies({
    attempts: vault.signIns,
    isHttps: () => redirectUri().startsWith('https:'),
  });

  const identify = async (exchange: ConsentExchange): Promise<ConsentPrincipal> => {
    exchange.principal = await options.identify(exchange);
    return exchange.principal;
  };

  /** Whoever shows credentials is judged by them, here too. */
  const isAdminHere = (exchange: ConsentExchange) =>
    isAlone && exchange.headers['authorization'] === undefined && isHere(exchange);

  /** Only people at this machine, reached over loopback from end to end, need no entry in `allow`. */
  const isOpenHere = (exchange: ConsentExchange) =>
    allow.length === 0 && isLoopbackHost(new URL(redirectUri()).hostname) && isHere(exchange);

  const sessionOf = async (exchange: ConsentExchange): Promise<Session | undefined> => {
    const token = sessionCookie.read(exchange);
    return token && vault.sessions.find(token);
  };

  /**
   * Who begins a sign-in, for the audit trail and for what they may when it comes back. Named connections feed programs, so only
   * an administrator binds one to a person; that person may renew it.
   */
  const whoBegins = async (exchange: ConsentExchange, name: string | undefined): Promise<SignInAttempt['begunBy']> => {
    if (name === undefined && exchange.headers['authorization'] === undefined) return undefined;
    if (name !== undefined && isAdminHere(exchange) && !isPersonalConnection(name)) return ANYBODY_HERE;
    const { id, admin, kind, sage200 } = await identify(exchange);
    const isOwn = name !== undefined && kind === 'session' && isOwnConsent(id, sage200, name);
    if (name === undefined || isOwn || (admin && !isPersonalConnection(name))) return { id, admin };
    throw new GatewayError(
      'FORBIDDEN',
      isPersonalConnection(name)
        ? 'This connection belongs to a person and is signed in to by that person alone.'
        : 'Only callers with admin: true sign in for a named connection. Sign in at /connect/sage200 for one of your own.',
    );
  };

  const start = async (exchange: ConsentExchange): Promise<ConsentAnswer> => {
    assertInSight(exchange);
    const query = new URLSearchParams(exchange.search);
    const wanted = query.get('connection') ?? undefined;
    const connection = wanted === undefined ? undefined : parseConnectionName(wanted);
    const returnTo = parseReturnTo(query.get('returnTo') ?? '/');
    if (returnTo === undefined)
      throw new GatewayError('BAD_USER_INPUT', 'returnTo must be a path of the gateway itself, such as /graphql.');
    const begunBy = await whoBegins(exchange, connection);
    // Cookies belong to one host: the browser must begin where it will come back to.
    const home = new URL(redirectUri());
    if (single(exchange.headers['host']) !== home.host && !query.has(MOVED)) {
      if (wantsJson(exchange)) throw wrongPlace(home.origin);
      if (wantsHtml(exchange)) {
        query.set(MOVED, '1');
        return redirect(`${home.origin}${CONNECT}?${query}`);
      }
    }
    const personal = connection !== undefined && isPersonalConnection(connection);
    if (!signIn) throw notOffered();
    const { url, attempt } = await signIn.begin({
      connection: personal ? undefined : connection,
      returnTo,
      redirectUri: redirectUri(),
      begunBy,
    });
    if (connection !== undefined)
      await note(exchange, { kind: 'act', action: 'sign_in_begun', connection, caller: begunBy?.id });
    const set = attempts.add(exchange, attempt);
    // For pages that authenticate by header: the cookie is set all the same, and the page goes there itself.
    if (wantsJson(exchange)) return { ...json(200, { location: url }), cookies: set };
    return { ...redirect(url), cookies: set };
  };

  const finish = async (exchange: ConsentExchange): Promise<ConsentAnswer> => {
    if (!signIn) throw notOffered();
    const used: string[] = [];
    const isOpen = isOpenHere(exchange);
    const before = sessionCookie.read(exchange);
    try {
      const finished = await signIn.finish({
        search: exchange.search,
        redirectUri: redirectUri(),
        attemptOf: (state) => {
          const attempt = attempts.find(exchange, state);
          if (attempt) used.push(attempts.remove(state));
          return attempt;
        },
        requestId: exchange.requestId,
        mayConnect: (person) => isOpen || isAllowedPerson(allow, person),
      });
      const { connection, consent, person, returnTo, refreshExpiresAt } = finished;
      if (!isOpen && !isAllowedPerson(allow, person)) return { ...redirect(returnTo), cookies: used };
      // A new one in any case: a token that somebody planted beforehand must not become this person's.
      if (before) await vault.sessions.end(before);
      const { token, session } = await vault.sessions.start({
        subject: person.subject,
        connection,
        consent,
        email: person.emailVerified === true ? person.email : undefined,
        name: person.name,
        notAfter: refreshExpiresAt,
      });
      await note(exchange, { kind: 'session', action: 'signed_in', connection, caller: `session:${person.subject}` });
      const cookie = sessionCookie.write(token, session.endsAt - now());
      return { ...redirect(returnTo), cookies: [...used, cookie] };
    } catch (error) {
      if (!(error instanceof SignInFailure)) throw error;
      log.warn({ code: error.code, reason: error.title, err: error.cause }, 'a sign-in failed');
      return { ...failurePage(error), cookies: used };
    }
  };

  const note = ({ requestId }: ConsentExchange, entry: Omit<AuditEntry, 'at' | 'requestId' | 'outcome'>) =>
    vault.audit
      .note({ ...entry, at: now(), requestId, outcome: 'DONE' })
      .catch((err: unknown) => log.error({ err }, 'an audit event could not be written'));

  const disconnect = async (exchange: ConsentExchange): Promise<ConsentAnswer> => {
    const session = await sessionOf(exchange);
    const name = (await readName(exchange)) ?? session?.connection;
    if (name === undefined)
      throw new GatewayError('BAD_USER_INPUT', 'Say which connection: {"connection": "NAME"} as JSON body.');
    const caller = await whoDisconnects(exchange, parseConnectionName(name));
    const row = await vault.connections.read(name);
    const removed = await vault.connections.remove(name);
    const revoked = row?.refreshToken ? await revokePatiently(row.refreshToken) : false;
    if (removed) onEvent?.({ type: 'revoked', connection: name, at: now(), caller, requestId: exchange.requestId });
    return json(200, { connection: name, disconnected: removed, revoked });
  };

  const whoDisconnects = async (exchange: ConsentExchange, name: string): Promise<string> => {
    if (isAdminHere(exchange) && sessionCookie.read(exchange) === undefined) return ANYBODY_HERE.id;
    const { id, admin, kind, sage200 } = await identify(exchange);
    const isOwn = kind === 'session' && isOwnConsent(id, sage200, name) && isPersonalConnection(name);
    if (admin || isOwn || isAdminHere(exchange)) return id;
    throw new GatewayError('FORBIDDEN', 'Only callers with admin: true disconnect what others use.');
  };

  /** What Sage does not hear now it hears a little later; whoever disconnects waits for the first attempt only. */
  const revokePatiently = async (refreshToken: Secret): Promise<boolean> => {
    if (!application) return false;
    const { client } = application;
    try {
      await client.revoke(refreshToken);
      return true;
    } catch {
      void pause(10_000, undefined, { ref: false })
        .then(() => client.revoke(refreshToken))
        .catch(() => log.warn('a disconnected sign-in could not be ended at Sage ID; it ends there by itself'));
      return false;
    }
  };

  const whoAmI = async (exchange: ConsentExchange): Promise<ConsentAnswer> => {
    const token = sessionCookie.read(exchange);
    try {
      const principal = await identify(exchange);
      const session = principal.kind === 'session' ? await sessionOf(exchange) : undefined;
      const { id, kind, admin, readOnly, tenants } = principal;
      return json(200, {
        id,
        kind,
        admin,
        readOnly,
        tenants,
        ...(session && { email: session.email, name: session.name, endsAt: toIso(session.endsAt) }),
        connection: await describe(principal.sage200),
      });
    } catch (error) {
      // A cookie that no longer counts is taken away, or its browser would be refused for ever.
      if (!token || !(error instanceof GatewayError) || error.code !== 'UNAUTHENTICATED') throw error;
      const answer = json(STATUS_BY_CODE[error.code], {
        errors: [{ message: error.message, extensions: error.toExtensions() }],
      });
      return { ...answer, errorCodes: [error.code], cookies: [sessionCookie.clear()] };
    }
  };

  const describe = async ({ connection: name, consent }: NonNullable<ConsentPrincipal['sage200']> = {}) => {
    if (name === undefined) return null;
    const row = await vault.connections.read(name);
    if (!row || row.consent !== consent) return { name, state: 'needs_consent' };
    const companies = await options.companiesOf?.(name, row.consent).catch(() => undefined);
    return {
      name,
      state: row.state,
      consentedAt: toIso(row.consentedAt),
      refreshExpiresAt: toIso(row.refreshExpiresAt),
      ...(companies && { companies }),
    };
  };

  const signOut = async (exchange: ConsentExchange): Promise<ConsentAnswer> => {
    const token = sessionCookie.read(exchange);
    if (!token) return { status: 204 };
    assertOwnPage(exchange, publicOrigin());
    const ended = await vault.sessions.end(token);
    if (ended) {
      const { connection, subject } = ended;
      await note(exchange, { kind: 'session', action: 'signed_out', connection, caller: `session:${subject}` });
    }
    return { status: 204, cookies: [sessionCookie.clear()] };
  };

  const callbackPath = URL.parse(resolved(options.redirectUri))?.pathname ?? CALLBACK;
  return [
    { path: CONNECT, access: 'open', handlers: { GET: asPage(start) } },
    ...[...new Set([CALLBACK, callbackPath])].map(
      (path): ConsentRoute => ({ path, access: 'open', handlers: { GET: asPage(finish) } }),
    ),
    { path: `${CONNECT}/disconnect`, access: 'open', handlers: { POST: disconnect } },
    { path: '/session', access: 'open', handlers: { GET: whoAmI, DELETE: signOut } },
  ];
}

/** A session is that of a person, and so is a consent: the name alone says nothing of whose it is. */
const isOwnConsent = (id: string, sage200: ConsentPrincipal['sage200'], name: string): boolean =>
  sage200?.connection === name && sage200.subject !== undefined && id === `session:${sage200.subject}`;

const notOffered = () =>
  new GatewayError(
    'MISCONFIGURED',
    'This gateway has no client id at Sage ID. The people who run it should write sage200.clientId.',
  );

/** The cookie that begins here would not be there where Sage sends the browser back to. */
const wrongPlace = (home: string) =>
  new GatewayError(
    'BAD_USER_INPUT',
    `Sage sends browsers back to ${home}, and only a sign-in that began there can be finished there. Open ${home} and begin again.`,
  );

/** People get pages, programs get the server's JSON. */
function asPage(handler: (exchange: ConsentExchange) => Promise<ConsentAnswer>) {
  return async (exchange: ConsentExchange): Promise<ConsentAnswer> => {
    try {
      return await handler(exchange);
    } catch (error) {
      if (!(error instanceof GatewayError) || !wantsHtml(exchange)) throw error;
      const { message, code, retryAfter } = error;
      const title = code === 'RATE_LIMITED' ? 'Too many attempts' : 'Not possible';
      return failurePage(new SignInFailure(message, { code, title, retryAfter }));
    }
  };
}

async function readName(exchange: ConsentExchange): Promise<string | undefined> {
  const text = (await exchange.readBody()).toString('utf8');
  const fromQuery = new URLSearchParams(exchange.search).get('connection') ?? undefined;
  if (text.trim() === '') return fromQuery;
  try {
    const body: unknown = JSON.parse(text);
    const name = isObject(body) ? body['connection'] : undefined;
    return typeof name === 'string' ? name : fromQuery;
  } catch {
    throw new GatewayError('BAD_USER_INPUT', 'The body is not JSON.');
  }
}

const wantsHtml = ({ headers }: ConsentExchange) => (single(headers['accept']) ?? '').includes('text/html');

const wantsJson = (exchange: ConsentExchange) =>
  (single(exchange.headers['accept']) ?? '').includes('application/json') && !wantsHtml(exchange);

/** 303: whatever the method was, what follows is a GET. */
const redirect = (location: string): ConsentAnswer => ({
  status: 303,
  headers: { location, 'cache-control': 'no-store' },
});

const json = (status: number, value: unknown): ConsentAnswer => ({
  status,
  headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
  body: JSON.stringify(value),
});

const toIso = (at: number) => new Date(at).toISOString();

const resolved = (text: string | (() => string)) => (typeof text === 'string' ? text : text());

const single = (value: string | readonly string[] | undefined) => (typeof value === 'string' ? value : undefined);
