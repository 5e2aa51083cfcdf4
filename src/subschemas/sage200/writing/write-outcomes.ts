/** The scope in which an idempotency key is unique. */
export interface OutcomeScope {
  /** Id of the caller. */
  readonly caller: string;
  /** Key of the consent, or a text that says whose token it is. */
  readonly consent: string;
  /** Its value in an older gateway, if the consent is from that time. */
  readonly formerly?: string | undefined;
  /** Site and company. */
  readonly company: string;
  /** Name of the mutation field. */
  readonly mutation: string;
}

/** Stores the outcomes of writes for a while, by the keys from their callers. */
export interface WriteOutcomes {
  /**
   * Takes the key atomically, before anything is sent: `first` if it is free; otherwise how the first attempt ended.
   * `since`: in progress, and began then (epoch ms); `lost`: the outcome is unknown; `otherBody`: it was another write.
   */
  begin(
    scope: OutcomeScope,
    key: string,
    bodyDigest: string,
  ): Promise<
    { readonly first: WriteAttempt } | { readonly outcome: string } | { readonly since: number } | 'lost' | 'otherBody'
  >;
}

/** How a first attempt ended. None of these rejects: an end that cannot be stored now is stored later. */
export interface WriteAttempt {
  finish(outcome: string): Promise<void>;
  /** It is unknown whether it was done. */
  lose(): Promise<void>;
  /** Frees the key: certainly nothing was changed. */
  abandon(): Promise<void>;
}
