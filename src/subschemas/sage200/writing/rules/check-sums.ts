import type { RowType } from '../../model/model.ts';
import { type InputPath, inputFault } from './input-fault.ts';
import { isGiven } from './is-given.ts';

type Input = Readonly<Record<string, unknown>>;

interface Sum {
  readonly list: string;
  readonly item: string;
  readonly header: string;
}

/** Totals of invoices and credit notes: missing values count as zero. */
const DOCUMENT: readonly Sum[] = [
  { list: 'taxAnalysisItems', item: 'goodsAmount', header: 'documentGoodsValue' },
  { list: 'taxAnalysisItems', item: 'taxAmount', header: 'documentTaxValue' },
  { list: 'nominalAnalysisItems', item: 'value', header: 'documentGoodsValue' },
];

/** Totals of bank receipts and payments. Sage calculates missing values, so only those on both sides are compared. */
const BANK: readonly Sum[] = [
  { list: 'nominalAnalysisItems', item: 'grossValue', header: 'chequeValue' },
  { list: 'nominalAnalysisItems', item: 'goodsValue', header: 'chequeGoodsValue' },
  { list: 'nominalAnalysisItems', item: 'taxValue', header: 'chequeTaxValue' },
];

/**
 * The analysis of a posting must add up to the values of its header. Source: Sage 200 API reference, postings.
 * @throws GatewayError BAD_USER_INPUT with `inputPath`
 */
export function checkSums(type: RowType, input: Input, path: InputPath): void {
  if (type.fields.has('documentGoodsValue')) for (const sum of DOCUMENT) checkSum(sum, input, path, false);
  // The bank's own charges are the difference between the sum and its parts.
  else if (type.fields.has('chequeGoodsValue') && !hasRows(input['bankCharges']))
    for (const sum of BANK) checkSum(sum, input, path, true);
}

function checkSum({ list, item, header }: Sum, input: Input, path: InputPath, onlyComplete: boolean): void {
  const rows = input[list];
  if (!hasRows(rows)) return;
  const values = rows.map((row) => row[item]);
  if (onlyComplete && (!isGiven(input[header]) || !values.every(isGiven))) return;
  const total = values.reduce<bigint>((sum, value) => sum + scaled(value), 0n);
  const wanted = scaled(input[header]);
  if (total === wanted) return;
  throw inputFault(
    [...path, list],
    `The values of ${item} add up to ${printed(total)}, but ${header} is ${printed(wanted)}. Sage 200 requires both to be the same.`,
  );
}

/** Decimal places for calculating sums: more than any value in Sage has. */
const PLACES = 10;

function scaled(value: unknown): bigint {
  if (!isGiven(value)) return 0n;
  const [, sign = '', whole = '0', fraction = ''] = /^([+-]?)(\d*)\.?(\d*)$/.exec(String(value)) ?? [];
  const digits = BigInt(whole + fraction.slice(0, PLACES).padEnd(PLACES, '0'));
  return sign === '-' ? -digits : digits;
}

function printed(value: bigint): string {
  const digits = String(value < 0n ? -value : value).padStart(PLACES + 1, '0');
  const fraction = digits.slice(-PLACES).replace(/0+$/, '').padEnd(2, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -PLACES)}.${fraction}`;
}

const hasRows = (value: unknown): value is readonly Input[] => Array.isArray(value) && value.length > 0;
