import type { Sage200Caller } from '../subschemas/sage200/index.ts';

export type { CompanyRef, Sage200Identity } from '../subschemas/sage200/index.ts';

/** Who is calling, and what that caller may touch. Made once a request, never from the request's own claims alone. */
export interface Principal extends Sage200Caller {
  /** Stable and unique over all kinds of callers, such as `key:web-shop` or `anonymous`. Part of every sharing key. */
  readonly id: string;
  /** Name of the kind of caller. */
  readonly kind: string;
  /** Names of ERP tenants, in the order of the configuration. */
  readonly tenants: readonly string[];
  /** The one of several that a request means which names none; absent: it has to name one. */
  readonly defaultTenant?: string | undefined;
  readonly admin: boolean;
}
