import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { Gauge, type Registry } from 'prom-client';
import { metricOnce } from '../kit/metrics/index.ts';
import type { InFlight } from './in-flight.ts';

/** What a process takes without any operation, with the schema of a tenant; measured. */
const AT_REST = 220 * 1024 * 1024;

/** What an answer takes in memory at most for each byte of it, while it is read, made again and sent; measured. */
const FACTOR = 6;

/** A gateway in less memory than it takes at rest still answers small operations. */
const LEAST = 16 * 1024 * 1024;

/** Bytes of answers that this process may hold: as configured, or what the machine, its container and V8's heap leave room for. */
export function memoryLimitOf(setting: number | 'auto', processes = 1): number {
  if (setting !== 'auto') return setting;
  // Without a container it is an impossibly large number, or 0.
  const contained = constrainedMemory() || Number.POSITIVE_INFINITY;
  const shared = Math.min(contained, totalmem()) / processes;
  const own = Math.min(shared, getHeapStatistics().heap_size_limit);
  return Math.max(LEAST, Math.floor((own - AT_REST) / FACTOR));
}

export function createMemoryMetrics(registry: Registry, inFlight: InFlight): void {
  metricOnce(registry, 'gateway_held_bytes', (name) => {
    return new Gauge({
      name,
      help: 'Bytes of answers in memory, those of sources and those being sent',
      registers: [registry],
      collect() {
        this.set(inFlight.held);
      },
    });
  });
  metricOnce(registry, 'gateway_memory_limit_bytes', (name) => {
    const help = 'Bytes of answers from which on operations are refused (limits.memory)';
    return new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(inFlight.limit.bytes);
      },
    });
  });
}
