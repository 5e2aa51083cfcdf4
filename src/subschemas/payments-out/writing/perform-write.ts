import { createHash, randomUUID } from 'node:crypto';
import { GatewayError } from '../../../kit/errors/index.ts';
import { isObject } from '../../../kit/json.ts';
import { recorded } from '../../../kit/recorded.ts';
import { othersTurn } from '../../../kit/turns.ts';
import type { AuditTrail, IdempotencyStore } from '../../../tokens/index.ts';
import { badArgument, type Call } from '../calls.ts';
import type { Answer } from '../client.ts';
import { source } from '../errors.ts';
import type { PaymentsOutScope } from '../scope.ts';
import type { NetworkConfig } from '../section.ts';
import { type Done, once } from './once.ts';

export interface WriteEngine {
  readonly config: NetworkConfig;
  readonly record: Pick<AuditTrail, 'begin'> | undefined;
  readonly outcomes: IdempotencyStore | undefined;
  readonly now: () => number;
}

export interface WriteField {
  /** What is sent. @throws GatewayError BAD_USER_INPUT */
  readonly prepare: () => Call;
  /** Sage's id of what is changed, where it is known. */
  readonly key?: string | undefined;
  /** Of writes that Sage carries out once for a key. */
  readonly idempotency?: Idempotency;
  /** How to find out whether it was done. */
  readonly lookUp?: { readonly field: string; readonly query: string };
}

interface Idempotency {
  readonly given: string | null | undefined;
  /** Source: the consumer guides on subscriptions and on batches. */
  readonly mustBeUuid: boolean;
  readonly keptMs: number;
  /** The member of the answer with the id of what was made. */
  readonly idMember: string;
}

export interface Written {
  /** What Sage answered; undefined where it was refused, or done before. */
  readonly answer: Answer | undefined;
  readonly done: Done | undefined;
  readonly payload: {
    readonly interactionId: string | undefined;
    readonly idempotencyKey?: string;
    readonly userErrors: readonly UserError[];
  };
}

export interface UserError {
  readonly code: string;
  readonly message: string;
}

/**
 * Runs one write after those before it: checked, recorded before it goes out, and sent once. What Sage refuses becomes a
 * user error; every other failure stays one.
 */
export function performWrite(engine: WriteEngine, scope: PaymentsOutScope, field: WriteField): Promise<Written> {
  return scope.inTurn(async () => {
    // Its input, which may have 200,000 members, has just been coerced, and is now checked and printed.
    await othersTurn();
    const { idempotency } = field;
    const idempotencyKey = idempotency && toKey(idempotency);
    const call = { ...field.prepare(), idempotencyKey };
    const write = () => recordedWrite(engine, scope, call, field);
    const { outcomes, config, now } = engine;
    if (!idempotency || idempotencyKey === undefined || !outcomes) return write();
    const { companyToken, principal } = scope;
    const takesCompanyToken = config.consumer?.token === 'company' && companyToken;
    const written = await once(
      {
        outcomes,
        caller: principal.id,
        keysOf: takesCompanyToken ? createHash('sha256').update(companyToken.reveal()).digest('hex') : config.clientId,
        mutation: call.name,
        // One of the gateway's counts like one of theirs: its caller is told it when the outcome is unknown.
        key: idempotencyKey,
        body: `${call.path}\n${call.body}`,
        keptMs: idempotency.keptMs,
        now,
        waitMs: config.deadlineMs,
      },
      write,
    );
    if (!('before' in written)) return written;
    const { interactionId } = written.before;
    return { answer: undefined, done: written.before, payload: { interactionId, idempotencyKey, userErrors: [] } };
  });
}

function recordedWrite(
  { record, now }: WriteEngine,
  scope: PaymentsOutScope,
  call: Call,
  field: WriteField,
): Promise<Written> {
  const write = () => attempt(scope, call, field);
  if (!record) return write();
  const { principal, requestId } = scope;
  const { key } = field;
  return recorded({
    begin: () =>
      record.begin({
        kind: 'mutation',
        at: now(),
        caller: principal.id,
        requestId,
        action: `paymentsOut.${call.name}`,
        key,
      }),
    upstream: 'Payments Out',
    write,
    endOf: ({ done, payload: { userErrors } }) => ({ outcome: userErrors[0]?.code ?? 'DONE', key: done?.id ?? key }),
    endOfFailure: (outcome) => ({ outcome, key }),
  });
}

async function attempt(
  scope: PaymentsOutScope,
  call: Call,
  { idempotency, lookUp, key }: WriteField,
): Promise<Written> {
  const { idempotencyKey } = call;
  const given = idempotencyKey === undefined ? {} : { idempotencyKey };
  try {
    const answer = await scope.write(call);
    const { data, interactionId } = answer;
    const made = idempotency && isObject(data) ? data[idempotency.idMember] : undefined;
    if (idempotency && typeof made !== 'string') throw withoutObject(interactionId, idempotencyKey);
    const id = typeof made === 'string' ? made : key;
    return { answer, done: { id, interactionId }, payload: { interactionId, ...given, userErrors: [] } };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const { code, message, details } = error;
    if (code === 'OUTCOME_UNKNOWN' && lookUp) throw withLookUp(error, lookUp);
    if (code !== 'UPSTREAM_REJECTED') throw error;
    const requestId = details?.['requestId'];
    const interactionId = typeof requestId === 'string' ? requestId : undefined;
    return {
      answer: undefined,
      done: undefined,
      payload: { interactionId, ...given, userErrors: [{ code, message }] },
    };
  }
}

const MOST_KEY_CHARACTERS = 200;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The caller's key, or a new one. @throws GatewayError BAD_USER_INPUT for one that Sage cannot be sent */
function toKey({ given, mustBeUuid }: Idempotency): string {
  if (given === undefined || given === null) return randomUUID();
  if (mustBeUuid && !UUID.test(given))
    throw badArgument(['idempotencyKey'], 'is not a UUID. Use a new UUID for each write.');
  if (/^[\x21-\x7e]+$/.test(given) && given.length <= MOST_KEY_CHARACTERS && !given.includes('"')) return given;
  throw badArgument(
    ['idempotencyKey'],
    `is not a key. Use 1 to ${MOST_KEY_CHARACTERS} letters, digits and symbols, such as a UUID, and a new key for each write.`,
  );
}

const withoutObject = (interactionId: string, idempotencyKey: string | undefined) =>
  new GatewayError(
    'OUTCOME_UNKNOWN',
    'Payments Out answered this write without the object: it may or may not have been carried out. Send it again with the key in extensions.idempotencyKey: Sage carries it out only once.',
    { source, details: { requestId: interactionId, idempotencyKey } },
  );

const withLookUp = (error: GatewayError, lookUp: NonNullable<WriteField['lookUp']>) =>
  new GatewayError(
    'OUTCOME_UNKNOWN',
    `${error.message} The query in extensions.lookUp shows whether it was carried out.`,
    {
      source,
      cause: error,
      details: { ...error.details, lookUp },
    },
  );
