/** Within which an idempotency key means one thing. */
export interface OutcomeScope {
  /** Id of the caller. */
  readonly caller: string;
  /** Key of the consent, or a text that says whose token it is. */
  readonly consent: string;
  /** What an older gateway wrote in its place, where the consent is from that time. */
  readonly formerly?: string | undefined;
  /** Site and company. */
  readonly company: string;
  /** Name of the mutation field. */
  readonly mutation: string;
}

/** Where the outcomes of writes are kept for a while, by the key that their callers gave them. */
export interface WriteOutcomes {
  /**
   * Takes the key, all at once, before anything is sent: `first` when nobody has; else how the first attempt ended.
   * `since`: it has not said so, and was begun then (epoch ms); `lost`: nobody knows; `otherBody`: it was another write.
   */
  begin(
    scope: OutcomeScope,
    key: string,
    bodyDigest: string,
  ): Promise<
    { readonly first: WriteAttempt } | { readonly outcome: string } | { readonly since: number } | 'lost' | 'otherBody'
  >;
}

/** How a first attempt ended. None of these rejects: what cannot be kept now is kept later. */
export interface WriteAttempt {
  finish(outcome: string): Promise<void>;
  /** Nobody knows whether it was done. */
  lose(): Promise<void>;
  /** Frees the key: surely nothing was changed. */
  abandon(): Promise<void>;
}
