import type { Sage200Caller } from '../subschemas/sage200/index.ts';

export type { CompanyRef, Sage200Identity } from '../subschemas/sage200/index.ts';

/** Who is calling, and what that caller may touch. Made once a request, never from the request's own claims alone. */
export interface Principal extends Sage200Caller {
  /** Stable and unique over all kinds of callers, such as `key:web-shop` or `anonymous`. Part of every sharing key. */
  readonly id: string;
  readonly kind: 'anonymous' | 'apiKey' | 'jwt' | 'session' | 'passThrough';
  /** Names of ERP tenants, in the order of the configuration; the first is the one used when the request names none. */
  readonly tenants: readonly string[];
  readonly admin: boolean;
}
