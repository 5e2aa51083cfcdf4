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
 * Changes a document that Sage edits under a lock: GET with `$expand=is_to_lock`, then PUT with the `lock_id` it gave.
 * `is_editing: false` gives the lock back, and would make a draft live, so a draft stays one unless the caller says
 * otherwise. A caller's own `lock_id` is used as it is. Source: Sage 200 API reference, `sop_orders`.
 * @param path of the one document
 */
export async function editLocked(scope: CompanyScope, path: string, body: Body): Promise<unknown> {
  const { client } = scope.operation.engine;
  const put = (changes: Body) => client.write(scope.writing, { method: 'PUT', path, body: JSON.stringify(changes) });
  if ('lock_id' in body) return put(body);
  const lock = await takeLock(scope, scope.writing, path).catch(async (error: unknown) => {
    // It may be ours although we did not hear so.
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

/** @returns undefined where Sage gives no lock. @throws GatewayError UPSTREAM_REJECTED when somebody else has it, or there is no such document */
async function takeLock({ operation }: CompanyScope, calls: CallScope, path: string): Promise<Lock | undefined> {
  const { client } = operation.engine;
  const few = await client.row(calls, path, { select: ['id', 'is_draft', 'lock_id'], expand: ['is_to_lock'] });
  // Documented is the lock in the whole document: a release that cuts it off is asked for all of it.
  const row = few && !('lock_id' in few) ? await client.row(calls, path, { expand: ['is_to_lock'] }) : few;
  if (!row) throw new GatewayError('UPSTREAM_REJECTED', 'Sage 200 does not have this row.', { source: 'sage200' });
  const lockId = keyOf(row, 'lock_id');
  return lockId === undefined || !isSageId(lockId) || lockId === '0'
    ? undefined
    : { lockId, isDraft: row['is_draft'] === true };
}

/**
 * Gives a lock back after a failure, as well as that can be done, with a time limit of its own. A draft keeps its lock:
 * giving it back would make the draft live.
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
  // Anyone who has no time left does not wait for it.
  if (!scope.operation.writeSignal.aborted) await freed;
}
