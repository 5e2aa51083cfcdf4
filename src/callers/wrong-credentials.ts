import { BoundedCache } from '../kit/cache.ts';
import { GatewayError } from '../kit/errors/index.ts';
import { networkOf } from '../kit/network-of.ts';

export interface WrongCredentials {
  /**
   * Counts wrong credentials of an address.
   * @returns what to throw: the refusal itself, or RATE_LIMITED from the 21st within a minute on
   */
  refusal(address: string | undefined, refusal: GatewayError): GatewayError;
  /**
   * Asks an upstream about credentials that only it can judge. As many are asked about as may still be wrong; more wait
   * for the answers to those.
   * @throws GatewayError RATE_LIMITED, without asking
   */
  ask<Answer>(address: string | undefined, ask: () => Promise<Answer>): Promise<Answer>;
}

/** Wrong credentials an address may send in a minute before it is refused in other words, and for longer. */
const MOST_WRONG = 20;
const WINDOW_MS = 60_000;
/** Addresses that are remembered; the one that was quiet for longest is forgotten first. */
const MAX_ADDRESSES = 10_000;

interface Questions {
  count: number;
  /** Settled when one of them has its answer. */
  next: PromiseWithResolvers<void>;
}

/** Slows down guessing. What is right is never counted, and never asked whether it comes too often. */
export function createWrongCredentials(now: () => number): WrongCredentials {
  // Times of the latest, oldest first.
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
      `Too many wrong credentials came from this address within a minute. Wait ${retryAfter} seconds, or send valid ones: those are answered at any time.`,
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
          // Now, and not once the caller hears of it: somebody may be waiting for this place.
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
