import { createHash } from 'node:crypto';
import type { SandboxResponse } from '../../sandbox-server.ts';
import type { ReadSwitches } from '../switches.ts';
import { Refusal } from './refusal.ts';

/** Source: the consumer guides: 10 minutes for a file batch, 2 weeks for an electronic one. A subscription's is not given. */
export const KEPT_MS = { file: 10 * 60_000, other: 14 * 86_400_000 };

interface Kept {
  readonly digest: string;
  readonly answer: SandboxResponse;
  /** Epoch ms. */
  readonly endsAt: number;
}

/** Repeats the first answer to a key. It is documented that a key is processed once, but not what a repeat gets. */
export function createIdempotency(now: () => number, switches: ReadSwitches) {
  const kept = new Map<string, Kept>();

  return (place: string, body: Buffer, keptMs: number, carryOut: () => SandboxResponse): SandboxResponse => {
    for (const [each, { endsAt }] of kept) if (endsAt < now()) kept.delete(each);
    const digest = createHash('sha256').update(body).digest('hex');
    const known = kept.get(place);
    if (known && known.digest !== digest && switches().idempotencyConflict === '422')
      throw new Refusal(422, 'This x-idempotency-key was used with another body.');
    if (known) return known.answer;
    const answer = carryOut();
    kept.set(place, { digest, answer, endsAt: now() + keptMs });
    return answer;
  };
}
