import type { MetricData } from '../kit/generation-metrics.ts';

/** What a worker is started with; it must survive being sent to another process. */
export interface WorkerSettings {
  /** Name of the configuration in messages. */
  readonly path: string;
  /** Its text: a worker started later runs with what the others run with, whatever the file says by then. */
  readonly text: string;
}

/**
 * How a worker stops: what runs is finished in any case. `after draining`: all stop, and go on answering until whoever sends
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
  | { readonly type: 'gateway:scrape'; readonly request: number }
  | { readonly type: 'gateway:collected'; readonly request: number; readonly metrics: readonly MetricData[] };

/** Other libraries use the same channel; what bears our prefix was sent by the other half of this folder. */
export function isOurs<Message extends FromWorker | ToWorker>(message: unknown): message is Message {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  return typeof message.type === 'string' && message.type.startsWith('gateway:');
}
