import type { CallBudget, KeptCalls, StopSignal } from '../../kit/http/index.ts';
import type { CompanyRef, Sage200Identity } from './caller.ts';
import type { Reply } from './reply.ts';

/** Who may share a read with whom: those who are the same in all of this. */
export interface Sharer {
  readonly identity: Sage200Identity;
  /**
   * Who asks. Part of what makes two reads the same, so that no caller is handed what another asked for. Left out: the
   * read is shared with nobody.
   */
  readonly caller?: string;
  /** Absent for what belongs to the sign-in itself. */
  readonly company: CompanyRef | undefined;
}

/** On whose behalf, for which company and until when a call is made. */
export interface CallScope extends Sharer {
  /** Fires at the operation's deadline, for reads also when the caller goes away. */
  readonly signal: StopSignal;
  /** Reads that this operation has made, by path: made again, the first one's answer is given. Left out: none is kept. */
  readonly kept?: KeptCalls<Promise<Reply | undefined>> | undefined;
  /** What reads of this operation are counted against. Left out: they are not counted. */
  readonly calls?: CallBudget | undefined;
}

export interface Write {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Below the base address, without a leading slash. */
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
}

export type Call = Omit<Write, 'method'> & { readonly method: Write['method'] | 'GET' };
