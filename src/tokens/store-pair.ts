import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { GatewayError } from '../kit/errors/index.ts';
import type { LeaseClaim, TokenPair, Vault } from './vault/index.ts';

interface StoreOptions {
  readonly vault: Vault;
  readonly claim: LeaseClaim;
  readonly pair: TokenPair;
  /** ms a write may take before the pair is kept in a file as well. */
  readonly slowWriteMs: number;
  /** False once there is no more time for another attempt. */
  readonly mayGoOn: () => boolean;
  readonly log: Logger;
}

/**
 * Stores a renewed pair, again and again: it cannot be had a second time. Beside, it is kept in a file as soon as the database
 * is slow or fails, so that it outlives this process.
 * @returns false when another generation or consent is there already
 * @throws GatewayError UPSTREAM_UNAVAILABLE when there is no more time
 */
export async function storePatiently({
  vault,
  claim,
  pair,
  slowWriteMs,
  mayGoOn,
  log,
}: StoreOptions): Promise<boolean> {
  const keep = async (): Promise<boolean> => {
    try {
      await vault.pending.keep(claim, pair);
      return true;
    } catch (err) {
      log.error({ err }, 'a renewed token pair could not be kept in a file either');
      return false;
    }
  };
  let kept = Promise.resolve(false);
  const keepOnce = async () => {
    kept = kept.then((isKept) => isKept || keep());
    await kept;
  };
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 2_000)) {
    // A write that hangs may hang for seconds, and this process may not live that long.
    const hanging = setTimeout(keepOnce, slowWriteMs);
    try {
      const isStored = await vault.connections.storePair(claim, pair).finally(() => clearTimeout(hanging));
      if (await kept) await vault.pending.drop(claim).catch(() => {});
      return isStored;
    } catch (error) {
      await keepOnce();
      log.error(
        { err: error },
        'a renewed token pair could not be stored and is tried again; until then nobody gets it',
      );
      if (!mayGoOn()) throw storeFailure(error);
      await pause(waitMs);
    }
  }
}

const storeFailure = (cause: unknown) =>
  new GatewayError(
    'UPSTREAM_UNAVAILABLE',
    "The gateway's store of Sage sign-ins cannot be used at the moment. Try again later.",
    { source: 'gateway', cause },
  );

/** @throws GatewayError UPSTREAM_UNAVAILABLE when the store fails */
export async function inStore<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeFailure(error);
  }
}
