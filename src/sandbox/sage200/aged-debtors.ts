import type { Sage200Data } from '../seed/index.ts';
import type { JsonRow } from './columns.ts';

type Transaction = Sage200Data['sales_posted_transactions'][number];

const DAY_MS = 86_400_000;
/** The seed's today. */
const AGED_ON = Date.UTC(2026, 8, 30);
/** Three columns of thirty days; what is older is `past`, what is not due yet is `current`. */
const COLUMNS = ['period_1', 'period_2', 'period_3'];
const COLUMN_DAYS = 30;
const ALL_COLUMNS = ['past', 'future', 'current', ...Array.from({ length: 8 }, (_, index) => `period_${index + 1}`)];
const LABELS = Object.fromEntries(
  Array.from({ length: 8 }, (_, index) => [
    `aged_period_${index + 1}`,
    index < COLUMNS.length ? `${index * COLUMN_DAYS + 1} to ${(index + 1) * COLUMN_DAYS} days` : '',
  ]),
);

/** One row for each open transaction of the seed, in the column of its age by due date. */
export function agedDebtorDetails(transactions: readonly Transaction[]): JsonRow[] {
  return transactions
    .filter((row) => row.document_outstanding_value !== 0)
    .map((row) => ({
      ...LABELS,
      ...toColumns([row]),
      customer_id: row.customer_id,
      posted_customer_transaction_id: row.id,
    }));
}

/** One row for each customer that owes, or is owed, something. */
export function agedDebtorSummary(transactions: readonly Transaction[]): JsonRow[] {
  const open = transactions.filter((row) => row.document_outstanding_value !== 0);
  return [...Map.groupBy(open, (row) => row.customer_id)].map(([customerId, own]) => ({
    ...LABELS,
    ...toColumns(own),
    customer_id: customerId,
    posted_customer_transaction_id: null,
  }));
}

function toColumns(rows: readonly Transaction[]): JsonRow {
  const sums = new Map<string, number>();
  const add = (name: string, value: number) => sums.set(name, (sums.get(name) ?? 0) + value);
  for (const row of rows) {
    const column = columnOf(row);
    add(`doc_${column}`, row.document_outstanding_value);
    add(`base_${column}`, row.document_outstanding_value / row.exchange_rate);
  }
  const names = ALL_COLUMNS.flatMap((column) => [`doc_${column}`, `base_${column}`]);
  return Object.fromEntries(names.map((name) => [name, Math.round((sums.get(name) ?? 0) * 100) / 100]));
}

function columnOf({ due_date: due }: Transaction): string {
  const daysLate = Math.floor((AGED_ON - Date.parse(`${due}Z`)) / DAY_MS);
  return daysLate <= 0 ? 'current' : (COLUMNS[Math.floor((daysLate - 1) / COLUMN_DAYS)] ?? 'past');
}
