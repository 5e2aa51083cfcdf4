import type { MetricData } from '../kit/metrics/index.ts';

/** Settings for starting a worker; they must be serializable. */
export interface WorkerSettings {
  /** Name of the configuration in messages. */
  readonly path: string;
  /** Its text: a worker that starts later uses the same configuration as the others, even if the file has changed. */
  readonly text: string;
  /** Its text at the last reload, for the settings that can change while a gateway runs. */
  readonly latest?: string;
}

/** Why a worker cannot run with a configuration. */
export interface Refusal {
  readonly message: string;
  /** Left out: the configuration is not the cause. */
  readonly faults?: readonly Fault[];
}

/** A fault of the configuration, with its place. */
export interface Fault {
  readonly where: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

export interface ReloadResult {
  readonly applied: boolean;
  readonly needsRestart: readonly string[];
  readonly faults: readonly string[];
}

/**
 * How a worker stops. Running requests always finish. `after draining`: all workers stop, and continue to answer until
 * every sender of requests has noticed. `others serve`: only this worker stops, and its connections end one by one.
 */
export type StopManner = 'at once' | 'after draining' | 'others serve';

/** From the main process to a worker. */
export type ToWorker =
  | {
      readonly type: 'gateway:begin';
      readonly worker: number;
      readonly workers: number;
      readonly settings: WorkerSettings;
    }
  | { readonly type: 'gateway:stop'; readonly manner: StopManner }
  /** No more connections will arrive. */
  | { readonly type: 'gateway:closed' }
  /** Asks for this worker's own metrics. */
  | { readonly type: 'gateway:collect'; readonly request: number }
  /** Asks it to prepare for another text of the configuration, and to keep its current one. */
  | { readonly type: 'gateway:prepare'; readonly request: number; readonly text: string }
  /** Asks it to use what it has prepared, or to discard it. */
  | { readonly type: 'gateway:use'; readonly request: number; readonly isUsed: boolean }
  /** The result of a reload that it requested; undefined if unknown. */
  | { readonly type: 'gateway:reloaded'; readonly request: number; readonly result: ReloadResult | undefined }
  /** The metrics of all workers, for the worker that asked. */
  | { readonly type: 'gateway:machine'; readonly request: number; readonly parts: readonly (readonly MetricData[])[] };

/** From a worker to the main process. */
export type FromWorker =
  | { readonly type: 'gateway:hello' }
  | { readonly type: 'gateway:ready'; readonly url: string }
  /** It was asked to stop, and requests a replacement. */
  | { readonly type: 'gateway:leave' }
  /** It no longer listens, and asks whether connections are still on their way to it. */
  | { readonly type: 'gateway:closed' }
  /** It cannot start, for this reason. */
  | { readonly type: 'gateway:failed'; readonly message: string }
  /** The result of a request to prepare or use a configuration. */
  | { readonly type: 'gateway:done'; readonly request: number; readonly refusal: Refusal | undefined }
  /** Requests a reload of all workers. `inVault`: the number of the request in the vault, which other workers receive too. */
  | { readonly type: 'gateway:reload'; readonly request: number; readonly inVault?: number }
  | { readonly type: 'gateway:scrape'; readonly request: number }
  | { readonly type: 'gateway:collected'; readonly request: number; readonly metrics: readonly MetricData[] };

/** Other libraries use the same channel; messages with this prefix come from the other side of this folder. */
export function isOurs<Message extends FromWorker | ToWorker>(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  return typeof message.type === 'string' && message.type.startsWith('gateway:');
}
