import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError, type Secret } from '../kit/errors/index.ts';
import type { ConnectionTokenSourceOptions } from './connection-token-source.ts';
import { connectUrlOf } from './consent/personal-connection.ts';
import { consentEnded, consentReplaced } from './consent-failure.ts';
import { createCoolDown } from './cool-down.ts';
import type { SageIdAnswer } from './sage-id-client.ts';
import { toSageIdError } from './sage-id-failure.ts';
import { TokenRequestError } from './token-request-error.ts';
import type { AccessToken } from './token-source.ts';
import type { LeaseClaim, StoredConnection, TokenPair } from './vault/index.ts';

export interface ConnectionRenewal {
  /** A newer token than `stale`: another process's, or Sage's. */
  run(stale: AccessToken | undefined): Promise<AccessToken>;
  /** Ends waiting for other processes and endless write attempts; a request under way goes on. */
  stopWaiting(): void;
}

/** A stored row whose refresh token could be read. */
type Renewable = StoredConnection & { readonly refreshToken: Secret };

/**
 * The renewal protocol, one thing because its order is what keeps a rotating refresh token alive:
 * read the row · take the lease on its generation (which also proves the store writable) · send the refresh token
 * once · store the new pair in one statement · only then hand the token out. Losers of the lease read again.
 */
