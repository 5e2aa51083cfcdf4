export { createReloader, type Reloaded, type Reloader } from './create-reloader.ts';
export { applyTo, createGenerations, type Generation, type Prepared } from './generations.ts';
export { inWords, type ReloadedInWords } from './in-words.ts';
export { planReload, type ReloadPlan } from './plan-reload.ts';
export { createStaleMetric, staleMetric } from './stale-metric.ts';
export { watchConfig } from './watch-config.ts';
