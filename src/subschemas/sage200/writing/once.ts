import { createHash } from 'node:crypto';
import { GatewayError } from '../../../kit/errors/index.ts';
import type { Write } from '../client.ts';
import type { CompanyScope } from '../scope.ts';
import type { OutcomeScope } from './write-outcomes.ts';

export interface OnceOptions<Outcome> {
  readonly scope: CompanyScope;
  readonly mutation: string;
  readonly key: string;
  /** What would go out. */
  readonly request: Write;
  readonly write: () => Promise<Outcome>;
  /** False when nothing was done, such as for what Sage refused: the key is free again. */
  readonly isDone: (outcome: Outcome) => boolean;
  /** What to throw when nobody knows how the first attempt ended. */
  readonly unknown: (message: string) => GatewayError;
}

/** Long enough for a UUID with a prefix, short enough that nobody takes it for a place to keep things. */
const MAX_KEY_LENGTH = 200;

/**
 * Carries a write out once for its key: a repeat gets the first outcome, which is plain data.
 * @throws GatewayError BAD_USER_INPUT when the key was used for another body, OUTCOME_UNKNOWN when the first attempt
 * is not finished, or its answer was lost
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
  const { outcomes, log } = scope.operation.engine;
  const { identity, principal } = scope.operation;
  if (key.trim() === '' || key.length > MAX_KEY_LENGTH)
    throw badKey(`idempotencyKey: give a text of 1 to ${MAX_KEY_LENGTH} characters, another for each write.`);
  if (!outcomes) throw badKey('idempotencyKey: this gateway keeps no outcomes. Leave the key out.');
  const place: OutcomeScope = {
    caller: principal.id,
    // A caller's own token is another one every few hours; the caller stays the same.
    consent: identity.connection === undefined ? 'own token' : identity.key,
    formerly: identity.formerly,
    company: `${scope.company.site}/${scope.company.company}`,
    mutation,
  };
  const begun = await outcomes.begin(place, key, digestOf(request)).catch((cause: unknown) => {
    throw new GatewayError(
      'UPSTREAM_UNAVAILABLE',
      'The gateway cannot keep the idempotency key just now, so nothing was sent to Sage 200. Try again later.',
      { cause },
    );
  });
  if (begun === 'otherBody')
    throw badKey('idempotencyKey: this key was used for a write with other values. Give each write a key of its own.');
  if (begun === 'unfinished')
    throw unknown(
      'A write with this idempotencyKey was begun and has not ended, or its answer was lost: it may or may not have been saved. Look the row up before you send it again with another key.',
    );
  // Written below, by this very function.
  if (begun !== 'first') return JSON.parse(begun.outcome) as Outcome;

  const free = () =>
    outcomes.abandon(place, key).catch((err: unknown) => log?.warn({ err }, 'an idempotency key stays taken'));
  const outcome = await write().catch(async (error: unknown) => {
    // A key that stays taken is safe, one that is freed too early is not.
    if (surelyNotDone(error)) await free();
    throw error;
  });
  if (!isDone(outcome)) {
    await free();
    return outcome;
  }
  // What was done is told all the same; a repeat will hear that the outcome is not known.
  await outcomes
    .finish(place, key, JSON.stringify(outcome))
    .catch((err: unknown) => log?.warn({ err }, 'the outcome of a write could not be kept'));
  return outcome;
}

/** Only the client's own errors say for sure that nothing was carried out; a fault of ours may come after the call. */
const surelyNotDone = (error: unknown): boolean => error instanceof GatewayError && error.code !== 'OUTCOME_UNKNOWN';

/** The same write has the same digest however its input was ordered: bodies are made in the schema's order. */
const digestOf = ({ method, path, body = '' }: Write): string =>
  createHash('sha256').update(`${method} ${path}\n${body}`).digest('hex');

const badKey = (message: string) =>
  new GatewayError('BAD_USER_INPUT', message, { details: { inputPath: ['idempotencyKey'] } });
