import { type OrderKey, type RowType, scalarByRestName } from '../model/model.ts';
import { codecOf } from '../values/codecs.ts';

type Data = Readonly<Record<string, unknown>>;
type Compare = (first: unknown, second: unknown) => number;

/**
 * Compares rows in Sage's order; undefined if that is unknown: text and enum members follow the database's own
 * collation.
 */
export function rowOrder(
  type: RowType,
  keys: readonly OrderKey[],
): ((first: Data, second: Data) => number) | undefined {
  const comparisons = keys.map(({ field, descending }) => {
    const scalar = scalarByRestName(type, field);
    const compare = scalar && codecOf(scalar).compare;
    return compare && { field, compare, sign: descending ? -1 : 1 };
  });
  if (comparisons.length === 0 || comparisons.includes(undefined)) return undefined;
  return (first, second) => {
    for (const comparison of comparisons) {
      if (!comparison) continue;
      const { field, compare, sign } = comparison;
      const order = withNulls(first[field], second[field], compare) * sign;
      if (order !== 0) return order;
    }
    return 0;
  };
}

/** SQL Server sorts empty values before all others. */
function withNulls(first: unknown, second: unknown, compare: Compare): number {
  const isFirstEmpty = first === null || first === undefined;
  const isSecondEmpty = second === null || second === undefined;
  if (isFirstEmpty || isSecondEmpty) return Number(isSecondEmpty) - Number(isFirstEmpty);
  return compare(first, second);
}
