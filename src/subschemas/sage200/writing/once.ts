import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { IdempotencyScope, IdempotencyStore } from '../../../tokens/index.ts';
import type { Write } from '../call.ts';
import type { CompanyScope } from '../scope.ts';

export interface OnceOptions<Outcome> {
  readonly scope: CompanyScope;
  readonly mutation: string;
  readonly key: string;
  readonly request: Write;
  readonly write: () => Promise<Outcome>;
  /** False if nothing was done, such as after a refusal by Sage: the key is free again. */
  readonly isDone: (outcome: Outcome) => boolean;
  /** The error to throw if the end of the first attempt is unknown. */
  readonly unknown: (message: string) => GatewayError;
}

/** Long enough for a UUID with a prefix, too short for storing data. */
const MAX_KEY_LENGTH = 200;

/**
 * Performs a write once for its key: a repeat gets the first outcome, which is plain data.
 * @throws GatewayError BAD_USER_INPUT if the key was used for another body, OUTCOME_UNKNOWN if the first attempt does
 * not end in time, or its answer was lost
 */
export async function once<Outcome>({
  scope,
  mutation,
  key,
  request,
  write,
  isDone,
  unknown,
}: OnceOptions<Outcome>): Promise<Outcome> {
  const { outcomes } = scope.operation.engine;
  const { identity, principal } = scope.operation;
  if (key.trim() === '' || key.length > MAX_KEY_LENGTH)
    throw badKey(`idempotencyKey: use a text of 1 to ${MAX_KEY_LENGTH} characters, and a new one for each write.`);
  if (!outcomes) throw badKey('idempotencyKey: this gateway does not store outcomes. Remove the key.');
  const place: IdempotencyScope = {
    caller: principal.id,
    // A caller's own token changes every few hours; the caller stays the same.
    consent: identity.connection === undefined ? 'own token' : identity.key,
    formerly: identity.formerly,
    company: `${scope.company.site.toLowerCase()}/${scope.company.company}`,
    mutation,
  };
  const begin = () =>
    outcomes.begin(place, key, digestOf(request)).catch((cause: unknown) => {
      throw new GatewayError(
        'UPSTREAM_UNAVAILABLE',
        'The gateway cannot store the idempotency key at the moment, so nothing was sent to Sage 200. Try again later.',
        { cause },
      );
    });
  const begun = await untilEnded(scope, begin);
  if (begun === 'otherBody')
    throw badKey('idempotencyKey: this key was used for a write with other values. Use a new key for each write.');
  if (begun === 'lost' || 'since' in begun)
    throw unknown(
      'A write with this idempotencyKey has not finished, or its answer was lost: it may or may not have been saved. Look the row up before you send it again with another key.',
    );
  // Stored below, by this function.
  if ('outcome' in begun) return JSON.parse(begun.outcome) as Outcome;

  const { first } = begun;
  const outcome = await write().catch(async (error: unknown) => {
    // A key that stays in use is safe, one that is freed too early is not.
    await (surelyNotDone(error) ? first.abandon() : first.lose());
    throw error;
  });
  await (isDone(outcome) ? first.finish(JSON.stringify(outcome)) : first.abandon());
  return outcome;
}

type Begun = Awaited<ReturnType<IdempotencyStore['begin']>>;

/** ms beyond its deadline that a first attempt may take to report its end. */
const LAST_WORDS_MS = 2_000;
const LONGEST_PAUSE_MS = 500;

/** A repeat of a write in progress waits for its end, until one of the two has no time left. */
async function untilEnded({ operation }: CompanyScope, begin: () => Promise<Begun>): Promise<Begun> {
  const { now, deadlineMs } = operation.engine;
  const { deadline } = operation;
  for (let waitMs = 20; ; waitMs = Math.min(waitMs * 1.5, LONGEST_PAUSE_MS)) {
    const begun = await begin();
    if (typeof begun === 'string' || !('since' in begun)) return begun;
    // The process of an attempt that began longer ago is gone.
    if (deadline.aborted || now() - begun.since > deadlineMs + LAST_WORDS_MS) return begun;
    await pause(waitMs);
  }
}

/** Only the client's own errors prove that nothing was performed; an internal error may come after the call. */
const surelyNotDone = (error: unknown): boolean => error instanceof GatewayError && error.code !== 'OUTCOME_UNKNOWN';

/** The same write has the same digest in any order of its input: bodies are made in the schema's order. */
const digestOf = ({ method, path, body = '' }: Write): string =>
  createHash('sha256').update(`${method} ${path}\n${body}`).digest('hex');

const badKey = (message: string) =>
  new GatewayError('BAD_USER_INPUT', message, { details: { inputPath: ['idempotencyKey'] } });
