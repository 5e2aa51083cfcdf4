import { GatewayError } from '../../../kit/errors/index.ts';
import type { CallScope } from '../call.ts';
import { keyOf } from '../row-data.ts';

import type { CompanyScope } from '../scope.ts';
import { rawNumber } from '../values/decimal.ts';
import { isSageId } from '../values/sage-id.ts';
import { partialFailure } from './partial-failure.ts';

type Body = Readonly<Record<string, unknown>>;

interface Lock {
  readonly lockId: string;
  readonly isDraft: boolean;
}

/**
 * Changes a document that Sage edits under a lock: GET with `$expand=is_to_lock`, then PUT with its `lock_id`.
 * `is_editing: false` releases the lock, and would make a draft live, so a draft stays one unless the caller says
 * otherwise. A caller's own `lock_id` is used unchanged. Source: Sage 200 API reference, `sop_orders`.
 * @param path of the one document
 */
export async function editLocked(scope: CompanyScope, path: string, body: Body): Promise<unknown> {
  const { client } = scope.operation.engine;
  const put = (changes: Body) => client.write(scope.writing, { method: 'PUT', path, body: JSON.stringify(changes) });
  if ('lock_id' in body) return put(body);
  const lock = await takeLock(scope, scope.writing, path).catch(async (error: unknown) => {
    // The lock may have been given although the answer was lost.
    if (isLost(error)) await freeLock(scope, path, undefined);
    throw error;
  });
  if (!lock) return put(body);
  const isEditing = body['is_editing'] ?? lock.isDraft;
  const isKept = isEditing === true;
  try {
    const answer = await put({ ...body, lock_id: rawNumber(lock.lockId), is_editing: isEditing });
    if (!isKept && partialFailure(answer, undefined, client.redact)) await freeLock(scope, path, lock);
    return answer;
  } catch (error) {
    if (!isKept) await freeLock(scope, path, lock);
    throw error;
  }
}

const isLost = (error: unknown): boolean =>
  error instanceof GatewayError && (error.code === 'UPSTREAM_UNAVAILABLE' || error.code === 'UPSTREAM_TIMEOUT');

/** @returns undefined if Sage has no lock for it. @throws GatewayError UPSTREAM_REJECTED if somebody else has it, or there is no such document */
async function takeLock({ operation }: CompanyScope, calls: CallScope, path: string): Promise<Lock | undefined> {
  const { client } = operation.engine;
  const few = await client.row(calls, path, { select: ['id', 'is_draft', 'lock_id'], expand: ['is_to_lock'] });
  // The lock is documented for whole documents: if a part lacks it, the whole one is read.
  const row = few && !('lock_id' in few) ? await client.row(calls, path, { expand: ['is_to_lock'] }) : few;
  if (!row) throw new GatewayError('UPSTREAM_REJECTED', 'Sage 200 does not have this row.', { source: 'sage200' });
  const lockId = keyOf(row, 'lock_id');
  return lockId === undefined || !isSageId(lockId) || lockId === '0'
    ? undefined
    : { lockId, isDraft: row['is_draft'] === true };
}

/**
 * Tries to release a lock after a failure, with its own time limit. A draft keeps its lock: releasing it would make the
 * draft live.
 */
async function freeLock(scope: CompanyScope, path: string, known: Lock | undefined): Promise<void> {
  const { client, deadlineMs, log } = scope.operation.engine;
  const calls = { ...scope.writing, signal: AbortSignal.timeout(deadlineMs) };
  const free = async () => {
    const lock = known ?? (await takeLock(scope, calls, path));
    if (!lock || lock.isDraft) return;
    const body = JSON.stringify({ lock_id: rawNumber(lock.lockId), is_editing: false });
    await client.write(calls, { method: 'PUT', path, body });
  };
  const freed = free().catch((err: unknown) => {
    log?.warn({ err }, 'the lock of a document in Sage 200 could not be given back');
  });
  // A caller without time left does not wait for it.
  if (!scope.operation.writeSignal.aborted) await freed;
}
