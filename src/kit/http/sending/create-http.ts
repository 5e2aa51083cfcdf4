import type { Registry } from 'prom-client';
import { createEndOfTurn } from '../end-of-turn.ts';
import { createLaneMetrics } from '../lane-metrics.ts';
import type { Send } from '../send.ts';
import { type Lane, type LaneOptions, type LaneParts, SendingLane } from './lane.ts';
import { type ProxySettings, throughProxy, usesProxy } from './outbound-proxy.ts';
import type { SendingLog } from './trouble-log.ts';

export interface HttpOptions {
  /** Answers above this size are given up, packed or unpacked. @default 32 MiB */
  readonly answerBytes?: number;
  /** ms to reach the other side. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** Told why requests fail. */
  readonly log?: SendingLog;
  /** Names of the sources that are sent `traceparent`. @default none */
  readonly propagate?: readonly string[];
  /** What leaves this machine goes through it. Left out: everything is asked directly. */
  readonly proxy?: ProxySettings | undefined;
  /** Left out: nobody counts what is sent. */
  readonly metrics?: Registry | undefined;
}

export interface Http {
  /** A way out of its own. */
  lane(options: LaneOptions): Lane;
  /** Those made so far. */
  readonly lanes: readonly Lane[];
  /** The way out for what has no lane of its own, such as tokens: without a breaker. */
  readonly send: Send;
  /** Ends every connection. Requests under way fail. */
  close(): Promise<void>;
}

/** Without an answer, before a request without a signal of its own is given up. */
const ANSWER_TIMEOUT_MS = 60_000;

/** All that leaves this process by HTTP. */
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
