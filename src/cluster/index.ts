export { WorkersRefusal } from './reload-round.ts';
export { isWorker, joinWorkerPool, type WorkerReloading } from './worker-link.ts';
export { startWorkerPool, type WorkerPool, type WorkerPoolOptions, WorkersFailure } from './worker-pool.ts';
