import { createHash, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import { Secret } from '../../kit/errors/index.ts';
import type { ServedClients } from '../clients/served-clients.ts';
import type { ConnectionEvent } from '../events/connection-event.ts';
import type { SageIdClient } from '../sage-id-client.ts';
import { TokenRequestError } from '../token-request-error.ts';
import type { SaveConditions, SignInAttempt, Vault } from '../vault/index.ts';
import { faultOfLink, faultOfPerson } from './link-fault.ts';
import { connectUrlOf, isPersonalConnection, personalConnectionOf } from './personal-connection.ts';
import { type CodeAnswer, IdTokenError, type SageIdCodeGrant, type SageIdPerson } from './sage-id-code-grant.ts';
import {
  anotherAccount,
  exchangeFailure,
  idTokenFailure,
  linkNotUsed,
  noRefreshToken,
  notAllowed,
  notByThisLink,
  notYourConnection,
  notYours,
  otherIssuer,
  refusal,
} from './sign-in-refusals.ts';

/** A sign-in must be finished in this time, ms. */
export const SIGN_IN_LIFE_MS = 10 * 60_000;

export interface SignInOptions {
  readonly vault: Vault;
  readonly grant: SageIdCodeGrant;
  readonly client: Pick<SageIdClient, 'revoke'>;
  readonly refreshLifetimeMs: number;
  /** Clients that have connect links. @default none */
  readonly clients?: Pick<ServedClients, 'find'> | undefined;
  readonly log: Logger;
  readonly onEvent?: ((event: ConnectionEvent) => void) | undefined;
  readonly now?: () => number;
}

export interface BegunSignIn {
  /** Where the browser goes. */
  readonly url: string;
  /** What the browser must send back. */
  readonly attempt: SignInAttempt;
}

export interface FinishedSignIn {
  readonly connection: string;
  readonly consent: number;
  readonly person: SageIdPerson;
  readonly returnTo: string;
  /** Epoch ms. */
  readonly refreshExpiresAt: number;
  /** Begun without credentials for an existing connection: it only renews that connection. */
  readonly isBareRenewal: boolean;
}

export interface SignIn {
  /** @param connection its name; undefined for the person's own */
  begin(request: {
    readonly connection: string | undefined;
    /** Id of the connect link, if begun with one. */
    readonly link?: string | undefined;
    readonly returnTo: string;
    readonly redirectUri: string;
    /** Undefined if begun without credentials. */
    readonly begunBy: SignInAttempt['begunBy'];
  }): Promise<BegunSignIn>;
  /**
   * @param attemptOf the browser's attempt with a `state`
   * @param mayConnect whether this person may have their own connection
   * @throws SignInFailure
   */
  finish(callback: {
    readonly search: string;
    readonly redirectUri: string;
    readonly attemptOf: (state: Secret) => SignInAttempt | undefined;
    readonly mayConnect: (person: SageIdPerson) => boolean;
    readonly requestId?: string | undefined;
  }): Promise<FinishedSignIn>;
}

/**
 * A person's sign-in at Sage ID. It is in one place because its order protects it: the attempt is found by `state` in the
 * browser's own cookies; only then is anything else in the callback trusted or shown, and the attempt is marked as used before
 * the code is sent anywhere.
 */
export function createSignIn(options: SignInOptions): SignIn {
  const { vault, grant, client, clients, refreshLifetimeMs, log, onEvent, now = Date.now } = options;

  const giveBack = (refreshToken: Secret | undefined): void => {
    if (refreshToken) void client.revoke(refreshToken).catch(() => log.warn('an unused sign-in could not be revoked'));
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
    const retry = retryFor(attempt);
    // An issuer ends the tokens of a code that is used twice, so a second callback, at any instance, stops here.
    if (!(await vault.signIns.use(attempt))) throw notYours();
    try {
      return await grant.exchange(search, redirectUri, attempt);
    } catch (error) {
      if (error instanceof IdTokenError) {
        giveBack(error.refreshToken);
        throw idTokenFailure(error, retry);
      }
      if (!(error instanceof TokenRequestError)) throw error;
      log.warn(
        { failure: error.failure, status: error.status, oauthError: error.code },
        'the token request of a sign-in failed',
      );
      throw exchangeFailure(error, retry);
    }
  };

  /** The consent that the person renews; undefined if the connection has none of theirs. */
  const ownConsentOf = async ({ subject }: SageIdPerson, connection: string): Promise<number | undefined> => {
    const row = await vault.connections.read(connection);
    return row?.subject === subject ? row.consent : undefined;
  };

  /** The pair is stored before anything else, since it cannot be obtained again. */
  const store = async (
    answer: CodeAnswer,
    refreshToken: Secret,
    connection: string,
    conditions: SaveConditions,
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
    const stored = await vault.connections.save(consent, conditions);
    if (stored) return { refreshExpiresAt, consent: stored.number };
    giveBack(refreshToken);
    throw conditions.by ? linkNotUsed() : anotherAccount(connection);
  };

  /** The conditions for connecting a link's client, and the sign-in that it replaces. */
  const linkUse = async (id: string, connection: string, person: SageIdPerson) => {
    const link = await vault.links.findById(id);
    const found = clients?.find(connection);
    const fault = faultOfLink(link, found, now()) ?? (link && faultOfPerson(link, person));
    if (fault !== undefined || !link || !found) throw notByThisLink(fault ?? '');
    const before = link.replace ? await vault.connections.read(connection) : undefined;
    return { by: { link, clientVersion: found.version }, before };
  };

  const finishByLink = async (
    answer: CodeAnswer,
    refreshToken: Secret,
    { id, connection, requestId }: { id: string; connection: string; requestId: string | undefined },
  ): Promise<FinishedSignIn> => {
    const { person } = answer;
    const { by, before } = await linkUse(id, connection, person).catch((error: unknown) => {
      giveBack(refreshToken);
      throw error;
    });
    const stored = await store(answer, refreshToken, connection, { by });
    const { madeBy: caller } = by.link;
    // To Sage ID, the same person's new sign-in is the old one, and would end with it.
    if (before && before.consent !== stored.consent) {
      giveBack(before.refreshToken);
      onEvent?.({ type: 'revoked', connection, at: now(), caller, requestId });
    }
    told(connection, stored.refreshExpiresAt, caller, requestId);
    return { ...stored, connection, person, returnTo: '/', isBareRenewal: false };
  };

  const told = (connection: string, refreshExpiresAt: number, caller: string, requestId: string | undefined) => {
    log.info({ connection, refreshExpiresAt }, 'connected');
    onEvent?.({ type: 'connected', connection, at: now(), refreshExpiresAt, caller, requestId });
  };

  return {
    async begin({ connection, link, returnTo, redirectUri, begunBy }) {
      const { url, state, nonce, verifier } = await grant.challenge(redirectUri);
      const endsAt = now() + SIGN_IN_LIFE_MS;
      return { url, attempt: { state, nonce, verifier, connection, link, returnTo, begunBy, endsAt } };
    },

    async finish({ search, redirectUri, attemptOf, mayConnect, requestId }) {
      const parameters = new URLSearchParams(search);
      const attempt = findAttempt(parameters, attemptOf);
      const { connection: wanted, link, returnTo, begunBy } = attempt;
      const retry = retryFor(attempt);
      // RFC 9207 2.4: compared as text, before the code is sent anywhere, also for error answers.
      const issuer = parameters.get('iss');
      if (issuer !== null && !isSame(issuer, grant.issuer)) throw otherIssuer(retry);
      if (parameters.has('error')) throw refusal(parameters, retry);
      const answer = await exchange(search, redirectUri, attempt);
      const { person, refreshToken } = answer;
      if (!refreshToken) throw noRefreshToken(retry);
      if (link !== undefined && wanted !== undefined)
        return finishByLink(answer, refreshToken, { id: link, connection: wanted, requestId });
      const connection = wanted ?? personalConnectionOf(grant.issuer, person.subject);
      // People who are not administrators can only renew their own consent.
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
      const { refreshExpiresAt, consent } = await store(answer, refreshToken, connection, { over: own });
      told(connection, refreshExpiresAt, begunBy?.id ?? `session:${person.subject}`, requestId);
      const isBareRenewal = wanted !== undefined && begunBy === undefined;
      return { connection, consent, person, returnTo, refreshExpiresAt, isBareRenewal };
    },
  };
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

export const isSame = (one: string, other: string) =>
  timingSafeEqual(Buffer.from(digest(one)), Buffer.from(digest(other)));

/** Where to start again. With a connect link, that is the link. */
const retryFor = ({ connection, link }: SignInAttempt): string | undefined =>
  link !== undefined ? undefined : connection === undefined ? '/connect/sage200' : connectUrlOf(connection);
