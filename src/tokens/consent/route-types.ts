import type { ErrorCode } from '../../kit/errors/index.ts';

/** The part of a server's request that these routes use. */
export interface ConsentExchange {
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The query with its `?`, or nothing. */
  readonly search: string;
  readonly remoteAddress: string | undefined;
  /** As in the answer's errors and in the log. */
  readonly requestId: string;
  /** The caller, set once known. */
  principal?: ConsentPrincipal | undefined;
  readBody(): Promise<Buffer>;
}

export interface ConsentAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** `Set-Cookie` values. */
  readonly cookies?: readonly string[];
  readonly body?: string;
  readonly errorCodes?: readonly ErrorCode[];
}

type Handler = (exchange: ConsentExchange) => Promise<ConsentAnswer>;

/** Compatible with a server's route. The handler checks rights, since they depend on the request. */
export interface ConsentRoute {
  readonly path: string;
  readonly access: 'open';
  /** Whether it accepts forms from pages of any origin, as some sign-ins end with one. @default false */
  readonly takesForeignPosts?: boolean;
  readonly handlers: { readonly GET?: Handler; readonly POST?: Handler; readonly DELETE?: Handler };
}

/** The part of a caller that these routes use. */
export interface ConsentPrincipal {
  readonly id: string;
  readonly kind: string;
  readonly admin: boolean;
  readonly readOnly: boolean;
  readonly tenants: readonly string[];
  readonly sage200?:
    | {
        readonly connection?: string | undefined;
        /** Number of that connection's consent. */
        readonly consent?: number | undefined;
        /** The Sage ID account that consented. */
        readonly subject?: string | undefined;
      }
    | undefined;
}
