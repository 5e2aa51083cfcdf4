import type { StopSignal } from '../../kit/http/index.ts';
import type { Principal } from '../../kit/principal.ts';
import type { TokenSource } from '../../tokens/index.ts';

/** One company at one site. Company ids repeat across sites, so the two always travel together. */
export interface CompanyRef {
  readonly site: string;
  readonly company: string;
}

/** A sign-in to Sage 200. */
export interface Sage200Identity {
  /**
   * Key of everything cached or shared for this sign-in: `consent:<name>#<number>`, another with each consent, or a digest
   * of a passed-through token.
   */
  readonly key: string;
  /** Name of the stored connection; absent for a passed-through token. */
  readonly connection?: string;
  /** Number of the stored consent. */
  readonly consent?: number;
  /** The Sage ID account that consented, where it is known. */
  readonly subject?: string | undefined;
  /** What an older gateway called it in its sharing keys, where it is from that time. */
  readonly formerly?: string | undefined;
  /** Fires when the consent ends, with the error that its operations end with. */
  readonly ended?: StopSignal;
  /** @throws GatewayError when the consent has ended, or nobody can tell */
  assertUsable?(): void;
  readonly tokens: TokenSource;
}

/** What Sage 200 adds to a caller. */
interface Sage200Rights {
  /** Where Sage 200 tokens come from; absent when this caller has no connection. */
  readonly sage200?: Sage200Identity;
  /** `all`, or the only companies this caller may read and write. */
  readonly companies: 'all' | readonly CompanyRef[];
  /** The company of requests that name none. Left out: the configured one; null: none, whatever the configuration says. */
  readonly usualCompany?: CompanyRef | null;
}

declare module '../../kit/principal.ts' {
  interface Principal extends Sage200Rights {}
}

/** What Sage 200 needs to know of the caller. */
export type Sage200Caller = Pick<Principal, 'id' | 'readOnly' | keyof Sage200Rights>;
