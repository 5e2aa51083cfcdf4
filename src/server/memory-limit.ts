import { totalmem } from 'node:os';
import { constrainedMemory } from 'node:process';
import { getHeapStatistics } from 'node:v8';
import { Gauge, type Registry } from 'prom-client';
import { metricOnce } from '../kit/metrics/index.ts';
import type { InFlight } from './in-flight.ts';

/** Memory of a process with a tenant schema but without operations; measured. */
const AT_REST = 220 * 1024 * 1024;

/** Maximum memory for each byte of an answer, while it is read, converted and sent; measured. */
const FACTOR = 6;

/** A gateway with less memory than it needs at rest still answers small operations. */
const LEAST = 16 * 1024 * 1024;

/** Bytes of answers that this process may hold: as configured, or by the memory of the machine, its container and V8's heap. */
export function memoryLimitOf(setting: number | 'auto', processes = 1): number {
  if (setting !== 'auto') return setting;
  // Without a container, it is a huge number or 0.
  const contained = constrainedMemory() || Number.POSITIVE_INFINITY;
  const shared = Math.min(contained, totalmem()) / processes;
  const own = Math.min(shared, getHeapStatistics().heap_size_limit);
  return Math.max(LEAST, Math.floor((own - AT_REST) / FACTOR));
}

export function createMemoryMetrics(registry: Registry, inFlight: InFlight): void {
  metricOnce(registry, 'gateway_held_bytes', (name) => {
    return new Gauge({
      name,
      help: 'Bytes of answers in memory, from sources and being sent',
      registers: [registry],
      collect() {
        this.set(inFlight.held);
      },
    });
  });
  metricOnce(registry, 'gateway_memory_limit_bytes', (name) => {
    const help = 'Bytes of answers above which operations are refused (limits.memory)';
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
