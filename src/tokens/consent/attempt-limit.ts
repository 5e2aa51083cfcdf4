import { isIPv6 } from 'node:net';
import { GatewayError } from '../../kit/errors/index.ts';

export interface AttemptLimit {
  /**
   * Has a sign-in begin, unless there are too many that did not come to their end.
   * @param address where the browser is, as far as it is known
   * @throws GatewayError RATE_LIMITED
   */
  begin<Begun extends { readonly attempt: string }>(
    address: string | undefined,
    begin: () => Promise<Begun>,
  ): Promise<Begun>;
  /** This one led to somebody signed in, and counts no more. One that began at another instance is no fault. */
  release(attempt: string): void;
}

export interface AttemptLimitOptions {
  /** ms an attempt lasts, and counts. */
  readonly lifeMs: number;
  /** Attempts of one address. An office behind one address signs in on one morning. @default 30 */
  readonly perAddress?: number;
  /** Attempts altogether. @default 1000 */
  readonly total?: number;
  readonly now: () => number;
}

interface Entry {
  readonly address: string;
  /** Epoch ms. */
  readonly endsAt: number;
}

/**
 * Anybody may begin a sign-in, and each beginning is a row in the vault: so there are only so many at a time, counted by each
 * instance for itself. One that fails counts until it would have ended, so that nobody tries on and on.
 */
export function createAttemptLimit(options: AttemptLimitOptions): AttemptLimit {
  const { lifeMs, perAddress = 30, total = 1_000, now } = options;
  // In the order in which they end, since all last equally long. By attempt, once it has a name.
  const entries = new Map<string | symbol, Entry>();

  const forgetEnded = (): void => {
    for (const [key, { endsAt }] of entries) {
      if (endsAt > now()) return;
      entries.delete(key);
    }
  };

  const assertFree = (address: string): void => {
    const all = [...entries.values()];
    const own = all.filter((entry) => entry.address === address);
    const full = [own, all].find((each, index) => each.length >= (index === 0 ? perAddress : total));
    if (!full) return;
    const leftMs = (full[0]?.endsAt ?? 0) - now();
    const where = full === own ? 'from your address' : 'at this gateway';
    throw new GatewayError(
      'RATE_LIMITED',
      `Too many sign-ins were begun ${where} and not finished. Wait a few minutes and begin again.`,
      { retryAfter: Math.max(1, Math.ceil(leftMs / 1_000)) },
    );
  };

  return {
    async begin(from, begin) {
      forgetEnded();
      const address = toNetwork(from);
      assertFree(address);
      const entry = { address, endsAt: now() + lifeMs };
      const place = Symbol('a place taken');
      entries.set(place, entry);
      try {
        const begun = await begin();
        entries.set(begun.attempt, entry);
        return begun;
      } finally {
        entries.delete(place);
      }
    },
    release: (attempt) => void entries.delete(attempt),
  };
}

/** Whoever has an address of IPv6 has the whole /64 around it: those count as one. */
function toNetwork(address = 'unknown'): string {
  if (!isIPv6(address) || address.includes('.')) return address.replace(/^::ffff:/i, '');
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
