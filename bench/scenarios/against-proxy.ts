import type { Side } from '../harness/sides.ts';
import type { Stub } from '../harness/stub.ts';
import type { Operation } from '../operations.ts';

/** The gateway and the bare proxy, for scenarios that compare no others. */
export interface AgainstProxy {
  readonly stub: Stub;
  readonly ours: Side;
  readonly proxy: Side;
  readonly operations: readonly Operation[];
  readonly rounds: number;
  readonly durationMs: number;
  readonly warmUpMs: number;
}
