import type { Side } from '../calls.ts';
import type { JsonObject } from '../json.ts';

export interface Message {
  /** Who sent it. */
  readonly side: Side;
  /** The last part of its path. */
  readonly kind: string;
  readonly body: JsonObject;
}

export interface Messages {
  take(message: Message): void;
  /** Oldest first. */
  list(): readonly Message[];
  /** From now on messages are posted to `<url>/notifications` too. @returns whether that address is on this machine */
  forwardTo(url: string): boolean;
}

/** The newest are kept. */
const KEPT = 1_000;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Accepted is not delivered: nobody hears whether a webhook worked. The webhook's form is made up, and unsigned. */
export function createMessages(): Messages {
  let kept: Message[] = [];
  let webhook: string | undefined;
  return {
    take(message) {
      kept = [...kept.slice(1 - KEPT), message];
      if (webhook === undefined) return;
      const { kind, body } = message;
      fetch(webhook, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ message: { eventType: kind, ...body } }),
      }).then(
        (answer) => answer.body?.cancel(),
        () => {},
      );
    },
    list: () => kept,
    forwardTo(url) {
      const target = URL.parse(url);
      if (target?.protocol !== 'http:' || !LOOPBACK.has(target.hostname)) return false;
      webhook = `${target.href.replace(/\/$/, '')}/notifications`;
      return true;
    },
  };
}
