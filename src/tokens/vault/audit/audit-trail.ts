import { BoundedCache } from '../../../kit/cache.ts';
import type { Database } from '../engine/database.ts';
import type { LateWrites } from '../stores/late-writes.ts';
import type { AuditChain } from './audit-chain.ts';
import { type AuditEnd, type AuditEntry, type AuditLine, toLine, UNFINISHED } from './audit-line.ts';
import type { AuditRegister } from './audit-register.ts';
import { type AuditFilter, listAudit } from './list-audit.ts';
import { sweepAudit } from './sweep-audit.ts';
import { type AuditVerdict, verifyAudit } from './verify-audit.ts';

/** The record of what was done through the gateway. */
export interface AuditTrail {
  /** The entry is written when this returns. */
  note(entry: AuditEntry): Promise<void>;
  /**
   * Notes a mutation before it is sent, so that a crash leaves a trace. The returned function notes the end and never
   * rejects: if the database fails, the end is written later.
   * @throws if it could not be written: then nothing may be sent
   */
  begin(entry: AuditEntry): Promise<(end: AuditEnd) => Promise<void>>;
  /** The recorded mutations of a request that has ended; they are reported once. */
  takeBegun(requestId: string): readonly string[];
  /** Newest first; a mutation is one line with its end, `UNFINISHED` without one. */
  list(filter?: AuditFilter): Promise<readonly AuditLine[]>;
  /** Whether all lines are present and unchanged. */
  verify(): Promise<AuditVerdict>;
  /** Removes lines of that time and before. @param cutoff epoch ms */
  sweep(cutoff: number): Promise<void>;
}

export interface AuditTrailOptions {
  readonly database: Database;
  readonly late: Pick<LateWrites, 'write'>;
  readonly chain: AuditChain;
  readonly register: AuditRegister;
  readonly now: () => number;
}

/** The end of a mutation, as stored. */
interface Ended {
  /** Place of the line that it ends. */
  readonly place: string;
  readonly entry: AuditEntry;
}

/** Writes the end of a mutation, once. */
export const createEndWriter =
  ({ database, chain }: Pick<AuditTrailOptions, 'database' | 'chain'>) =>
  async ({ place, entry }: Ended, isRepeated: boolean): Promise<void> => {
    if (isRepeated && (await database.query('SELECT ends FROM audit_lines WHERE ends = $1', [place])).length > 0)
      return;
    await chain.append(toLine(entry, place));
  };

/** Most requests with mutations at one time. */
const MAX_REQUESTS = 10_000;

export function createAuditTrail({ database, late, chain, register, now }: AuditTrailOptions): AuditTrail {
  const begun = new BoundedCache<string, readonly string[]>({ name: 'mutations under way', maxEntries: MAX_REQUESTS });
  return {
    async note(entry) {
      await chain.append(toLine(entry));
    },
    async begin(entry) {
      const { requestId, action } = entry;
      const place = await chain.append(toLine({ ...entry, outcome: UNFINISHED }));
      if (requestId !== undefined) begun.set(requestId, [...(begun.get(requestId) ?? []), action]);
      return async ({ outcome, key = entry.key }) => {
        await late.write('end', { place, entry: { ...entry, at: now(), outcome, key } } satisfies Ended);
      };
    },
    takeBegun(requestId) {
      const actions = begun.get(requestId) ?? [];
      begun.delete(requestId);
      return actions;
    },
    list: (filter) => listAudit(database, filter),
    verify: () => verifyAudit(database, register),
    sweep: (cutoff) => sweepAudit(database, register, cutoff),
  };
}
