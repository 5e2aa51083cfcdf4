import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { IdempotencyAttempt, IdempotencyStore } from '../../../tokens/index.ts';
import { badArgument } from '../calls.ts';
import { source } from '../errors.ts';

export interface OnceOptions {
  readonly outcomes: IdempotencyStore;
  /** The one who asks: others may not use the same key. */
  readonly caller: string;
  /** Within which Sage knows the key: the client's token or a company's. */
  readonly keysOf: string;
  readonly mutation: string;
  readonly key: string;
  readonly body: string;
  /** ms that Sage keeps the key: after that a repeat would be another write. */
  readonly keptMs: number;
  /** ms that a write may take: so long a repeat waits for the first to end. */
  readonly waitMs: number;
  readonly now: () => number;
}

/** What was done: enough to find it again, and nothing of what was in it. */
export interface Done {
  readonly id: string | undefined;
  readonly interactionId: string;
}

type Kept = { readonly state: 'done'; readonly done: Done } | { readonly state: 'unknown'; readonly at: number };

/** What a repeat may take to get to Sage. */
const MARGIN_MS = 60_000;
/** Between two looks at a write that is under way. */
const PAUSE_MS = 100;

/**
 * Carries a write out once for its key, as Sage does, and longer: what was done is not sent again. What may have been done
 * is sent again with its key while Sage surely knows it. Sage knows keys of the gateway, not of its callers, so one that
 * another caller has used is refused here.
 * @returns what was done before, or what `write` answers
 * @throws GatewayError BAD_USER_INPUT when the key was used for something else, OUTCOME_UNKNOWN when a repeat is not safe
 */
export async function once<Written extends { readonly done: Done | undefined }>(
  options: OnceOptions,
  write: () => Promise<Written>,
): Promise<Written | { readonly before: Done }> {
  const { caller, body, keptMs, now } = options;
  const digest = createHash('sha256')
    .update(JSON.stringify([caller, body]))
    .digest('hex');
  const begun = await begin(options, digest);
  if ('first' in begun) return attempt(begun.first, now(), write);
  if ('done' in begun) return { before: begun.done };
  // Sage carries out one of the two, as long as it knows the key.
  if (now() - begun.unknownSince < keptMs - MARGIN_MS) return write();
  throw notSafe();
}

type Begun = { readonly first: IdempotencyAttempt } | { readonly done: Done } | { readonly unknownSince: number };

/** Takes the key; while its first write is under way, waits for how that ends. @throws GatewayError */
async function begin(options: OnceOptions, digest: string): Promise<Begun> {
  const { outcomes, keysOf, mutation, key, waitMs, now } = options;
  const place = { caller: 'all', consent: keysOf, company: source, mutation };
  for (;;) {
    const begun = await outcomes.begin(place, key, digest).catch((cause: unknown) => {
      throw new GatewayError(
        'UPSTREAM_UNAVAILABLE',
        'The gateway cannot store the idempotency key at the moment, so nothing was sent to Payments Out. Try again later.',
        { cause },
      );
    });
    if (begun === 'otherBody')
      throw badArgument(['idempotencyKey'], 'was used for another write. Use a new key for each write.');
    if (begun === 'lost') throw notSafe();
    if ('first' in begun) return begun;
    if ('outcome' in begun) {
      // Written below.
      const kept = JSON.parse(begun.outcome) as Kept;
      return kept.state === 'done' ? { done: kept.done } : { unknownSince: kept.at };
    }
    if (now() - begun.since > waitMs) return { unknownSince: begun.since };
    await pause(PAUSE_MS);
  }
}

async function attempt<Written extends { readonly done: Done | undefined }>(
  { finish, abandon }: IdempotencyAttempt,
  at: number,
  write: () => Promise<Written>,
): Promise<Written> {
  const keep = (kept: Kept) => finish(JSON.stringify(kept));
  try {
    const written = await write();
    await (written.done ? keep({ state: 'done', done: written.done }) : abandon());
    return written;
  } catch (error) {
    const isUnknown = !(error instanceof GatewayError) || error.code === 'OUTCOME_UNKNOWN';
    await (isUnknown ? keep({ state: 'unknown', at }) : abandon());
    throw error;
  }
}

const notSafe = () =>
  new GatewayError(
    'OUTCOME_UNKNOWN',
    'A write with this idempotencyKey was begun, its answer is unknown, and Sage may no longer remember the key: it may or may not have been carried out. Find out before you send it again with another key.',
    { source },
  );
