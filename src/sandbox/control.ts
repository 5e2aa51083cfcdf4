/** The control doors of every sandbox server: `/__faults`, `/__requests`, `/__clock`. */
export interface Fault {
  /** Part of the path with query; left out: every path. */
  readonly match?: string;
  readonly method?: string;
  /** `hold`: waits until the faults are cleared, then gives the usual answer. */
  readonly kind: 'status' | 'delay' | 'hold' | 'cut' | 'garbage';
  /** Of a `status` fault, 200 to 599. @default 500 */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Body of a `status` fault; left out: the vendor's usual error body. */
  readonly body?: unknown;
  /** ms to wait before the fault; after a `delay` comes the usual answer. */
  readonly delayMs?: number;
  /** Where a `cut` cuts. @default 'beforeHeaders' */
  readonly cutAt?: CutAt;
  /** How often it strikes; 0 means always. @default 1 */
  readonly times?: number;
}

/**
 * `beforeHeaders`: the request is not processed at all. With the others it is processed, and the answer is lost:
 * `afterProcessing` before its first byte, `afterHeaders` before its body, `midBody` in the middle of its body.
 */
export type CutAt = 'beforeHeaders' | 'afterProcessing' | 'afterHeaders' | 'midBody';

export interface LoggedRequest {
  readonly method: string;
  /** Path with query; secrets in the query hashed. */
  readonly path: string;
  /** Authorization and other secrets appear as `sha256:<first 16 hex digits>` of the whole value. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON or form, else text; secrets hashed; undefined without a body. */
  readonly body: unknown;
  /** 0 while the request is running, and also afterwards if it was cut before an answer. */
  readonly status: number;
  /** Epoch ms. */
  readonly startedAt: number;
  /** Epoch ms; `startedAt` while the request is running. */
  readonly endedAt: number;
}

export interface ClockSettings {
  /** Added to the server's clock. */
  readonly skewMs?: number;
  /** Life of access tokens issued from now on; null restores the server's usual life. */
  readonly accessTokenSeconds?: number | null;
}
