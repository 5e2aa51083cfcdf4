import type { MetricData } from '../kit/metrics/index.ts';

/** What a worker is started with; it must survive being sent to another process. */
export interface WorkerSettings {
  /** Name of the configuration in messages. */
  readonly path: string;
  /** Its text: a worker started later runs with what the others run with, whatever the file says by then. */
  readonly text: string;
  /** Its text when it was read again last: what can change while a gateway runs is as it stands there. */
  readonly latest?: string;
}

/** Why a worker cannot run with a configuration. */
export interface Refusal {
  readonly message: string;
  /** Left out: it is not the configuration's fault. */
  readonly faults?: readonly Fault[];
}

/** A fault of the configuration, with its place. */
export interface Fault {
  readonly where: string;
  readonly line?: number;
  readonly column?: number;
  readonly message: string;
}

/** What became of a reload, for people. */
export interface ReloadResult {
  readonly applied: boolean;
  readonly needsRestart: readonly string[];
  readonly faults: readonly string[];
}

/**
 * How a worker stops: what runs is finished in any case. `after draining`: all stop, and go on answering until anyone who sends
 * requests here has found out. `others serve`: it alone, and its connections end one by one.
 */
export type StopManner = 'at once' | 'after draining' | 'others serve';

/** From the first process to a worker. */
export type ToWorker =
  | {
      readonly type: 'gateway:begin';
      readonly worker: number;
      /** How many there are. */
      readonly workers: number;
      readonly settings: WorkerSettings;
    }
  | { readonly type: 'gateway:stop'; readonly manner: StopManner }
  /** No more connections come. */
  | { readonly type: 'gateway:closed' }
  /** Asks for this worker's own metrics. */
  | { readonly type: 'gateway:collect'; readonly request: number }
  /** Asks it to make everything that it needs for another text of the configuration, and to go on as it is. */
  | { readonly type: 'gateway:prepare'; readonly request: number; readonly text: string }
  /** Asks it to serve with what it has prepared, or to forget that. */
  | { readonly type: 'gateway:use'; readonly request: number; readonly isUsed: boolean }
  /** What became of a reload that it asked for; undefined when nobody knows. */
  | { readonly type: 'gateway:reloaded'; readonly request: number; readonly result: ReloadResult | undefined }
  /** Everybody's metrics, for the worker that asked. */
  | { readonly type: 'gateway:machine'; readonly request: number; readonly parts: readonly (readonly MetricData[])[] };

/** From a worker to the first process. */
export type FromWorker =
  | { readonly type: 'gateway:hello' }
  | { readonly type: 'gateway:ready'; readonly url: string }
  /** It was told to go, and asks for another one in its place. */
  | { readonly type: 'gateway:leave' }
  /** It listens no more, and asks whether connections are still on their way to it. */
  | { readonly type: 'gateway:closed' }
  /** It cannot start, and this is why. */
  | { readonly type: 'gateway:failed'; readonly message: string }
  /** Done what was asked of it with a configuration, or not. */
  | { readonly type: 'gateway:done'; readonly request: number; readonly refusal: Refusal | undefined }
  /** Asks for a reload of all. `inVault`: the number of the request in the vault that it has heard of, as others have. */
  | { readonly type: 'gateway:reload'; readonly request: number; readonly inVault?: number }
  | { readonly type: 'gateway:scrape'; readonly request: number }
  | { readonly type: 'gateway:collected'; readonly request: number; readonly metrics: readonly MetricData[] };

/** Other libraries use the same channel; what bears our prefix was sent by the other half of this folder. */
export function isOurs<Message extends FromWorker | ToWorker>(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  return typeof message.type === 'string' && message.type.startsWith('gateway:');
}
