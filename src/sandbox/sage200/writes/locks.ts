import { badRequest } from '../api-error.ts';

interface Lock {
  readonly lockId: number;
  readonly owner: string;
}

/** Edit locks on orders and quotes, held until they are released: how long Sage keeps one is not documented. */
export interface Locks {
  /** Locks a document, or returns the lock the same user has. @throws ApiError 400 when another user holds it. */
  take(key: string, owner: string): number;
  /** @throws ApiError 400 when the document is locked and `lockId` is not that lock. */
  check(key: string, lockId: unknown): void;
  /** @throws ApiError 400 when another user holds the lock. */
  checkOwner(key: string, owner: string): void;
  release(key: string): void;
}

export function createLocks(): Locks {
  const locks = new Map<string, Lock>();
  let last = 5_000;
  return {
    take(key, owner) {
      const held = locks.get(key);
      if (held && held.owner !== owner) throw badRequest('The record is in use by another user and cannot be locked.');
      if (held) return held.lockId;
      const lock = { lockId: ++last, owner };
      locks.set(key, lock);
      return lock.lockId;
    },
    check(key, lockId) {
      const held = locks.get(key);
      if (held && String(lockId ?? '') !== String(held.lockId)) {
        throw badRequest('The record is in use: it is locked, and the lock_id sent is not that of the lock.');
      }
    },
    checkOwner(key, owner) {
      const held = locks.get(key);
      if (held && held.owner !== owner) throw badRequest('The record is in use by another user.');
    },
    release(key) {
      locks.delete(key);
    },
  };
}
