import { Bailout } from '../../../kit/bailout.ts';
import { type MaybePromise, together } from '../../../kit/maybe-promise.ts';
import type { Field, RowType } from '../model/model.ts';
import { keyOf, type RowData } from '../row-data.ts';
import type { CompanyScope } from '../scope.ts';
import type { ColumnToken, WriteValue } from '../values/column.ts';
import { encodeGlobalId } from '../values/global-id.ts';
import { objectText, type SchemaContext, type SelectedField } from './selection.ts';

/** The requests for fields of these rows, besides the rows themselves. */
export const readsOf = ({ columns }: RowPlan): readonly string[] => columns.flatMap(({ reads }) => reads);

/** A query string, readable for people. */
export const describeQuery = (query: string): string => decodeURIComponent(query);

/** The context of one run of an operation: the company, and the values of its variables. */
export interface PlanRun {
  readonly scope: CompanyScope;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Converts rows of one type to JSON text. */
export interface RowPlan {
  readonly type: RowType;
  readonly fields: readonly FieldPlan[];
  /** The fields that are written for many rows at once, because they need further reads or are inside the row. */
  readonly columns: readonly ColumnPlan[];
}

/** A field that the row's own values answer. */
export type FieldPlan =
  | { readonly kind: 'constant'; readonly key: string; readonly text: string }
  | ValuePlan
  | { readonly kind: 'globalId'; readonly key: string }
  | ColumnPlan;

export interface ValuePlan {
  readonly kind: 'value';
  readonly key: string;
  readonly restName: string;
  readonly write: WriteValue;
  /** The same for an unparsed value; undefined if it may have to be read again. */
  readonly token: ColumnToken | undefined;
}

export interface ColumnPlan {
  readonly kind: 'column';
  readonly key: string;
  /** Descriptions of its requests. */
  readonly reads: readonly string[];
  readonly open: (run: PlanRun) => Column;
  /** How to find it in unparsed rows; without it, rows have to be parsed. */
  readonly unparsed?: ValueInRow | RowInRow | LinkByKey | undefined;
}

/** A value that is written unchanged, unless its kind needs conversion. */
export interface ValueInRow {
  readonly kind: 'value';
  readonly restName: string;
  readonly token: ColumnToken;
}

/** An object inside the row, or a list of objects. */
export interface RowInRow {
  readonly kind: 'object' | 'list';
  readonly restName: string;
  readonly row: RowPlan;
  readonly isNullable: boolean;
}

/** Data that is read by a key in the row. */
export interface LinkByKey {
  readonly kind: 'linked';
  readonly keyName: string;
  /** Pattern of the key in unparsed JSON. A key outside its group has no target. */
  readonly keyPattern: string;
  /** Where the data would be if it were included: then rows have to be parsed. Undefined if it never is. */
  readonly restName: string | undefined;
  readonly isNullable: boolean;
  /** The text for each key; undefined if there is none. Keys are unique. */
  readonly read: (keys: readonly string[], run: PlanRun) => MaybePromise<readonly (string | undefined)[]>;
}

/** One field of many rows: receives each row in turn, then returns the texts of all in the same order. */
export interface Column {
  add(row: RowData): void;
  texts(): MaybePromise<readonly string[]>;
}

/** The context for making plans. */
export interface PlanContext extends SchemaContext {
  /** Makes the plan of the rows below: passed in, since lists and links contain rows. */
  readonly planRow: PlanRow;
}

/** @param depth 0 for rows that are requested themselves, 1 for those inside another row */
export type PlanRow = (
  type: RowType,
  selected: readonly SelectedField[],
  context: PlanContext,
  depth: 0 | 1,
) => RowPlan;

export function typeNamed({ model }: PlanContext, { typeName }: Extract<Field, { typeName: string }>): RowType {
  const type = model.rowTypes.get(typeName);
  if (!type) throw new Bailout(`${typeName} is not a row`);
  return type;
}

/** The texts of rows, in order. Further reads are made for all of them at once. */
export function writeRows(plan: RowPlan, rows: readonly RowData[], run: PlanRun): MaybePromise<readonly string[]> {
  if (rows.length === 0) return [];
  const { company } = run.scope;
  const globalId = (key: string) => encodeGlobalId({ ...company, typeName: plan.type.name, key });
  if (plan.columns.length === 0) return rows.map((row) => writeRow(plan, row, globalId, [], 0));
  const columns = plan.columns.map((column) => column.open(run));
  for (const row of rows) for (const column of columns) column.add(row);
  return together(
    columns,
    (column) => column.texts(),
    (texts) => rows.map((row, index) => writeRow(plan, row, globalId, texts, index)),
  );
}

function writeRow(
  { fields }: RowPlan,
  row: RowData,
  globalId: (key: string) => string,
  columns: readonly (readonly string[])[],
  index: number,
): string {
  let text = '';
  let column = 0;
  for (const field of fields) {
    text += field.key;
    if (field.kind === 'value') text += field.write(row[field.restName]);
    else if (field.kind === 'constant') text += field.text;
    else if (field.kind === 'globalId') text += `"${globalId(idOf(row))}"`;
    else text += columns[column++]?.[index] ?? '';
  }
  return objectText(text);
}

function idOf(row: RowData): string {
  const key = keyOf(row);
  if (key === undefined) throw new Bailout('a row has no id');
  return key;
}
