import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type ErrorCode, GatewayError } from '../kit/errors/index.ts';
import type { ConnectionTokenSourceOptions } from './connection-token-source.ts';
import { consentEnded, consentReplaced } from './consent-failure.ts';
import { type ConsentIssuer, SAGE_ID_CONSENTS } from './consent-issuer.ts';
import { createCoolDown } from './cool-down.ts';
import {
  decideRenewal,
  decideWait,
  isDeadAfter,
  isLost,
  isSameConsent,
  type RenewableConnection,
  stateAfterFailure,
} from './renewal-decision.ts';
import type { SageIdAnswer } from './sage-id-client.ts';
import { inStore, storePatiently } from './store-pair.ts';
import { TokenRequestError } from './token-request-error.ts';
import type { AccessToken } from './token-source.ts';
import type { LeaseClaim, TokenPair } from './vault/index.ts';

export interface ConnectionRenewal {
  /** A newer token than `stale`, from another process or from Sage. */
  run(stale: AccessToken | undefined): Promise<AccessToken>;
  /** Stops waiting for other processes and retrying writes; a request in progress continues. */
  stopWaiting(): void;
}

/**
 * The renewal protocol. It is in one place because its order keeps a rotating refresh token alive:
 * read the row · take the lease on its generation (which also proves that the store can be written) · send the refresh token
 * once · store the new pair in one statement · only then hand out the token. Processes without the lease read again.
 * `renewal-decision.ts` decides what to do with a row.
 */
