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

/** A sign-in must be done in this time, ms. */
export const SIGN_IN_LIFE_MS = 10 * 60_000;

export interface SignInOptions {
  readonly vault: Vault;
  readonly grant: SageIdCodeGrant;
  readonly client: Pick<SageIdClient, 'revoke'>;
  /** ms a refresh token lives from consent on. */
  readonly refreshLifetimeMs: number;
  /** Clients that links are made for; left out: there are none. */
  readonly clients?: Pick<ServedClients, 'find'> | undefined;
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
    /** Id of the connect link that it is begun with. */
    readonly link?: string | undefined;
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
  const { vault, grant, client, clients, refreshLifetimeMs, log, onEvent, now = Date.now } = options;

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
    const retry = retryFor(attempt);
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

  /** What must hold for a link's client to be connected, and the sign-in that it replaces. */
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
    // The same person's new sign-in is the old one to Sage ID, and ends with it.
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
      // RFC 9207 2.4: compared as text, before the code goes anywhere, and in error answers too.
      const issuer = parameters.get('iss');
      if (issuer !== null && !isSame(issuer, grant.issuer)) throw otherIssuer(retry);
      if (parameters.has('error')) throw refusal(parameters, retry);
      const answer = await exchange(search, redirectUri, attempt);
      const { person, refreshToken } = answer;
      if (!refreshToken) throw noRefreshToken(retry);
      if (link !== undefined && wanted !== undefined)
        return finishByLink(answer, refreshToken, { id: link, connection: wanted, requestId });
      const connection = wanted ?? personalConnectionOf(grant.issuer, person.subject);
      // Anyone who is not an administrator renews what is still their own, and nothing else.
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

/** Where to start again. Anyone who has a link opens that again. */
const retryFor = ({ connection, link }: SignInAttempt): string | undefined =>
  link !== undefined ? undefined : connection === undefined ? '/connect/sage200' : connectUrlOf(connection);
