export type { StopManner, WorkerSettings } from './messages.ts';
export { isWorker, joinWorkerPool, type WorkerLink } from './worker-link.ts';
export { startWorkerPool, type WorkerPool, type WorkerPoolOptions, WorkersFailure } from './worker-pool.ts';
