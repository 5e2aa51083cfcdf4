/**
 * The caller and its rights. Created once for each request, never from the request's own claims alone. A source adds members that
 * only it needs (`declare module`), as Sage 200 does in its `caller.ts`, and also the right in its section of the configuration.
 */
export interface Principal {
  /** Stable and unique across all kinds of callers: `key:web-shop`, `anonymous`. Part of every sharing key. */
  readonly id: string;
  /** Name of the kind of caller. */
  readonly kind: string;
  readonly readOnly: boolean;
  readonly admin: boolean;
  /** Whether it may read the metrics; callers with `admin` may too. @default false */
  readonly metrics?: boolean | undefined;
  /** Names of ERP tenants, in the order of the configuration. */
  readonly tenants: readonly string[];
  /** The tenant of requests that name none; without it, they must name one. */
  readonly defaultTenant?: string | undefined;
}

/** A kind of caller as shown in the schema: `apiKey` is `API_KEY`. */
export const toCallerKindValue = (kind: string): string => kind.replace(/[A-Z]/g, '_$&').toUpperCase();
