import { GatewayError } from '../../../kit/errors/index.ts';
import { reasonIn } from '../../../kit/http/index.ts';
import { isObject } from '../../../kit/json.ts';
import type { Redact } from '../../../kit/text/index.ts';
import type { AuditEnd } from '../../../tokens/index.ts';
import type { Write } from '../call.ts';
import { messageIn } from '../errors.ts';
import { keyOf } from '../row-data.ts';
import type { CompanyScope, OperationScope } from '../scope.ts';
import { audited } from './audited.ts';
import type { LookUp } from './look-up.ts';
import { once } from './once.ts';
import { partialFailure, type UserError, withoutMessage } from './partial-failure.ts';

/** The target of a mutation field: the operation's queue keeps the order, the scope has the company. */
export interface WriteTarget {
  readonly operation: OperationScope;
  readonly scope: () => Promise<CompanyScope>;
}

/** How a write ended. Plain data: it is stored for repeats. */
export interface Outcome {
  /** Sage's answer; missing after a refusal. */
  readonly data?: unknown;
  readonly isRefused: boolean;
  readonly userErrors: readonly UserError[];
}

/** A write that was validated but not sent yet. */
export interface PreparedWrite {
  readonly request: Write;
  /** How to perform it if that takes more than one call. */
  readonly send?: () => Promise<unknown>;
  /** Sage's key of the row, if known. */
  readonly key?: string | undefined;
  /** Lines in the input of an order, which Sage saves one by one. */
  readonly lineCount?: number | undefined;
  /** The form of Sage's answer; a `row` has an id. In another form, what was saved is unknown. Without it, any form. */
  readonly expects?: 'object' | 'row' | 'rows' | undefined;
  /** For checking afterwards whether it was done. */
  readonly lookUp: LookUp | undefined;
}

export interface MutationField {
  readonly mutation: string;
  readonly idempotencyKey: string | null | undefined;
  /** @throws GatewayError BAD_USER_INPUT for input that Sage would refuse */
  readonly prepare: (scope: CompanyScope) => PreparedWrite;
  readonly toPayload: (data: unknown, scope: CompanyScope, key: string | undefined) => object;
  /** The payload if nothing was saved. */
  readonly nothing: object;
}

/**
 * Runs one write after those before it: validated, recorded before it is sent, and sent once. A refusal with a message
 * from Sage becomes a user error; every other failure remains an error.
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
      const isDone = ({ isRefused }: Outcome) => !isRefused;
      const outcome = await scope.operation.untilEnded(
        () =>
          typeof idempotencyKey === 'string'
            ? once({ scope, mutation, key: idempotencyKey, request, write, isDone, unknown })
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
  const { client } = scope.operation.engine;
  try {
    const answer = await (prepared.send?.() ?? client.write(scope.writing, request));
    if (!isExpected(answer, prepared.expects)) throw unexpectedAnswer(answer, client.redact);
    const failure = partialFailure(answer, lineCount, client.redact);
    return { data: withoutMessage(answer), isRefused: false, userErrors: failure ? [failure] : [] };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (error.code === 'OUTCOME_UNKNOWN') throw outcomeUnknown(error.message, lookUp, error);
    if (error.code !== 'UPSTREAM_REJECTED') throw error;
    const { code, message } = error;
    return { isRefused: true, userErrors: [{ code, message, path: null, savedLines: null }] };
  }
}

function isExpected(answer: unknown, expected: PreparedWrite['expects']): boolean {
  if (expected === undefined) return true;
  if (expected === 'rows') return Array.isArray(answer) && answer.every(isObject);
  return isObject(answer) && (expected === 'object' || keyOf(answer) !== undefined);
}

function unexpectedAnswer(answer: unknown, redact: Redact): GatewayError {
  const said = reasonIn(isObject(answer) ? messageIn(answer) : undefined, redact);
  const message = 'Sage 200 answered this write without the row: it may or may not have been saved.';
  return new GatewayError('OUTCOME_UNKNOWN', said === undefined ? message : `${message} Sage 200 says: ${said}`);
}

function outcomeUnknown(message: string, lookUp: LookUp | undefined, cause?: unknown): GatewayError {
  return new GatewayError(
    'OUTCOME_UNKNOWN',
    lookUp ? `${message} The query in extensions.lookUp shows whether it was saved.` : message,
    { source: 'sage200', ...(lookUp && { details: { lookUp } }), ...(cause !== undefined && { cause }) },
  );
}

/** The part of an outcome that a record of writes may contain. */
function endOf({ data, isRefused, userErrors }: Outcome, known: string | undefined): AuditEnd {
  if (isRefused) return { outcome: userErrors[0]?.code ?? 'UPSTREAM_REJECTED', key: known };
  return { outcome: userErrors.length > 0 ? 'PARTIAL' : 'DONE', key: writtenKey(data) ?? known };
}

/** Maximum number of ids in one record. */
const MAX_KEYS = 20;

function writtenKey(data: unknown): string | undefined {
  if (Array.isArray(data)) {
    const keys = data.map(writtenKey).filter((key) => key !== undefined);
    if (keys.length === 0) return undefined;
    return keys.length > MAX_KEYS ? `${keys.slice(0, MAX_KEYS).join(',')},…` : keys.join(',');
  }
  return isObject(data) ? (keyOf(data) ?? keyOf(data, 'urn')) : undefined;
}
