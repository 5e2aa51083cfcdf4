import { GatewayError } from '../../../kit/errors/index.ts';
import { isObject } from '../../../kit/json.ts';
import type { Write } from '../client.ts';
import { keyOf } from '../row-data.ts';
import type { CompanyScope, OperationScope } from '../scope.ts';
import { audited } from './audited.ts';
import type { LookUp } from './look-up.ts';
import { once } from './once.ts';
import { partialFailure, type UserError, withoutMessage } from './partial-failure.ts';
import type { WriteEnd } from './write-audit.ts';

/** Where a mutation field writes: the operation's queue keeps the order, the scope says which company. */
export interface WriteTarget {
  readonly operation: OperationScope;
  readonly scope: () => Promise<CompanyScope>;
}

/** How a write ended. Plain data: it is kept for repeats. */
export interface Outcome {
  /** What Sage answered; nothing where it refused. */
  readonly data?: unknown;
  readonly isRefused: boolean;
  /** Whether the write itself went out. */
  readonly isSent: boolean;
  readonly userErrors: readonly UserError[];
}

/** A write that was checked and is not sent yet. */
export interface PreparedWrite {
  readonly request: Write;
  /** How it is carried out where that takes more than the one call. */
  readonly send?: (onSent: () => void) => Promise<unknown>;
  /** Sage's key of the row, where it is known. */
  readonly key?: string | undefined;
  /** Lines in the input of an order, which Sage saves one by one. */
  readonly lineCount?: number | undefined;
  /** Whether Sage answers with the new row: without its id nobody knows what was saved. */
  readonly expectsId?: boolean;
  /** Finds out afterwards whether it was done. */
  readonly lookUp: LookUp | undefined;
}

export interface MutationField {
  /** Its name. */
  readonly mutation: string;
  readonly idempotencyKey: string | null | undefined;
  /** @throws GatewayError BAD_USER_INPUT for what Sage would refuse */
  readonly prepare: (scope: CompanyScope) => PreparedWrite;
  readonly toPayload: (data: unknown, scope: CompanyScope, key: string | undefined) => object;
  /** The payload without anything saved. */
  readonly nothing: object;
}

/**
 * Runs one write after those before it: checked, noted before it goes out, and sent once. What Sage refuses in words
 * becomes a user error; every other failure stays one.
 */
export function performWrite(target: WriteTarget, field: MutationField): Promise<object> {
  const { mutation, idempotencyKey, prepare, toPayload, nothing } = field;
  return target.operation.enqueueWrite(async () => {
    if (target.operation.principal.readOnly) throw new GatewayError('FORBIDDEN', 'This caller may only read.');
    const scope = await target.scope();
    const prepared = prepare(scope);
    const { request, key, lookUp } = prepared;
    const write = () =>
      audited({ scope, mutation, key, write: () => attempt(scope, prepared), endOf: (outcome) => endOf(outcome, key) });
    try {
      const unknown = (message: string) => outcomeUnknown(message, lookUp);
      const isSent = (ended: Outcome) => ended.isSent;
      const outcome = await scope.operation.untilEnded(
        () =>
          typeof idempotencyKey === 'string'
            ? once({ scope, mutation, key: idempotencyKey, request, write, isSent, unknown })
            : write(),
        () =>
          unknown(
            'The Sage sign-in behind this write ended while it was on its way: it may or may not have been saved.',
          ),
      );
      const payload = outcome.isRefused ? nothing : toPayload(outcome.data, scope, key);
      return { ...payload, userErrors: outcome.userErrors };
    } finally {
      scope.forgetReads();
    }
  });
}

async function attempt(scope: CompanyScope, prepared: PreparedWrite): Promise<Outcome> {
  const { request, lineCount, lookUp } = prepared;
  let isSent = prepared.send === undefined;
  const onSent = () => {
    isSent = true;
  };
  try {
    const answer = await (prepared.send?.(onSent) ?? scope.operation.engine.client.write(scope.writing, request));
    if (prepared.expectsId && writtenKey(answer) === undefined) {
      throw new GatewayError(
        'OUTCOME_UNKNOWN',
        'Sage 200 answered this write without the row: it may or may not have been saved.',
      );
    }
    const failure = partialFailure(answer, lineCount, scope.operation.engine.client.redact);
    return { data: withoutMessage(answer), isRefused: false, isSent, userErrors: failure ? [failure] : [] };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (error.code === 'OUTCOME_UNKNOWN') throw outcomeUnknown(error.message, lookUp, error);
    if (error.code !== 'UPSTREAM_REJECTED') throw error;
    const { code, message } = error;
    return { isRefused: true, isSent, userErrors: [{ code, message, path: null, savedLines: null }] };
  }
}

function outcomeUnknown(message: string, lookUp: LookUp | undefined, cause?: unknown): GatewayError {
  return new GatewayError(
    'OUTCOME_UNKNOWN',
    lookUp ? `${message} The query in extensions.lookUp shows whether it was saved.` : message,
    { source: 'sage200', ...(lookUp && { details: { lookUp } }), ...(cause !== undefined && { cause }) },
  );
}

/** What a record of writes may say of an outcome. */
function endOf({ data, isRefused, userErrors }: Outcome, known: string | undefined): WriteEnd {
  if (isRefused) return { outcome: userErrors[0]?.code ?? 'UPSTREAM_REJECTED', key: known };
  return { outcome: userErrors.length > 0 ? 'PARTIAL' : 'DONE', key: writtenKey(data) ?? known };
}

/** Ids that one record names at most. */
const MAX_KEYS = 20;

function writtenKey(data: unknown): string | undefined {
  if (Array.isArray(data)) {
    const keys = data.map(writtenKey).filter((key) => key !== undefined);
    if (keys.length === 0) return undefined;
    return keys.length > MAX_KEYS ? `${keys.slice(0, MAX_KEYS).join(',')},…` : keys.join(',');
  }
  return isObject(data) ? (keyOf(data) ?? keyOf(data, 'urn')) : undefined;
}
