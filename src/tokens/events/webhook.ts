import { createHmac, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Secret } from '../../kit/errors/index.ts';
import type { Send } from '../../kit/http/index.ts';
import type { ConnectionEvent } from './connection-event.ts';

export interface WebhookOptions {
  readonly url: string;
  readonly secret: Secret;
  readonly send: Send;
  /** The whole address where the person behind a connection signs in again. */
  readonly connectUrlOf: (connection: string) => string;
  readonly log: Logger;
  /** ms for one delivery. @default 5_000 */
  readonly timeoutMs?: number;
  /** Pauses before further attempts, ms. @default [1_000, 10_000, 60_000] */
  readonly pausesMs?: readonly number[];
  readonly now?: () => number;
}

export interface Webhook {
  /** Returns at once; delivery goes on beside. */
  post(event: ConnectionEvent): void;
  /** The same for what does not concern a connection. @param at epoch ms */
  announce(type: string, at: number, members: Readonly<Record<string, unknown>>): void;
  /** Gives what is waiting one last attempt. */
  close(): Promise<void>;
}

/** Events that wait beyond this are let go: a receiver that is down for long must not fill our memory. */
const LONGEST_QUEUE = 1_000;

/** Events after which its person should sign in again. */
const PERSON_HELPS: ReadonlySet<ConnectionEvent['type']> = new Set(['needs_consent', 'expiring']);

/**
 * Posts events one after the other, in order, as `{ id, type, connection, at, … }`. Each carries
 * `X-Gateway-Signature: t=<epoch seconds>,v1=<hex>`, the HMAC-SHA256 of `<t>.<body>` under the shared secret: so a
 * receiver knows that it is ours and not an old one sent again. The same event sent twice has the same `id`.
 */
export function createWebhook(options: WebhookOptions): Webhook {
  const {
    url,
    secret,
    send,
    connectUrlOf,
    log,
    timeoutMs = 5_000,
    pausesMs = [1_000, 10_000, 60_000],
    now = Date.now,
  } = options;
  const queue: string[] = [];
  const closing = new AbortController();
  let working: Promise<void> | undefined;

  const sign = (body: string): string => {
    const seconds = Math.floor(now() / 1000);
    return `t=${seconds},v1=${createHmac('sha256', secret.reveal()).update(`${seconds}.${body}`).digest('hex')}`;
  };

  const deliverOnce = async (body: string): Promise<boolean> => {
    try {
      const { status } = await send({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json', 'x-gateway-signature': sign(body) },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (status >= 200 && status < 300) return true;
      log.warn({ status }, 'the receiver of events answered with a failure');
    } catch {
      log.warn('the receiver of events cannot be reached');
    }
    return false;
  };

  const deliver = async (body: string): Promise<void> => {
    for (const pauseMs of pausesMs) {
      if (await deliverOnce(body)) return;
      if (closing.signal.aborted) return;
      await pause(pauseMs, undefined, { signal: closing.signal }).catch(() => {});
    }
    if (!(await deliverOnce(body))) log.error('an event could not be delivered and is let go');
  };

  const work = async (): Promise<void> => {
    for (let body = queue.shift(); body !== undefined; body = queue.shift()) await deliver(body);
    working = undefined;
  };

  const announce: Webhook['announce'] = (type, at, members) => {
    if (queue.length >= LONGEST_QUEUE) {
      log.error('too many events wait for their receiver; the oldest is let go');
      queue.shift();
    }
    queue.push(JSON.stringify({ id: randomUUID(), type, at: new Date(at).toISOString(), ...members }));
    working ??= work();
  };

  return {
    announce,
    post({ type, connection, at, error, refreshExpiresAt }) {
      announce(type, at, {
        connection,
        ...(error && { error: { code: error.code, at: new Date(error.at).toISOString() } }),
        ...(PERSON_HELPS.has(type) && { connectUrl: connectUrlOf(connection) }),
        ...(refreshExpiresAt !== undefined && { refreshExpiresAt: new Date(refreshExpiresAt).toISOString() }),
      });
    },
    async close() {
      closing.abort();
      await working;
    },
  };
}
