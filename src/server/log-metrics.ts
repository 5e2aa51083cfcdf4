import { Counter, type Registry } from 'prom-client';
import { droppedLines } from '../kit/log/index.ts';
import { metricOnce } from '../kit/metrics/index.ts';

/** Log lines that were not read in time. */
export function createLogMetrics(registry: Registry): void {
  metricOnce(registry, 'gateway_log_lines_dropped_total', (name) => {
    return new Counter({
      name,
      help: 'Log lines that were dropped, because nobody read standard output',
      registers: [registry],
      collect() {
        this.reset();
        this.inc(droppedLines());
      },
    });
  });
}
