import { type OrderKey, type RowType, type ScalarField, scalarByRestName } from '../model/model.ts';

type Data = Readonly<Record<string, unknown>>;
type Compare = (first: unknown, second: unknown) => number;

/**
 * Compares rows as Sage orders them; undefined where that cannot be known: text and enum members follow the database's
 * own collation.
 */
export function rowOrder(
  type: RowType,
  keys: readonly OrderKey[],
): ((first: Data, second: Data) => number) | undefined {
  const comparisons = keys.map(({ field, descending }) => {
    const scalar = scalarByRestName(type, field);
    const compare = scalar && valueOrder(scalar);
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

function valueOrder({ scalar, enumType }: ScalarField): Compare | undefined {
  if (enumType) return undefined;
  switch (scalar) {
    case 'ID':
    case 'Int':
    case 'Sage200Decimal':
      return compareNumbers;
    case 'Boolean':
      return (first, second) => Number(first) - Number(second);
    case 'Sage200Date':
    case 'Sage200DateTime':
      return (first, second) => compareText(toSortable(first), toSortable(second));
    default:
      return undefined;
  }
}

/** SQL Server puts what is empty before everything else. */
function withNulls(first: unknown, second: unknown, compare: Compare): number {
  const isFirstEmpty = first === null || first === undefined;
  const isSecondEmpty = second === null || second === undefined;
  if (isFirstEmpty || isSecondEmpty) return Number(isSecondEmpty) - Number(isFirstEmpty);
  return compare(first, second);
}

/** Decimal places of the longest decimal Sage documents, and some. */
const PLACES = 12;

function compareNumbers(first: unknown, second: unknown): number {
  if (typeof first === 'number' && typeof second === 'number') return first - second;
  const difference = toScaled(String(first)) - toScaled(String(second));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** Numbers too long for a double come as text. */
function toScaled(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(PLACES, '0').slice(0, PLACES));
}

const toSortable = (value: unknown): string => String(value).replace(/Z$/, '');
const compareText = (first: string, second: string): number => (first < second ? -1 : first > second ? 1 : 0);
