import { type Awaitable, andThen, together } from '../../../kit/maybe-promise.ts';
import { encodeGlobalId } from '../global-id.ts';
import type { Field, RowType } from '../model/model.ts';
import { isReadable } from '../reading/shape.ts';
import { isRowData, keyOf } from '../row.ts';
import type { CompanyScope } from '../session.ts';
import { linkedColumn } from './linked-column.ts';
import { nestedListColumn } from './nested-list-plan.ts';
import {
  keyText,
  mayBeNull,
  objectText,
  type PlanContext,
  type SelectedField,
  selectedFields,
  selectionsIn,
} from './selection.ts';
import { tokenWriter, type WriteToken } from './token-writers.ts';
import { Unexpected, Unplanned } from './unplanned.ts';
import { valueWriter, type WriteValue } from './write-value.ts';

/** The requests that fields of these rows take beside the rows themselves. */
export const readsOf = ({ columns }: RowPlan): readonly string[] => columns.flatMap(({ reads }) => reads);

/** A query string for a person. */
export const describeQuery = (query: string): string => decodeURIComponent(query);

export type Data = Readonly<Record<string, unknown>>;

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
  /** The same for a value that was not parsed; undefined where it may have to be read again. */
  readonly writeToken: WriteToken | undefined;
}

export interface ColumnPlan {
  readonly kind: 'column';
  readonly key: string;
  /** The requests it takes, in words. */
  readonly reads: readonly string[];
  readonly open: (run: PlanRun) => Column;
  /** How it is found in rows that are not parsed; left out where they have to be. */
  readonly unparsed?: ObjectInRow | LinkByKey | undefined;
}

/** An object inside the row. */
export interface ObjectInRow {
  readonly kind: 'object';
  readonly restName: string;
  readonly row: RowPlan;
  readonly isNullable: boolean;
}

/** A row of another resource that is read by a key in this one. */
export interface LinkByKey {
  readonly kind: 'linked';
  readonly keyName: string;
  /** Where the linked row itself would be, had it come along. */
  readonly restName: string;
  readonly isNullable: boolean;
  /** The text of each key's row; undefined where there is none. */
  readonly read: (keys: readonly string[], run: PlanRun) => Awaitable<readonly (string | undefined)[]>;
}

/** One field of many rows: told of each row in turn, it then says the texts of all in the same order. */
export interface Column {
  add(row: Data): void;
  texts(): Awaitable<readonly string[]>;
}

/**
 * Makes the plan of rows that are read with the shape of this very selection.
 * @param depth 0 for rows that are asked for themselves, 1 for those inside another row
 * @throws Unplanned
 */
export function planRow(
  type: RowType,
  selected: readonly SelectedField[],
  context: PlanContext,
  depth: 0 | 1,
): RowPlan {
  const fields = selected.map((field, index) => planField(type, field, keyText(field.key, index), context, depth));
  return { type, fields, columns: fields.filter((field) => field.kind === 'column') };
}

function planField(type: RowType, selected: SelectedField, key: string, context: PlanContext, depth: 0 | 1): FieldPlan {
  if (selected.name === '__typename') return { kind: 'constant', key, text: JSON.stringify(type.name) };
  const field = type.fields.get(selected.name);
  if (!field) throw new Unplanned(`${type.name}.${selected.name} leads to another system`);
  switch (field.kind) {
    case 'globalId':
      return { kind: 'globalId', key };
    case 'scalar': {
      const { restName } = field;
      const write = valueWriter(field);
      if (field.expand === undefined || !isReadable(type))
        return { kind: 'value', key, restName, write, writeToken: tokenWriter(field) };
      if (depth > 0) throw new Unplanned(`${type.name}.${field.name} below another row needs a read of its own`);
      return { kind: 'value', key, restName, write: (value) => write(present(value)), writeToken: undefined };
    }
    case 'linked':
      return linkedColumn(type, field, selected, key, context, depth);
    case 'children': {
      const isBrought = depth === 0 || !isReadable(type) || !field.expandable;
      if (!isBrought) throw new Unplanned(`${type.name}.${field.name} below another row needs a read of its own`);
      const { restName, list } = field;
      const row = planRow(typeNamed(context, field), fieldsIn(selected, field, context), context, 1);
      const isNullable = mayBeNull(context, type.name, field.name);
      // Rows that Sage can be asked for come with it or are asked for again, which is not for plans.
      const isAsked = isReadable(type) && field.expandable;
      return {
        kind: 'column',
        key,
        reads: readsOf(row),
        open: (run) => new InnerColumn(run, { row, restName, list, isNullable, isAsked }),
        unparsed: list ? undefined : { kind: 'object', restName, row, isNullable },
      };
    }
    case 'list':
      return nestedListColumn(type, field, selected, key, context);
  }
}

/** What only a custom expand brings is read again where it came without. */
function present(value: unknown): unknown {
  if (value === undefined) throw new Unexpected('an expanded value is missing');
  return value;
}

export function typeNamed({ model }: PlanContext, { typeName }: Extract<Field, { typeName: string }>): RowType {
  const type = model.rowTypes.get(typeName);
  if (!type) throw new Unplanned(`${typeName} is no row`);
  return type;
}

const fieldsIn = (selected: SelectedField, { typeName }: { typeName: string }, context: PlanContext) =>
  selectedFields(selectionsIn(selected), typeName, context);

/** The texts of rows, in their order. Whatever has to be read for them is read for all of them at once. */
export function writeRows(plan: RowPlan, rows: readonly Data[], run: PlanRun): Awaitable<readonly string[]> {
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
  row: Data,
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

function idOf(row: Data): string {
  const key = keyOf(row);
  if (key === undefined) throw new Unexpected('a row has no id');
  return key;
}

/** Rows or an object inside the row. */
class InnerColumn implements Column {
  readonly #run: PlanRun;
  readonly #options: InnerOptions;
  readonly #rows: Data[] = [];
  /** How many inner rows each row has; undefined for none at all. */
  readonly #counts: (number | undefined)[] = [];

  constructor(run: PlanRun, options: InnerOptions) {
    this.#run = run;
    this.#options = options;
  }

  add(row: Data): void {
    const { restName, list, isNullable, isAsked } = this.#options;
    const value = row[restName];
    if (isAsked && value === undefined) throw new Unexpected(`${restName} was not expanded`);
    const inner = list
      ? Array.isArray(value)
        ? value.filter(isRowData)
        : undefined
      : isRowData(value)
        ? [value]
        : undefined;
    if (!inner && !isNullable) throw new Unexpected(`${restName} is missing`);
    this.#counts.push(inner?.length);
    for (const each of inner ?? []) this.#rows.push(each);
  }

  texts() {
    return andThen(writeRows(this.#options.row, this.#rows, this.#run), (texts) => this.#group(texts));
  }

  #group(texts: readonly string[]): readonly string[] {
    let next = 0;
    return this.#counts.map((count) => {
      if (count === undefined) return 'null';
      const own = texts.slice(next, next + count);
      next += count;
      return this.#options.list ? `[${own.join(',')}]` : (own[0] ?? 'null');
    });
  }
}

interface InnerOptions {
  readonly row: RowPlan;
  readonly restName: string;
  readonly list: boolean;
  readonly isNullable: boolean;
  readonly isAsked: boolean;
}
