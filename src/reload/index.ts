export { createReloader, type Reloaded } from './create-reloader.ts';
export { applyTo, createGenerations, type Generation, type Prepared } from './generations.ts';
export { inWords } from './in-words.ts';
export { planReload } from './plan-reload.ts';
export { createStaleMetric, staleMetric } from './stale-metric.ts';
export { watchConfig } from './watch-config.ts';
