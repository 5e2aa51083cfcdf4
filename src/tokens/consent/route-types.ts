import type { ErrorCode } from '../../kit/errors/index.ts';

/** As much of a server's request as the routes here look at. */
export interface ConsentExchange {
  readonly method: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The query with its `?`, or nothing. */
  readonly search: string;
  readonly remoteAddress: string | undefined;
  /** As in the answer's errors and in the log. */
  readonly requestId: string;
  /** Who calls, set as soon as that is known. */
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

/** Fits a server's route. Who may is decided inside, since it depends on what is asked for. */
export interface ConsentRoute {
  readonly path: string;
  readonly access: 'open';
  /** Whether forms on pages of any origin may be sent here: a sign-in elsewhere may end with one. @default false */
  readonly takesForeignPosts?: boolean;
  readonly handlers: { readonly GET?: Handler; readonly POST?: Handler; readonly DELETE?: Handler };
}

/** As much of a caller as the routes here look at. */
export interface ConsentPrincipal {
  readonly id: string;
  readonly kind: string;
  readonly admin: boolean;
  readonly readOnly: boolean;
  readonly tenants: readonly string[];
  readonly sage200?:
    | {
        readonly connection?: string | undefined;
        /** Number of the consent that the name stands for. */
        readonly consent?: number | undefined;
        /** The Sage ID account that consented. */
        readonly subject?: string | undefined;
      }
    | undefined;
}
