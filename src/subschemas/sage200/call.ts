import type { CallBudget, Holder, KeptCalls, StopSignal } from '../../kit/http/index.ts';
import type { CompanyRef, Sage200Identity } from './caller.ts';
import type { Reply } from './reply.ts';

/** Callers who are equal in all of this may share a read. */
export interface Sharer {
  readonly identity: Sage200Identity;
  /**
   * The caller. Part of a read's identity, so that no caller receives what another one requested. Without it, the read
   * is not shared.
   */
  readonly caller?: string;
  /** Missing for data of the sign-in itself. */
  readonly company: CompanyRef | undefined;
}

/** The caller, company and time limit of a call. */
export interface CallScope extends Sharer {
  /** Fires at the operation's deadline, and for reads also when the caller disconnects. */
  readonly signal: StopSignal;
  /** Reads of this operation, by path: a repeated read gets the first one's answer. Without it, none are kept. */
  readonly kept?: KeptCalls<Promise<Reply | undefined>> | undefined;
  /** Counts the reads of this operation. Without it, they are not counted. */
  readonly calls?: CallBudget | undefined;
  /** Whom its requests are traced and counted for, where `calls` does not limit them. @default calls */
  readonly holder?: Holder | undefined;
}

export interface Write {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  /** Relative to the base address, without a leading slash. */
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
}

export type Call = Omit<Write, 'method'> & { readonly method: Write['method'] | 'GET' };