export function createConnectionRenewal(
  options: ConnectionTokenSourceOptions & { readonly now: () => number; readonly random: () => number },
): ConnectionRenewal {
  const { consent, vault, client, onEvent, onGone, now, random, leaseMs = 15_000 } = options;
  const { name } = consent;
  const { lostAnswerPauseMs = 200, slowWriteMs = 1_000, lastWritesMs = 10_000, takeoverPauseMs = 3_000 } = options;
  const { connectUrl = connectUrlOf(name) } = options;
  const redirectUri = () => (typeof options.redirectUri === 'function' ? options.redirectUri() : options.redirectUri);
  const log = options.log.child({ connection: name });
  const coolDown = createCoolDown({ ...options.pauses, now, random });
  const stopping = new AbortController();
  let stopAt = Number.POSITIVE_INFINITY;
  let seenGeneration: number | undefined;
  /** A generation known to be dead, in case that could not be written. */
  let deadGeneration: number | undefined;
  /** The owner of an abandoned lease who had its moment. */
  let waitedFor: string | undefined;

  const needsConsent = (why: string, cause?: unknown) =>
    new GatewayError('NEEDS_CONSENT', `${why} Sign in to Sage at connectUrl.`, {
      source: 'sage200',
      connectUrl,
      cause,
    });

  const run = async (stale: AccessToken | undefined): Promise<AccessToken> => {
    for (;;) {
      const row = assertSame(await inStore(() => vault.connections.read(name)));
      if (isNewer(row.accessToken, stale)) return row.accessToken;
      const renewable = toRenewable(row);
      if (renewable.generation !== seenGeneration) coolDown.reset();
      seenGeneration = renewable.generation;
      coolDown.assertReady();
      if (await mayStillBeStored(renewable)) continue;
      const claim = { consent, generation: renewable.generation, owner: randomUUID(), forMs: leaseMs };
      if (await takeLease(claim)) {
        const token = await renew(renewable, claim);
        if (token) return token;
      } else {
        await waitForOther(renewable);
      }
    }
  };

  /**
   * A lease that ran out belongs to a process that was killed, or to one that lost the database with a new pair in its
   * hands and stores it as soon as it can. The second gets a moment, since to present its refresh token again is to lose it.
   */
  const mayStillBeStored = async ({ abandonedBy, generation }: Renewable): Promise<boolean> => {
    if (abandonedBy === undefined || abandonedBy === waitedFor) return false;
    log.warn(
      'another process took the lease of a renewal and let it run out; it gets a last moment to store its tokens',
    );
    await waitOrStop(takeoverPauseMs);
    // It may have left its pair in a file, to whoever sees the same disk.
    await vault.pending.replay().catch((err: unknown) => log.warn({ err }, 'kept token pairs could not be stored yet'));
    const again = await inStore(() => vault.connections.read(name));
    waitedFor = abandonedBy;
    return again?.generation !== generation || again.abandonedBy !== abandonedBy;
  };

  const waitOrStop = (ms: number) =>
    pause(ms, undefined, { signal: stopping.signal }).catch(() => {
      throw new GatewayError('UPSTREAM_UNAVAILABLE', 'The gateway is stopping. Send the request again.');
    });

  const isNewer = (token: AccessToken | undefined, stale: AccessToken | undefined): token is AccessToken =>
    token !== undefined && now() < token.expiresAt && token.value.reveal() !== stale?.value.reveal();

  /** What stands under the name may be another person's by now, whatever its generation. */
  const assertSame = (row: StoredConnection | undefined): StoredConnection => {
    if (row && row.consent === consent.number && row.subject === consent.subject) return row;
    onGone?.();
    if (row && row.consent === undefined) return toRenewable(row);
    throw row ? consentReplaced(name) : consentEnded(name, connectUrl);
  };

  const toRenewable = (row: StoredConnection): Renewable => {
    if (row.unreadable.length > 0)
      log.error({ fields: row.unreadable }, 'a stored connection cannot be opened with the keys at hand');
    const { refreshToken } = row;
    if (!refreshToken || row.state === 'needs_consent' || row.generation === deadGeneration) {
      throw needsConsent(`The Sage connection "${name}" needs its person again.`);
    }
    return { ...row, refreshToken };
  };

  // Written before the refresh token leaves: a full disk or a lost database shows while it still lives.
  const takeLease = async (claim: LeaseClaim) => {
    try {
      return await inStore(() => vault.connections.takeLease(claim));
    } catch (error) {
      coolDown.failed(error);
      throw error;
    }
  };

  /** @returns undefined when another process changed the row meanwhile: read again. */
  const renew = async (row: Renewable, claim: LeaseClaim): Promise<AccessToken | undefined> => {
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
  const present = async ({ refreshToken }: Renewable, claim: LeaseClaim): Promise<SageIdAnswer | undefined> => {
    try {
      return await client.refresh(refreshToken, redirectUri());
    } catch (error) {
      if (!isLost(error)) throw error;
      log.warn('the answer to a renewal was lost; the same refresh token is sent once more');
    }
    await pause(lostAnswerPauseMs);
    // Without the store nobody else can take the lease either; with it, only its owner may go on.
    if (!(await vault.connections.extendLease(claim).catch(() => true))) return undefined;
    return client.refresh(refreshToken, redirectUri());
  };

  /** Nobody gets a token that is not stored: it would hide the loss of its refresh token until the next restart. */
  const store = async (row: Renewable, claim: LeaseClaim, answer: SageIdAnswer): Promise<AccessToken | undefined> => {
    const { accessToken: value, issuedAt, expiresAt } = answer;
    const accessToken = { value, issuedAt, expiresAt };
    // RFC 6749 section 6: an answer without a new refresh token leaves the old one in force.
    const pair = {
      accessToken,
      refreshToken: answer.refreshToken ?? row.refreshToken,
      scope: answer.scope ?? row.scope,
    };
    let kept = Promise.resolve(false);
    const keepOnce = async () => {
      kept = kept.then((isKept) => isKept || keep(claim, pair));
      await kept;
    };
    for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 2_000)) {
      // A write that hangs may hang for seconds, and this process may not live that long.
      const hanging = setTimeout(keepOnce, slowWriteMs);
      try {
        const isStored = await vault.connections.storePair(claim, pair).finally(() => clearTimeout(hanging));
        if (await kept) await vault.pending.drop(claim).catch(() => {});
        if (!isStored) return await giveBackIfEnded(pair);
        break;
      } catch (error) {
        await keepOnce();
        log.error(
          { err: error },
          'a renewed token pair could not be stored and is tried again; until then nobody gets it',
        );
        if (now() > stopAt) throw storeFailure(error);
        await pause(waitMs);
      }
    }
    coolDown.reset();
    log.info({ expiresAt }, 'renewed');
    onEvent?.({ type: row.lastError ? 'recovered' : 'renewed', connection: name, at: now() });
    return accessToken;
  };

  /** Nobody else knows the pair of a consent that ended meanwhile: it would live on at Sage ID. */
  const giveBackIfEnded = async ({ refreshToken }: TokenPair): Promise<undefined> => {
    const row = await vault.connections.read(name).catch(() => undefined);
    if (row?.consent === consent.number) return;
    client
      .revoke(refreshToken)
      .catch(() => log.warn('a sign-in that was ended while it was renewed lives on at Sage ID'));
  };

  /** So that it outlives this process, should the database stay away for longer. */
  const keep = async (claim: LeaseClaim, pair: TokenPair): Promise<boolean> => {
    try {
      await vault.pending.keep(claim, pair);
      return true;
    } catch (err) {
      log.error({ err }, 'a renewed token pair could not be kept in a file either');
      return false;
    }
  };

  /** Says what failed, for everybody, and throws it; returns when somebody else has rotated meanwhile. */
  const fail = async (row: Renewable, claim: LeaseClaim, error: TokenRequestError): Promise<void> => {
    const isDead = error.failure === 'invalidGrant' || isLost(error);
    if (isDead) {
      // Noted before anything else: whatever becomes of the store, this process sends that token no more.
      deadGeneration = row.generation;
      // A lost race looks like a revoked token: whoever won has stored a newer one.
      const again = await inStore(() => vault.connections.read(name));
      if (again?.generation !== row.generation) return;
    }
    const failure = isDead ? needsConsent(deadReason(name, error), error) : toSageIdError(error, 'sage200');
    const lastError = { code: failure.code, at: now() };
    const state = isDead ? 'needs_consent' : failure.code === 'MISCONFIGURED' ? 'misconfigured' : usableState(row);
    coolDown.failed(failure);
    await vault.connections
      .release(claim, { state, error: lastError })
      .catch((err: unknown) => log.error({ err }, 'a failed renewal could not be noted'));
    log[isDead || state === 'misconfigured' ? 'error' : 'warn'](
      { code: failure.code, oauthError: error.code, status: error.status },
      'renewal failed',
    );
    // One failure after the other of the same kind is one event.
    if (row.lastError?.code !== lastError.code)
      onEvent?.({ type: isDead ? 'needs_consent' : 'failing', connection: name, at: lastError.at, error: lastError });
    throw failure;
  };

  const usableState = ({ accessToken }: Renewable) =>
    accessToken && now() < accessToken.expiresAt ? 'connected' : 'unavailable';

  /** Until the other process has a new pair, has failed, or is gone and its lease has run out. */
  const waitForOther = async (row: Renewable): Promise<void> => {
    for (let waitMs = 15; ; waitMs = Math.min(waitMs * 1.5, 250)) {
      await waitOrStop(waitMs * (0.5 + random()));
      const next = await inStore(() => vault.connections.read(name));
      if (next?.generation !== row.generation) return;
      if (next.state === 'renewing') continue;
      if (!next.lastError || next.lastError.at === row.lastError?.at || next.state === 'needs_consent') return;
      // It failed while we waited: its error is ours too, instead of one time-out after the other.
      const failure = new GatewayError(
        next.lastError.code,
        'Renewing the Sage sign-in failed a moment ago. Try again later.',
        { source: 'sage200' },
      );
      coolDown.failed(failure);
      throw failure;
    }
  };

  return {
    run,
    stopWaiting() {
      stopAt = now() + lastWritesMs;
      stopping.abort();
    },
  };
}

const isLost = (error: unknown): boolean =>
  error instanceof TokenRequestError && (error.failure === 'lostAnswer' || error.failure === 'lateAnswer');

const deadReason = (name: string, { failure }: TokenRequestError) =>
  failure === 'invalidGrant'
    ? `Sage no longer accepts the sign-in of connection "${name}".`
    : `Sage's answers to the renewal of connection "${name}" were lost.`;

const storeFailure = (cause: unknown) =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    "The gateway's store of Sage sign-ins cannot be used at the moment. Try again later.",
    { cause },
  );

async function inStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeFailure(error);
  }
}
