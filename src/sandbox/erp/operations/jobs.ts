import { randomBytes } from 'node:crypto';
import { BusinessError } from '../business-error.ts';

/** The answer of `track`. The vendor does not document the values of `status`; these are the sandbox's. */
export interface Tracking {
  readonly status: 'pending' | 'running' | 'success' | 'error' | 'stopped';
  readonly errorMessage: string | null;
  readonly result: unknown;
}

interface Job {
  readonly run: () => unknown;
  polls: number;
  tracking: Tracking;
}

/** Asynchronous operations of one tenant: started at once, done at the third poll, so that clients must poll. */
export class Jobs {
  readonly #jobs = new Map<string, Job>();

  start(run: () => unknown): { trackingId: string } {
    const trackingId = randomBytes(9).toString('base64url');
    this.#jobs.set(trackingId, { run, polls: 0, tracking: { status: 'pending', errorMessage: null, result: null } });
    return { trackingId };
  }

  /** @throws BusinessError for an id that was never given out. */
  track(trackingId: string): Tracking {
    const job = this.#find(trackingId);
    if (job.tracking.status === 'pending' && job.polls++ > 0) {
      job.tracking = { ...job.tracking, status: 'running' };
    } else if (job.tracking.status === 'running') {
      job.tracking = finish(job);
    }
    return job.tracking;
  }

  /** True if the work was not done yet. @throws BusinessError for an id that was never given out. */
  stop(trackingId: string): boolean {
    const job = this.#find(trackingId);
    if (job.tracking.status !== 'pending' && job.tracking.status !== 'running') return false;
    job.tracking = { ...job.tracking, status: 'stopped' };
    return true;
  }

  #find(trackingId: string): Job {
    const job = this.#jobs.get(trackingId);
    if (!job) throw new BusinessError(`Unknown tracking id: ${trackingId}`);
    return job;
  }
}

function finish(job: Job): Tracking {
  try {
    return { status: 'success', errorMessage: null, result: job.run() };
  } catch (error) {
    return { status: 'error', errorMessage: error instanceof Error ? error.message : String(error), result: null };
  }
}
