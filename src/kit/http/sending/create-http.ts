import type { Registry } from 'prom-client';
import { createEndOfTurn } from '../end-of-turn.ts';
import { createLaneMetrics } from '../lane-metrics.ts';
import type { Send } from '../send.ts';
import { type Lane, type LaneOptions, type LaneParts, SendingLane } from './lane.ts';
import { type ProxySettings, throughProxy, usesProxy } from './outbound-proxy.ts';
import type { SendingLog } from './trouble-log.ts';

export interface HttpOptions {
  /** Maximum size of an answer, compressed or decompressed. @default 32 MiB */
  readonly answerBytes?: number;
  /** ms to connect to the other side. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** Logs why requests fail. */
  readonly log?: SendingLog;
  /** Names of the sources that receive `traceparent`. @default none */
  readonly propagate?: readonly string[];
  /** The proxy for requests that leave this machine. Without it, all are sent directly. */
  readonly proxy?: ProxySettings | undefined;
  /** Without it, requests are not counted. */
  readonly metrics?: Registry | undefined;
}

export interface Http {
  /** Opens a separate lane. */
  lane(options: LaneOptions): Lane;
  /** The lanes created so far. */
  readonly lanes: readonly Lane[];
  /** Sends requests that have no lane of their own, such as for tokens: without a breaker. */
  readonly send: Send;
  /** Closes every connection. Requests in progress fail. */
  close(): Promise<void>;
}

/** ms without an answer, after which a request without its own signal fails. */
const ANSWER_TIMEOUT_MS = 60_000;

/** All outgoing HTTP of this process. */
export function createHttp(options: HttpOptions = {}): Http {
  const { answerBytes = 32 * 1024 * 1024, connectTimeoutMs = 10_000 } = options;
  const { log, metrics, proxy, propagate = [] } = options;
  const lanes: SendingLane[] = [];
  const everyLane: SendingLane[] = [];
  const parts: LaneParts = {
    answerBytes,
    log,
    metrics: metrics && createLaneMetrics(metrics, everyLane),
    clientOptions: {
      connect: { timeout: connectTimeoutMs },
      headersTimeout: ANSWER_TIMEOUT_MS,
      bodyTimeout: ANSWER_TIMEOUT_MS,
    },
    optionsFor: (origin, clientOptions) =>
      proxy && usesProxy(origin, proxy.except) ? throughProxy(clientOptions, proxy, connectTimeoutMs) : clientOptions,
    atEndOfTurn: createEndOfTurn(),
  };
  const open = (laneOptions: LaneOptions) => {
    const propagates = propagate.includes(laneOptions.source.split(':')[0] ?? '');
    const lane = new SendingLane({ propagates, ...laneOptions }, parts);
    everyLane.push(lane);
    return lane;
  };
  const common = open({ source: 'gateway', usualMethod: 'POST' });
  return {
    lane(laneOptions) {
      const lane = open(laneOptions);
      lanes.push(lane);
      return lane;
    },
    lanes,
    send: common.send,
    async close() {
      await Promise.all(everyLane.map((lane) => lane.close()));
    },
  };
}
