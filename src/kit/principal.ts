/**
 * Who is calling, and what that caller may touch. Made once a request, never from the request's own claims alone.
 * A source adds what it alone needs to know (`declare module`), typed by itself, as Sage 200 does in its `caller.ts`; so it does with
 * the right that its section of the configuration brings.
 */
export interface Principal {
  /** Stable and unique over all kinds of callers, such as `key:web-shop` or `anonymous`. Part of every sharing key. */
  readonly id: string;
  /** Name of the kind of caller. */
  readonly kind: string;
  readonly readOnly: boolean;
  readonly admin: boolean;
  /** Whether they may read the metrics; anyone who has `admin` may too. @default false */
  readonly metrics?: boolean | undefined;
  /** Names of ERP tenants, in the order of the configuration. */
  readonly tenants: readonly string[];
  /** The one of several that a request means which names none; absent: it has to name one. */
  readonly defaultTenant?: string | undefined;
}

/** A kind of caller as the schema shows it: `apiKey` is `API_KEY`. */
export const toCallerKindValue = (kind: string): string => kind.replace(/[A-Z]/g, '_$&').toUpperCase();
