import type { Diagnose } from '../business-error.ts';
import type { Store } from '../data/store.ts';
import type { Jobs } from './jobs.ts';

/** What one call of the endpoint carries to its resolvers. */
export interface Call {
  readonly store: Store;
  /** Information and warnings with a success. */
  readonly diagnoses: Diagnose[];
  /** `Node` or `Node.property` that the tenant's API user may not see. */
  readonly forbidden: ReadonlySet<string>;
  readonly jobs: Jobs;
  /** `_id` of the API user. */
  readonly user: number;
  /** Epoch ms on the sandbox's clock. */
  readonly now: () => number;
}
