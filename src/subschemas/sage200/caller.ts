import type { TokenSource } from '../../tokens/index.ts';

/** One company at one site. Company ids repeat across sites, so the two always travel together. */
export interface CompanyRef {
  readonly site: string;
  readonly company: string;
}

/** A sign-in to Sage 200. */
export interface Sage200Identity {
  /** Key of everything cached or shared for this sign-in: `connection:<name>`, or a digest of a passed-through token. */
  readonly key: string;
  /** Name of the stored connection; absent for a passed-through token. */
  readonly connection?: string;
  readonly tokens: TokenSource;
}

/** What Sage 200 needs to know of whoever calls. */
export interface Sage200Caller {
  /** Stable and unique over all kinds of callers, such as `key:web-shop`. */
  readonly id: string;
  /** Where Sage 200 tokens come from; absent when this caller has no connection. */
  readonly sage200?: Sage200Identity;
  /** `all`, or the only companies this caller may read and write. */
  readonly companies: 'all' | readonly CompanyRef[];
  readonly readOnly: boolean;
}