export function createConnectionRenewal(
  options: ConnectionTokenSourceOptions & Required<Pick<ConnectionTokenSourceOptions, 'now' | 'elapsed' | 'random'>>,
): ConnectionRenewal {
  const { consent, vault, client, onEvent, onGone, now, elapsed, random, leaseMs = 15_000 } = options;
  const { clockToleranceMs = 30_000 } = options;
  const { name } = consent;
  const { lostAnswerPauseMs = 200, slowWriteMs = 1_000, lastWritesMs = 10_000, takeoverPauseMs = 3_000 } = options;
  const { issuedBy: issuer = SAGE_ID_CONSENTS } = options;
  const redirectUri = () => (typeof options.redirectUri === 'function' ? options.redirectUri() : options.redirectUri);
  const log = options.log.child({ connection: name });
  const coolDown = createCoolDown({ ...options.pauses, elapsed, random });
  const stopping = new AbortController();
  let stopAt = Number.POSITIVE_INFINITY;
  let seenGeneration: number | undefined;
  /** A generation known to be invalid, in case that could not be stored. */
  let deadGeneration: number | undefined;
  /** The owner of an abandoned lease that has had its extra time. */
  let waitedFor: string | undefined;

  const needsConsent = (why: string, cause?: unknown) =>
    new GatewayError('NEEDS_CONSENT', `${why} Sign in to Sage at connectUrl.`, {
      source: issuer.source,
      connectUrl: issuer.connectUrlOf(name),
      cause,
    });

  const run = async (stale: AccessToken | undefined): Promise<AccessToken> => {
    for (;;) {
      const row = await inStore(() => vault.connections.read(name));
      const action = decideRenewal({ consent, row, stale, deadGeneration, waitedFor, clockToleranceMs }, now());
      if (!isSameConsent({ consent, row })) onGone?.();
      if (action.do === 'use') return action.token;
      if (row && row.unreadable.length > 0)
        log.error({ fields: row.unreadable }, 'a stored connection cannot be decrypted with the configured keys');
      if (action.do === 'refuse') throw refusal(action.why);
      if (action.do === 'pause') throw paused(action, issuer);
      if (action.row.generation !== seenGeneration) coolDown.reset();
      seenGeneration = action.row.generation;
      coolDown.assertReady();
      if (action.do === 'waitForOwner') {
        await giveMoment(action.owner);
        continue;
      }
      const claim = { consent, generation: action.row.generation, owner: randomUUID(), forMs: leaseMs };
      if (await takeLease(claim)) {
        const token = await renew(action.row, claim);
        if (token) return token;
      } else {
        await waitForOther(action.row);
      }
    }
  };

  const refusal = (why: 'ended' | 'replaced' | 'needsPerson'): GatewayError => {
    if (why === 'ended') return consentEnded(name, issuer);
    if (why === 'replaced') return consentReplaced(name, issuer);
    return needsConsent(`${issuer.titleOf(name)} needs its person to sign in again.`);
  };

  const giveMoment = async (owner: string): Promise<void> => {
    log.warn("another process's renewal lease has expired; it gets a little more time to store its tokens");
    await waitOrStop(takeoverPauseMs);
    // It may have saved its pair in a file on a shared disk.
    await vault.pending
      .replay()
      .catch((err: unknown) => log.warn({ err }, 'saved token pairs could not be stored yet'));
    waitedFor = owner;
  };

  const waitOrStop = (ms: number) =>
    pause(ms, undefined, { signal: stopping.signal }).catch(() => {
      throw new GatewayError('UPSTREAM_UNAVAILABLE', 'The gateway is stopping. Send the request again.');
    });

  // Written before the refresh token is sent: a full disk or a lost database is noticed while the token is still valid.
  const takeLease = async (claim: LeaseClaim) => {
    try {
      return await inStore(() => vault.connections.takeLease(claim));
    } catch (error) {
      coolDown.failed(error);
      throw error;
    }
  };

  /** @returns undefined if another process has changed the row: read it again. */
  const renew = async (row: RenewableConnection, claim: LeaseClaim): Promise<AccessToken | undefined> => {
    const signOfLife = setInterval(() => void vault.connections.extendLease(claim).catch(() => {}), leaseMs / 4);
    signOfLife.unref();
    try {
      const answer = await present(row, claim);
      return answer && (await store(row, claim, answer));
    } catch (error) {
      if (!(error instanceof TokenRequestError)) throw error;
      await fail(row, claim, error);
      return undefined;
    } finally {
      clearInterval(signOfLife);
    }
  };

  // After a lost answer the token may be spent or not. Issuers that allow an overlap count it in seconds,
  // so the same token is sent once more at once, and never hours later, when that would look like theft.
  const present = async (
    { refreshToken }: RenewableConnection,
    claim: LeaseClaim,
  ): Promise<SageIdAnswer | undefined> => {
    try {
      return await client.refresh(refreshToken, redirectUri());
    } catch (error) {
      if (!(error instanceof TokenRequestError) || !isLost(error.failure)) throw error;
      log.warn('the answer to a renewal was lost; the same refresh token is sent again');
    }
    await pause(lostAnswerPauseMs);
    // Without the store, nobody else can take the lease either; with it, only its owner may continue.
    if (!(await vault.connections.extendLease(claim).catch(() => true))) return undefined;
    return client.refresh(refreshToken, redirectUri());
  };

  /** Nobody gets a token that is not stored: that would hide the loss of its refresh token until the next restart. */
  const store = async (
    row: RenewableConnection,
    claim: LeaseClaim,
    answer: SageIdAnswer,
  ): Promise<AccessToken | undefined> => {
    const { accessToken: value, issuedAt, expiresAt } = answer;
    const accessToken = { value, issuedAt, expiresAt };
    // RFC 6749 section 6: without a new refresh token in the answer, the old one remains valid.
    const pair = {
      accessToken,
      refreshToken: answer.refreshToken ?? row.refreshToken,
      scope: answer.scope ?? row.scope,
      ...(answer.refreshExpiresAt !== undefined && { refreshExpiresAt: answer.refreshExpiresAt }),
    };
    // An answer that arrives while stopping gets as much time as any other.
    const leastUntil = elapsed() + lastWritesMs;
    const mayGoOn = () => elapsed() <= Math.max(stopAt, leastUntil);
    const isStored = await storePatiently({ vault, claim, pair, slowWriteMs, mayGoOn, log });
    if (!isStored) return giveBackIfEnded(pair);
    coolDown.reset();
    log.info({ expiresAt }, 'renewed');
    onEvent?.({ type: row.lastError ? 'recovered' : 'renewed', connection: name, at: now() });
    return accessToken;
  };

  /** Nobody else knows the pair of a consent that has ended, so it would stay valid at Sage ID. */
  const giveBackIfEnded = async ({ refreshToken }: TokenPair): Promise<undefined> => {
    const row = await vault.connections.read(name).catch(() => undefined);
    if (row?.consent === consent.number) return;
    client
      .revoke(refreshToken)
      .catch(() => log.warn(`a sign-in that was ended during its renewal could not be revoked at ${issuer.service}`));
  };

  /** Stores the failure for all processes and throws it; returns if another process has renewed in the meantime. */
  const fail = async (row: RenewableConnection, claim: LeaseClaim, error: TokenRequestError): Promise<void> => {
    const isDead = isDeadAfter(error);
    if (isDead) {
      // Noted first: even if the store fails, this process does not send that token again.
      deadGeneration = row.generation;
      // A lost race looks like a revoked token, but the winner has stored a newer one.
      const again = await inStore(() => vault.connections.read(name));
      if (again?.generation !== row.generation) return;
    }
    const failure = isDead ? needsConsent(deadReason(issuer.titleOf(name), error), error) : issuer.toError(error);
    const lastError = { code: failure.code, at: now() };
    const state = stateAfterFailure(row, { isDead, code: failure.code }, lastError.at);
    coolDown.failed(failure);
    await vault.connections
      .release(claim, { state, error: lastError, pauseMs: (failure.retryAfter ?? 0) * 1_000 })
      .catch((err: unknown) => log.error({ err }, 'a failed renewal could not be stored'));
    log[isDead || state === 'misconfigured' ? 'error' : 'warn'](
      { code: failure.code, oauthError: error.code, status: error.status },
      'renewal failed',
    );
    // Consecutive failures of the same kind are one event.
    if (row.lastError?.code !== lastError.code)
      onEvent?.({ type: isDead ? 'needs_consent' : 'failing', connection: name, at: lastError.at, error: lastError });
    throw failure;
  };

  /** Waits until the other process has a new pair, has failed, or is gone and its lease has expired. */
  const waitForOther = async (row: RenewableConnection): Promise<void> => {
    for (let waitMs = 15; ; waitMs = Math.min(waitMs * 1.5, 250)) {
      await waitOrStop(waitMs * (0.5 + random()));
      const action = decideWait(row, await inStore(() => vault.connections.read(name)));
      if (action.do === 'readAgain') return;
      if (action.do === 'wait') continue;
      const failure = new GatewayError(action.code, 'Renewing the Sage sign-in failed a moment ago. Try again later.', {
        source: issuer.source,
      });
      coolDown.failed(failure);
      throw failure;
    }
  };

  return {
    run,
    stopWaiting() {
      stopAt = elapsed() + lastWritesMs;
      stopping.abort();
    },
  };
}

function paused(
  { ms, code }: { readonly ms: number; readonly code: ErrorCode },
  { service, source }: ConsentIssuer,
): GatewayError {
  const retryAfter = Math.ceil(ms / 1_000);
  return new GatewayError(code, `${service} has asked for a pause. Try again in ${retryAfter} s.`, {
    source,
    retryAfter,
  });
}

function deadReason(title: string, { failure, code }: TokenRequestError): string {
  if (failure === 'invalidGrant') return `${title} has a sign-in that Sage no longer accepts.`;
  if (failure === 'needsPerson') return `${title} needs its person: Sage requires a new sign-in (${code}).`;
  return `${title} has lost its sign-in: the answer to its renewal was lost.`;
}
