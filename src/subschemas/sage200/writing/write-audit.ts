/** A write that is to be sent: who, where and what, but never a token or its content. */
export interface AuditedWrite {
  readonly kind: 'mutation';
  /** Epoch ms. */
  readonly at: number;
  /** Id of the caller. */
  readonly caller: string;
  /** As in the answer's errors and in the log. */
  readonly requestId: string | undefined;
  /** Name of the stored connection; undefined for a caller's own token. */
  readonly connection: string | undefined;
  /** Number of the consent behind that name. */
  readonly consent: string | undefined;
  readonly site: string;
  readonly company: string;
  /** Name of the mutation field. */
  readonly action: string;
  /** Sage's key of the row, if known beforehand. */
  readonly key: string | undefined;
}

export interface WriteEnd {
  /** `DONE`, `PARTIAL` if Sage saved only a part, otherwise the code of the error. */
  readonly outcome: string;
  /** Sage's key of the row, or a posting's unique reference number. */
  readonly key: string | undefined;
}

/** Records writes. */
export interface WriteAudit {
  /** Records a write before it is sent, so that a crash leaves a trace; the returned function records the end. */
  begin(write: AuditedWrite): Promise<(end: WriteEnd) => Promise<void>>;
}
