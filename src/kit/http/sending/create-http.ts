import { createEndOfTurn } from '../end-of-turn.ts';
import type { Send } from '../send.ts';
import { type Lane, type LaneOptions, type LaneParts, SendingLane } from './lane.ts';
import type { SendingLog } from './trouble-log.ts';

export interface HttpOptions {
  /** Answers above this size are given up, packed or unpacked. @default 32 MiB */
  readonly answerBytes?: number;
  /** ms to reach the other side. @default 10_000 */
  readonly connectTimeoutMs?: number;
  /** ms without an answer before a request without a signal of its own is given up. @default 60_000 */
  readonly answerTimeoutMs?: number;
  /** Told why requests fail. */
  readonly log?: SendingLog;
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

/** All that leaves this process by HTTP. */
export function createHttp(options: HttpOptions = {}): Http {
  const { answerBytes = 32 * 1024 * 1024, connectTimeoutMs = 10_000, answerTimeoutMs = 60_000, log } = options;
  const parts: LaneParts = {
    answerBytes,
    log,
    clientOptions: {
      connect: { timeout: connectTimeoutMs },
      headersTimeout: answerTimeoutMs,
      bodyTimeout: answerTimeoutMs,
    },
    atEndOfTurn: createEndOfTurn(),
  };
  const common = new SendingLane({ source: 'gateway' }, parts);
  const lanes: SendingLane[] = [];
  return {
    lane(laneOptions) {
      const lane = new SendingLane(laneOptions, parts);
      lanes.push(lane);
      return lane;
    },
    lanes,
    send: common.send,
    async close() {
      await Promise.all([common, ...lanes].map((lane) => lane.close()));
    },
  };
}
