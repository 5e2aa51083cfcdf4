import { asArray } from '../../kit/graphql-nodes.ts';
import { isObject } from '../../kit/json.ts';

/** The row-counting part of a field with selections. */
export interface CountedStep {
  /** Its name in the answer. */
  readonly key: string;
  /** Whether it is a page (`first`) or a list of requested records (`ids`): its rows were counted one by one beforehand. */
  readonly isMany: boolean;
  /** Whether its objects are rows, and not only the path to rows. */
  readonly isCounted: boolean;
  readonly below: readonly CountedStep[];
}

/**
 * Rows in an answer, by the rules of `rowPriceOf`: the expected number, but with the rows that came instead of each `first`
 * and of each possible object. So it is never higher. Children that are included in a row count as one, since their number
 * is not known beforehand; of the rows below them, the largest number counts for all.
 */
export function rowsIn(steps: readonly CountedStep[], data: unknown): number {
  return rowsBelow(steps, data, false);
}

/** @param isPage whether lists directly below are the rows of a page */
function rowsBelow(steps: readonly CountedStep[], value: unknown, isPage: boolean): number {
  if (!isObject(value)) return 0;
  // Fields of different types may have one name in the answer; each object has one of them.
  const byKey = new Map<string, number>();
  for (const step of steps) {
    const rows = rowsAt(step, value[step.key], isPage || step.isMany);
    byKey.set(step.key, Math.max(rows, byKey.get(step.key) ?? 0));
  }
  return sum([...byKey.values()]);
}

function rowsAt(step: CountedStep, value: unknown, areAllCounted: boolean): number {
  if (!Array.isArray(value))
    return isObject(value) ? ownRows(step, value) + rowsBelow(step.below, value, step.isMany) : 0;
  const each = value.map((item) => rowsAt(step, item, areAllCounted));
  return areAllCounted ? sum(each) : Math.max(0, ...each);
}

function ownRows({ isCounted, isMany, below }: CountedStep, value: Readonly<Record<string, unknown>>): number {
  if (!isCounted) return 0;
  // A page: its rows may appear under several names, as `nodes` and as `edges`.
  return isMany ? Math.max(0, ...below.map(({ key }) => asArray(value[key]).length)) : 1;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
