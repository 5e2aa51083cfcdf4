import { Counter, Gauge, type Registry } from 'prom-client';
import type { Lane } from './sending/lane.ts';

/** How the ways out are doing, in Prometheus: in this process, since each keeps its own. */
export function createLaneMetrics(registry: Registry, lanes: readonly Lane[]): void {
  const registers = [registry];
  const labelNames = ['source'];
  new Gauge({
    name: 'gateway_breaker_open',
    help: 'Breakers of a source that are open, so that calls are answered without asking it: of Sage 200 one for each site.',
    labelNames,
    registers,
    // Of several workers on a machine, the one that is worst off is told.
    aggregator: 'max',
    collect() {
      for (const lane of lanes) this.set({ source: lane.source }, lane.openBreakers());
    },
  });
  new Counter({
    name: 'gateway_breaker_refusals_total',
    help: 'Calls that were answered by an open breaker, without asking the source.',
    labelNames,
    registers,
    collect() {
      this.reset();
      for (const lane of lanes) this.inc({ source: lane.source }, lane.refused());
    },
  });
}
