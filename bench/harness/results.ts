import type { CrowdResult } from '../scenarios/crowd.ts';
import type { MixedLoadResult } from '../scenarios/mixed-load.ts';
import type { SharingResult } from '../scenarios/sharing.ts';
import type { StartResult } from '../scenarios/starts.ts';
import type { Result } from './compare.ts';

/** What a run found out; `results/latest.json` holds one of these. */
export interface Results {
  /** Date of the run. */
  readonly takenAt: string;
  readonly node: string;
  readonly processors: string;
  readonly rounds: number;
  readonly sides: readonly SideSummary[];
  readonly tables: readonly Table[];
  readonly sharing?: readonly SharingResult[];
  readonly callersApart?: { readonly answers: number; readonly mixedUp: number };
  readonly mixedLoad?: MixedLoadResult;
  readonly crowd?: readonly CrowdResult[];
  readonly starts?: StartResult;
}

export interface SideSummary {
  readonly id: string;
  readonly title: string;
  /** ms until its process said that it listens. */
  readonly readyAfterMs: number;
  /** Resident memory in MB after the first table. */
  readonly residentMb: number;
}

export interface Setting {
  readonly concurrency: number;
  readonly delayMs: number;
  /** Whether every answer of the upstream differs from the one before. */
  readonly changing: boolean;
}

export interface Table extends Setting {
  readonly results: readonly Result[];
}
