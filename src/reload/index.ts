export { createReloader, type Reloaded, type Reloader } from './create-reloader.ts';
export { applyTo, createGenerations, type Generation, type Prepared } from './generations.ts';
export { planReload, type ReloadPlan } from './plan-reload.ts';
