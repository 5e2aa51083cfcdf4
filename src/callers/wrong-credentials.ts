import { BoundedCache } from '../kit/cache.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { networkOf } from '../kit/network-of.ts';

export interface WrongCredentials {
  /**
   * Counts wrong credentials from an address.
   * @returns what to throw: the refusal itself, or RATE_LIMITED from the 21st within a minute
   */
  refusal(address: string | undefined, refusal: GatewayError): GatewayError;
  /**
   * Asks an upstream about credentials that only it can judge. There are never more checks in flight than may still be wrong;
   * the others wait for their answers.
   * @throws GatewayError RATE_LIMITED, without asking
   */
  ask<Answer>(address: string | undefined, ask: () => Promise<Answer>): Promise<Answer>;
}

/** How many wrong credentials an address may send in a minute before it is rate limited. */
const MOST_WRONG = 20;
const WINDOW_MS = 60_000;
/** How many addresses are remembered; the least recently used is forgotten first. */
const MAX_ADDRESSES = 10_000;

interface Questions {
  count: number;
  /** Settles when one of them has its answer. */
  next: PromiseWithResolvers<void>;
}

/** Slows down guessing. Valid credentials are never counted and never limited. */
export function createWrongCredentials(now: () => number): WrongCredentials {
  // The latest times, oldest first.
  const wrong = new BoundedCache<string, readonly number[]>({ name: 'wrong credentials', maxEntries: MAX_ADDRESSES });
  const asking = new Map<string, Questions>();
  const counted = new WeakSet<GatewayError>();

  const recent = (network: string): readonly number[] =>
    (wrong.get(network) ?? []).filter((at) => at <= now() && now() - at < WINDOW_MS);

  const count = (network: string): void => wrong.set(network, [...recent(network), now()]);

  const tooMany = ([first = now()]: readonly number[]): GatewayError => {
    const retryAfter = Math.max(1, Math.ceil((first + WINDOW_MS - now()) / 1_000));
    const error = new GatewayError(
      'RATE_LIMITED',
      `Too many wrong credentials from this address within a minute. Wait ${retryAfter} seconds, or send valid ones, which are always accepted.`,
      { retryAfter },
    );
    counted.add(error);
    return error;
  };

  const isTurn = (network: string): boolean => {
    const times = recent(network);
    if (times.length >= MOST_WRONG) throw tooMany(times);
    return times.length + (asking.get(network)?.count ?? 0) < MOST_WRONG;
  };

  return {
    refusal(address, refusal) {
      if (counted.has(refusal)) return refusal;
      const network = networkOf(address);
      const times = recent(network);
      if (times.length >= MOST_WRONG) return tooMany(times);
      count(network);
      return refusal;
    },

    async ask(address, ask) {
      const network = networkOf(address);
      while (!isTurn(network)) await asking.get(network)?.next.promise;
      const questions = asking.get(network) ?? { count: 0, next: Promise.withResolvers<void>() };
      asking.set(network, questions);
      questions.count += 1;
      try {
        return await ask();
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'UNAUTHENTICATED') {
          // Now, and not after the caller has its answer: somebody may be waiting for this place.
          count(network);
          counted.add(error);
        }
        throw error;
      } finally {
        questions.count -= 1;
        questions.next.resolve();
        questions.next = Promise.withResolvers<void>();
        if (questions.count === 0) asking.delete(network);
      }
    },
  };
}
