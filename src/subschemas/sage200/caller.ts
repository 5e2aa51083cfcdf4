import type { StopSignal } from '../../kit/http/index.ts';
import type { Principal } from '../../kit/principal.ts';
import type { TokenSource } from '../../tokens/index.ts';

/** One company at one site. Company ids repeat across sites, so the two are always used together. */
export interface CompanyRef {
  readonly site: string;
  readonly company: string;
}

export interface Sage200Identity {
  /**
   * Key of everything that is cached or shared for this sign-in: `consent:<name>#<number>`, different for each consent, or
   * a digest of a passed-through token.
   */
  readonly key: string;
  /** Name of the stored connection; missing for a passed-through token. */
  readonly connection?: string;
  /** Number of the stored consent. */
  readonly consent?: number;
  /** The Sage ID account that consented, if known. */
  readonly subject?: string | undefined;
  /** The consent's name in an older gateway's sharing keys, if it is from that time. */
  readonly formerly?: string | undefined;
  /** Fires when the consent ends, with the error for its operations. */
  readonly ended?: StopSignal;
  /** @throws GatewayError if the consent has ended, or its state is unknown */
  assertUsable?(): void;
  readonly tokens: TokenSource;
}

interface Sage200Rights {
  /** Source of Sage 200 tokens; missing if this caller has no connection. */
  readonly sage200?: Sage200Identity;
  /** `all`, or the only companies that this caller may read and write. */
  readonly companies: 'all' | readonly CompanyRef[];
  /** The company of requests that name none. Without it: the configured one; null: none, even if one is configured. */
  readonly usualCompany?: CompanyRef | null;
}

declare module '../../kit/principal.ts' {
  interface Principal extends Sage200Rights {}
}

/** The caller's data that Sage 200 needs. */
export type Sage200Caller = Pick<Principal, 'id' | 'readOnly' | keyof Sage200Rights>;
