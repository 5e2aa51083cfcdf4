import { Bailout } from '../../../kit/bailout.ts';
import { andThen, type MaybePromise, together } from '../../../kit/maybe-promise.ts';
import type { Field, RowType } from '../model/model.ts';
import { keyOf, type RowData } from '../row-data.ts';
import type { CompanyScope } from '../scope.ts';
import type { ColumnToken, WriteValue } from '../values/column.ts';
import { encodeGlobalId } from '../values/global-id.ts';
import { objectText, type SchemaContext, type SelectedField } from './selection.ts';

/** The requests that fields of these rows take beside the rows themselves. */
export const readsOf = ({ columns }: RowPlan): readonly string[] => columns.flatMap(({ reads }) => reads);

/** A query string for a person. */
export const describeQuery = (query: string): string => decodeURIComponent(query);

/** What one request of an operation is answered with: which company, and the values of its variables. */
export interface PlanRun {
  readonly scope: CompanyScope;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** How rows of one type become JSON text. */
export interface RowPlan {
  readonly type: RowType;
  readonly fields: readonly FieldPlan[];
  /** Those of the fields that are made for many rows at once, since more must be read for them or is inside the row. */
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
  /** The same for a value that is not parsed; undefined where it may have to be read again. */
  readonly token: ColumnToken | undefined;
}

export interface ColumnPlan {
  readonly kind: 'column';
  readonly key: string;
  /** The requests it takes, in words. */
  readonly reads: readonly string[];
  readonly open: (run: PlanRun) => Column;
  /** How it is found in rows that are not parsed; left out where they have to be. */
  readonly unparsed?: ValueInRow | ObjectInRow | LinkByKey | undefined;
}

/** A value that is written as it stands, unless it is of a kind that takes more. */
export interface ValueInRow {
  readonly kind: 'value';
  readonly restName: string;
  readonly token: ColumnToken;
}

/** An object inside the row. */
export interface ObjectInRow {
  readonly kind: 'object';
  readonly restName: string;
  readonly row: RowPlan;
  readonly isNullable: boolean;
}

/** What is read by a key in the row. */
export interface LinkByKey {
  readonly kind: 'linked';
  readonly keyName: string;
  /** Of the key in JSON that is not parsed. What its group does not take leads nowhere. */
  readonly keyPattern: string;
  /** Where what is read would be, had it come along: then rows have to be parsed. Undefined where it never does. */
  readonly restName: string | undefined;
  readonly isNullable: boolean;
  /** The text for each key; undefined where there is none. Each key comes once. */
  readonly read: (keys: readonly string[], run: PlanRun) => MaybePromise<readonly (string | undefined)[]>;
}

/** One field of many rows: told of each row in turn, it then says the texts of all in the same order. */
export interface Column {
  add(row: RowData): void;
  texts(): MaybePromise<readonly string[]>;
}

/** What plans are made from. */
export interface PlanContext extends SchemaContext {
  /** Makes the plan of the rows below: handed in, since rows lie in lists and links of rows. */
  readonly planRow: PlanRow;
}

/** @param depth 0 for rows that are asked for themselves, 1 for those inside another row */
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

/** The texts of rows, in their order. Whatever has to be read for them is read for all of them at once. */
export function writeRows(plan: RowPlan, rows: readonly RowData[], run: PlanRun): MaybePromise<readonly string[]> {
  if (rows.length === 0) return [];
  const { company } = run.scope;
  const globalId = (key: string) => encodeGlobalId({ ...company, typeName: plan.type.name, key });
  if (plan.columns.length === 0) return rows.map((row) => writeRow(plan, row, globalId, [], 0));
  const columns = plan.columns.map((column) => column.open(run));
  for (const row of rows) for (const column of columns) column.add(row);
  return andThen(
    together(columns, (column) => column.texts()),
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
