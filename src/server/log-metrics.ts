import { Counter, type Registry } from 'prom-client';
import { droppedLines } from '../kit/log/index.ts';
import { metricOnce } from '../kit/metrics/index.ts';

/** Lines of the log that nobody read in time. */
export function createLogMetrics(registry: Registry): void {
  metricOnce(registry, 'gateway_log_lines_dropped_total', (name) => {
    return new Counter({
      name,
      help: 'Lines of the log that were dropped, since nobody read standard output',
      registers: [registry],
      collect() {
        this.reset();
        this.inc(droppedLines());
      },
    });
  });
}
