import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import { toOwnUrl } from '../../kit/base-path.ts';
import { connectUrlOf } from '../consent/personal-connection.ts';
import type { AuditTrail, Vault } from '../vault/index.ts';
import type { ConnectionEvent } from './connection-event.ts';
import { createConnectionMetrics } from './connection-metrics.ts';
import { createWebhook, type Webhook, type WebhookOptions } from './webhook.ts';

export interface ConnectionEventsOptions {
  readonly audit: Pick<AuditTrail, 'note'>;
  readonly webhook?: Webhook | undefined;
  /** More listeners, such as metrics. */
  readonly listeners?: readonly ((event: ConnectionEvent) => void)[];
  readonly log: Logger;
}

export interface ConnectionEvents {
  /** Never throws and keeps nobody waiting: telling of a renewal must not endanger it. */
  readonly emit: (event: ConnectionEvent) => void;
  /** Tells the webhook of something else, `{ id, type, at, … }`. Keeps nobody waiting. */
  readonly announce: (type: string, members: Readonly<Record<string, unknown>>) => void;
  /** Waits for what is being written and delivered. */
  close(): Promise<void>;
}

/** Where everything that happens to connections is reported: the audit trail, the webhook, anyone else who listens. */
export function createConnectionEvents(options: ConnectionEventsOptions): ConnectionEvents {
  const { audit, webhook, listeners = [], log } = options;
  const writing = new Set<Promise<void>>();

  const write = ({ type, at, connection, caller, requestId, error }: ConnectionEvent) => {
    const kind = type === 'connected' || type === 'revoked' ? 'act' : 'connection';
    const record = audit
      .note({ kind, action: type, at, connection, caller, requestId, outcome: error?.code ?? 'DONE' })
      .catch((err: unknown) => log.error({ err, type, connection }, 'an audit event could not be written'))
      .finally(() => writing.delete(record));
    writing.add(record);
  };

  return {
    emit(event) {
      write(event);
      webhook?.post(event);
      for (const listener of listeners) listener(event);
    },
    announce: (type, members) => webhook?.announce(type, Date.now(), members),
    async close() {
      await Promise.all([...writing, webhook?.close()]);
    },
  };
}

interface EventParts extends Pick<WebhookOptions, 'send' | 'log'> {
  readonly vault: Pick<Vault, 'audit' | 'connections'>;
  readonly metrics: Registry | undefined;
  readonly publicUrl: () => string;
}

/** What happens to connections is reported to the audit trail, the metrics and the webhook of the configuration. */
export const createConnectionEventsFrom = (
  { events }: { readonly events: Pick<WebhookOptions, 'url' | 'secret'> | undefined },
  { vault, metrics, send, publicUrl, log }: EventParts,
): ConnectionEvents =>
  createConnectionEvents({
    audit: vault.audit,
    webhook:
      events &&
      createWebhook({
        ...events,
        send,
        connectUrlOf: (connection) => toOwnUrl(publicUrl(), connectUrlOf(connection)),
        log,
      }),
    listeners: metrics ? [createConnectionMetrics(metrics, vault.connections)] : [],
    log,
  });
