import { asArray } from '../../kit/graphql-nodes.ts';
import { isObject } from '../../kit/json.ts';

/** A field with selections, as far as its rows are counted. */
export interface CountedStep {
  /** Its name in the answer. */
  readonly key: string;
  /** Whether it is a page (`first`) or a list of what was asked for (`ids`): its rows were counted one by one beforehand. */
  readonly isMany: boolean;
  /** Whether what it leads to are rows, and not only on the way to some. */
  readonly isCounted: boolean;
  readonly below: readonly CountedStep[];
}

/**
 * Rows in an answer, by the rules of `rowPriceOf`: what an operation was counted to make, with what came in place of each `first`
 * and of each object that might have been there. So it is never more than that. Children that come within a row are one, since
 * nobody knows beforehand how many there are; of what they lead to, those that lead to the most stand for all.
 */
export function rowsIn(steps: readonly CountedStep[], data: unknown): number {
  return rowsBelow(steps, data, false);
}

/** @param isPage whether lists right below are the rows of a page */
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
  // A page: its rows may be there under several names, as `nodes` and as `edges`.
  return isMany ? Math.max(0, ...below.map(({ key }) => asArray(value[key]).length)) : 1;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
