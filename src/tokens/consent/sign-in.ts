import { createHash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { Secret } from '../../kit/errors/index.ts';
import type { ConnectionEvent } from '../events/connection-event.ts';
import type { SageIdClient } from '../sage-id-client.ts';
import { toSageIdError } from '../sage-id-failure.ts';
import { TokenRequestError } from '../token-request-error.ts';
import type { SignInAttempt, Vault } from '../vault/index.ts';
import { connectUrlOf, isPersonalConnection, personalConnectionOf } from './personal-connection.ts';
import { type CodeAnswer, IdTokenError, type SageIdCodeGrant, type SageIdPerson } from './sage-id-code-grant.ts';
import { SignInFailure } from './sign-in-failure.ts';

/** A sign-in must be done in this time, ms. */
export const SIGN_IN_LIFE_MS = 10 * 60_000;

export interface SignInOptions {
  readonly vault: Vault;
  readonly grant: SageIdCodeGrant;
  readonly client: Pick<SageIdClient, 'revoke'>;
  /** ms a refresh token lives from consent on. */
  readonly refreshLifetimeMs: number;
  readonly log: Logger;
  readonly onEvent?: ((event: ConnectionEvent) => void) | undefined;
  readonly now?: () => number;
}

export interface BegunSignIn {
  /** Where the browser goes. */
  readonly url: string;
  /** What the browser must bring back. */
  readonly attempt: SignInAttempt;
}

export interface FinishedSignIn {
  readonly connection: string;
  /** Number of the consent. */
  readonly consent: number;
  readonly person: SageIdPerson;
  readonly returnTo: string;
  /** Epoch ms. */
  readonly refreshExpiresAt: number;
  /** Begun by somebody who showed no credentials, for a connection that was there: it renews that, and gives nothing more. */
  readonly isBareRenewal: boolean;
}

export interface SignIn {
  /** @param connection its name; undefined: the person's own */
  begin(request: {
    readonly connection: string | undefined;
    readonly returnTo: string;
    readonly redirectUri: string;
    /** Undefined: somebody who showed no credentials. */
    readonly begunBy: SignInAttempt['begunBy'];
  }): Promise<BegunSignIn>;
  /**
   * @param attemptOf what the browser brings for a `state`
   * @param mayConnect whether this person may have a connection of their own
   * @throws SignInFailure
   */
  finish(callback: {
    readonly search: string;
    readonly redirectUri: string;
    readonly attemptOf: (state: Secret) => SignInAttempt | undefined;
    readonly mayConnect: (person: SageIdPerson) => boolean;
    /** Of the request that brought the browser back. */
    readonly requestId?: string | undefined;
  }): Promise<FinishedSignIn>;
}

/**
 * A person's way to Sage ID and back. One thing, because its order is what protects it: the attempt is found by `state` in what
 * the browser itself brings; only then anything else of the callback is believed or even shown, and it is used up before the
 * code goes anywhere.
 */
export function createSignIn(options: SignInOptions): SignIn {
  const { vault, grant, client, refreshLifetimeMs, log, onEvent, now = Date.now } = options;

  const giveBack = (refreshToken: Secret | undefined): void => {
    if (refreshToken) void client.revoke(refreshToken).catch(() => log.warn('an unused sign-in could not be ended'));
  };

  const findAttempt = (
    parameters: URLSearchParams,
    attemptOf: (state: Secret) => SignInAttempt | undefined,
  ): SignInAttempt => {
    const [state, ...others] = parameters.getAll('state');
    if (!state || others.length > 0) throw notYours();
    const attempt = attemptOf(new Secret(state));
    if (!attempt || !isSame(attempt.state.reveal(), state) || attempt.endsAt <= now()) throw notYours();
    return attempt;
  };

  const exchange = async (search: string, redirectUri: string, attempt: SignInAttempt): Promise<CodeAnswer> => {
    const retry = retryOf(attempt.connection);
    // An issuer ends the tokens of a code that comes twice, so a second visit, to any instance, goes no further.
    if (!(await vault.signIns.use(attempt))) throw notYours();
    try {
      return await grant.exchange(search, redirectUri, attempt);
    } catch (error) {
      if (error instanceof IdTokenError) {
        giveBack(error.refreshToken);
        throw idTokenFailure(error, retry);
      }
      if (!(error instanceof TokenRequestError)) throw error;
      log.warn({ failure: error.failure, status: error.status, oauthError: error.code }, 'a sign-in got no tokens');
      throw exchangeFailure(error, retry);
    }
  };

  /** The consent that the person renews; undefined where the connection holds none of theirs. */
  const ownConsentOf = async ({ subject }: SageIdPerson, connection: string): Promise<number | undefined> => {
    const row = await vault.connections.read(connection);
    return row?.subject === subject ? row.consent : undefined;
  };

  /** The pair is stored before anything else is done with it: it cannot be had a second time. */
  const store = async (
    answer: CodeAnswer,
    refreshToken: Secret,
    connection: string,
    over: number | undefined,
  ): Promise<Pick<FinishedSignIn, 'refreshExpiresAt' | 'consent'>> => {
    const { accessToken: value, issuedAt, expiresAt, scope, person } = answer;
    const refreshExpiresAt = issuedAt + refreshLifetimeMs;
    const consent = {
      name: connection,
      subject: person.subject,
      scope,
      accessToken: { value, issuedAt, expiresAt },
      refreshToken,
      consentedAt: issuedAt,
      refreshExpiresAt,
    };
    const stored = await vault.connections.save(consent, over);
    if (stored) return { refreshExpiresAt, consent: stored.number };
    giveBack(refreshToken);
    throw new SignInFailure(
      `The connection "${connection}" belongs to another Sage ID account. Sign in with that account, or have it disconnected first.`,
      { code: 'FORBIDDEN', title: 'Another account', retry: retryOf(connection) },
    );
  };

  return {
    async begin({ connection, returnTo, redirectUri, begunBy }) {
      const { url, state, nonce, verifier } = await grant.challenge(redirectUri);
      const endsAt = now() + SIGN_IN_LIFE_MS;
      return { url, attempt: { state, nonce, verifier, connection, returnTo, begunBy, endsAt } };
    },

    async finish({ search, redirectUri, attemptOf, mayConnect, requestId }) {
      const parameters = new URLSearchParams(search);
      const attempt = findAttempt(parameters, attemptOf);
      const { connection: wanted, returnTo, begunBy } = attempt;
      // RFC 9207 2.4: compared as text, before the code goes anywhere, and in error answers too.
      const issuer = parameters.get('iss');
      if (issuer !== null && !isSame(issuer, grant.issuer)) throw otherIssuer(retryOf(wanted));
      if (parameters.has('error')) throw refusal(parameters, retryOf(wanted));
      const answer = await exchange(search, redirectUri, attempt);
      const { person, refreshToken } = answer;
      if (!refreshToken) throw noRefreshToken(retryOf(wanted));
      const connection = wanted ?? personalConnectionOf(grant.issuer, person.subject);
      // Whoever is not an administrator renews what is still their own, and nothing else.
      const isRenewal = wanted !== undefined && !begunBy?.admin;
      const own = isRenewal ? await ownConsentOf(person, wanted) : undefined;
      if (isRenewal && own === undefined) {
        giveBack(refreshToken);
        throw notYourConnection(wanted);
      }
      if (isPersonalConnection(connection) && !mayConnect(person)) {
        giveBack(refreshToken);
        throw notAllowed(person);
      }
      const { refreshExpiresAt, consent } = await store(answer, refreshToken, connection, own);
      log.info({ connection, refreshExpiresAt }, 'connected');
      onEvent?.({
        type: 'connected',
        connection,
        at: now(),
        refreshExpiresAt,
        caller: begunBy?.id ?? `session:${person.subject}`,
        requestId,
      });
      const isBareRenewal = wanted !== undefined && begunBy === undefined;
      return { connection, consent, person, returnTo, refreshExpiresAt, isBareRenewal };
    },
  };
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

export const isSame = (one: string, other: string) =>
  timingSafeEqual(Buffer.from(digest(one)), Buffer.from(digest(other)));

const retryOf = (connection: string | undefined) =>
  connection === undefined ? '/connect/sage200' : connectUrlOf(connection);

/** Says the same whatever is wrong, and repeats nothing of the request: it may come from anybody's link. */
const notYours = () =>
  new SignInFailure(
    'This sign-in was not begun in this browser, was finished already, or took longer than ten minutes. Begin again.',
    { code: 'BAD_USER_INPUT', title: 'This sign-in cannot be finished', retry: '/connect/sage200' },
  );

const otherIssuer = (retry: string) =>
  new SignInFailure(
    'The answer came from another sign-in service than the one you were sent to. Nothing was stored. If this happens again, tell the people who run the gateway: sageId.issuer may be written differently from what Sage ID says.',
    { code: 'BAD_USER_INPUT', title: 'Wrong sign-in service', retry },
  );

function refusal(parameters: URLSearchParams, retry: string): SignInFailure {
  const error = parameters.get('error') ?? '';
  const told = [error, parameters.get('error_description') ?? ''].filter(Boolean).join(': ');
  const options = { detail: toPlainText(told), retry };
  if (error === 'access_denied') {
    return new SignInFailure('Sage ID was not given leave to connect. Nothing was stored.', {
      ...options,
      code: 'FORBIDDEN',
      title: 'Not connected',
    });
  }
  const isTemporary = error === 'server_error' || error === 'temporarily_unavailable';
  return new SignInFailure(
    isTemporary
      ? 'Sage ID has trouble at the moment. Try again in a few minutes.'
      : 'Sage ID refused the request of the gateway. The people who run it should check clientId, redirectUri, audience and scopes.',
    { ...options, code: isTemporary ? 'UPSTREAM_UNAVAILABLE' : 'MISCONFIGURED', title: 'Not connected' },
  );
}

/** Foreign text: no control characters, no end. */
export const toPlainText = (text: string) => text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 300);

const noRefreshToken = (retry: string) =>
  new SignInFailure(
    'Sage ID gave no refresh token, so the connection would end within hours; nothing was stored. The people who run the gateway should check that sage200.scopes has offline_access, and that the application was registered for refresh tokens.',
    { code: 'MISCONFIGURED', title: 'No lasting connection', retry },
  );

/** The same for a connection of somebody else and for one that is not there: strangers ask too. */
const notYourConnection = (connection: string) =>
  new SignInFailure(
    `There is no connection "${connection}" that belongs to the Sage ID account you signed in with, so nothing was stored. If another account of yours connected it, sign in with that one. If it was disconnected, an administrator of the gateway can sign in for it anew.`,
    { code: 'FORBIDDEN', title: 'Not your connection', retry: retryOf(connection) },
  );

function notAllowed({ subject, email, emailVerified }: SageIdPerson): SignInFailure {
  const bySubject = `Ask the people who run this gateway to add your address, or "sub:${subject}", to callers.sessions.allow.`;
  const advice =
    email === undefined
      ? `Sage ID did not say your e-mail address. ${bySubject}`
      : emailVerified === true
        ? bySubject
        : emailVerified === 'missing'
          ? `Sage ID did not say whether your e-mail address is verified. The people who run this gateway can add "sub:${subject}" to callers.sessions.allow, or believe such addresses with sageId.emailVerifiedMissing: accept.`
          : `Sage ID says that your e-mail address is not verified. Verify it there and sign in again, or ask the people who run this gateway to add "sub:${subject}" to callers.sessions.allow.`;
  return new SignInFailure(
    `You are signed in at Sage ID, but this gateway is not open to you. ${advice} Nothing was stored.`,
    { code: 'FORBIDDEN', title: 'Not allowed' },
  );
}

function idTokenFailure({ reason }: IdTokenError, retry: string): SignInFailure {
  const title = 'Nobody signed in';
  switch (reason) {
    case 'missing':
      return new SignInFailure(
        'Sage ID did not say who signed in; nothing was stored. The people who run the gateway should check that sage200.scopes has openid.',
        { code: 'MISCONFIGURED', title, retry },
      );
    case 'wrong':
      return new SignInFailure(
        "Sage ID's proof of who signed in does not fit this sign-in; nothing was stored. The people who run the gateway should check sageId.issuer, sage200.clientId and the machine's clock.",
        { code: 'MISCONFIGURED', title, retry },
      );
    case 'unchecked':
      return new SignInFailure(
        "Sage ID's signing keys could not be fetched, or do not show the one that was used yet, so nobody can tell who signed in; nothing was stored. Try again in a minute. If this happens again, the people who run the gateway should check sageId.jwksUri.",
        { code: 'UPSTREAM_UNAVAILABLE', title, retry, retryAfter: 60 },
      );
  }
}

function exchangeFailure(error: TokenRequestError, retry: string): SignInFailure {
  const title = 'Not connected';
  if (error.failure === 'invalidGrant') {
    return new SignInFailure('Sage ID no longer accepts this sign-in. Begin again.', {
      code: 'UPSTREAM_REJECTED',
      title,
      retry,
      cause: error,
    });
  }
  if (error.failure === 'needsPerson') {
    return new SignInFailure(`Sage ID asks for more, or does not allow this sign-in (${error.code}). Begin again.`, {
      code: 'UPSTREAM_REJECTED',
      title,
      retry,
      cause: error,
    });
  }
  const { code, message } = toSageIdError(error, 'sage200');
  return new SignInFailure(message, { code, title, retry, cause: error });
}
