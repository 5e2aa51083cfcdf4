/**
 * Every failure that the gateway raises on purpose, and its status on the plain HTTP routes. GraphQL answers have the
 * code in `extensions.code`. The list is closed: clients branch on it.
 */
export const STATUS_BY_CODE = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  NEEDS_CONSENT: 401, // the caller is authenticated, but must sign in to Sage again
  FORBIDDEN: 403,
  COMPANY_REQUIRED: 400,
  TENANT_REQUIRED: 400,
  PERSISTED_QUERY_NOT_FOUND: 404,
  PERSISTED_QUERY_NOT_SUPPORTED: 404,
  COST_EXCEEDED: 413,
  RATE_LIMITED: 429,
  UPSTREAM_REJECTED: 502,
  UPSTREAM_UNAVAILABLE: 503,
  UPSTREAM_TIMEOUT: 504,
  OUTCOME_UNKNOWN: 504,
  MISCONFIGURED: 503,
  OVERLOADED: 503,
  INTERNAL: 500,
} as const;

export type ErrorCode = keyof typeof STATUS_BY_CODE;

/** Where a failure came from: `gateway`, or the name of a source, with its tenant if it has tenants: `erp:<tenant name>`. */
export type ErrorSource = string;

export interface GatewayErrorOptions extends ErrorOptions {
  /** @default 'gateway' */
  readonly source?: ErrorSource;
  /** Seconds after which it makes sense to try again. */
  readonly retryAfter?: number | undefined;
  /** Path of the gateway where a person signs in to Sage; callers receive the full URL. */
  readonly connectUrl?: string;
  /** The refused caller, if known and the request has no principal; only for logs and the record. */
  readonly caller?: string;
  /** More members of `extensions`: plain data that callers may see. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Callers read the message unchanged: it says what to do next and never contains a token, URL or body. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly source: ErrorSource;
  readonly retryAfter: number | undefined;
  readonly connectUrl: string | undefined;
  readonly caller: string | undefined;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.source = options.source ?? 'gateway';
    this.retryAfter = options.retryAfter;
    this.connectUrl = options.connectUrl;
    this.caller = options.caller;
    this.details = options.details;
  }

  /** The `extensions` that a client sees, where `connectUrl` is a full URL. */
  toExtensions(): Record<string, unknown> {
    return {
      ...this.details,
      code: this.code,
      source: this.source,
      ...(this.retryAfter === undefined ? {} : { retryAfter: this.retryAfter }),
      ...(this.connectUrl === undefined ? {} : { connectUrl: this.connectUrl }),
    };
  }
}
