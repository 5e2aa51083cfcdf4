/** Where the stub listens, and headers that it accepts: what the bare proxy and every peer start from. */
export interface Upstreams {
  /** Base address, without a slash at the end. */
  readonly sage200: string;
  /** GraphQL address. */
  readonly erp: string;
  readonly sage200Headers: Readonly<Record<string, string>>;
  readonly erpHeaders: Readonly<Record<string, string>>;
}
