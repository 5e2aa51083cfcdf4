import { Counter, Gauge, type Registry } from 'prom-client';
import type { ConnectionStore } from '../vault/index.ts';
import type { ConnectionEvent } from './connection-event.ts';

const STATES = ['connected', 'renewing', 'needs_consent', 'misconfigured', 'unavailable'] as const;

/**
 * Connections in Prometheus, read from the vault when asked for, so that every instance tells the same.
 * @returns a listener that counts events
 */
export function createConnectionMetrics(
  registry: Registry,
  connections: Pick<ConnectionStore, 'list'>,
): (event: ConnectionEvent) => void {
  const list = () => connections.list().catch(() => []);
  const registers = [registry];
  // All workers on a machine read the same vault: their numbers are one, not to be added up.
  const aggregator = 'first';
  new Gauge({
    name: 'gateway_connection_state',
    help: '1 for the state a connection is in.',
    labelNames: ['connection', 'state'],
    registers,
    aggregator,
    async collect() {
      const found = await list();
      this.reset();
      for (const { name, state } of found) {
        for (const each of STATES) this.set({ connection: name, state: each }, each === state ? 1 : 0);
      }
    },
  });
  new Gauge({
    name: 'gateway_connection_refresh_expires_seconds',
    help: 'When the sign-in of a connection ends, in seconds since 1970. Alert ten days before.',
    labelNames: ['connection'],
    registers,
    aggregator,
    async collect() {
      const found = await list();
      this.reset();
      for (const { name, refreshExpiresAt } of found) this.set({ connection: name }, refreshExpiresAt / 1000);
    },
  });
  const events = new Counter({
    name: 'gateway_connection_events_total',
    help: 'What happened to connections, in this process.',
    labelNames: ['type'],
    registers,
  });
  return ({ type }) => events.inc({ type });
}
