import { encodeGlobalId } from '../global-id.ts';
import { type Field, type LinkedField, type RowType, scalarByRestName } from '../model/model.ts';
import { printQuery } from '../odata/query.ts';
import { loadRow } from '../reading/by-key.ts';
import { isReadable, printShape, type Shape, shapeOf, wantsOnlyId } from '../reading/shape.ts';
import { keyOf } from '../row.ts';
import type { CompanyScope } from '../session.ts';
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
import { type Awaitable, attended, together } from './together.ts';
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
  const texts = together(columns.map((column) => () => column.texts()));
  const toTexts = (ready: readonly (readonly string[])[]) =>
    rows.map((row, index) => writeRow(plan, row, globalId, ready, index));
  return texts instanceof Promise ? texts.then(toTexts) : toTexts(texts);
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
        ? value.filter(isData)
        : undefined
      : isData(value)
        ? [value]
        : undefined;
    if (!inner && !isNullable) throw new Unexpected(`${restName} is missing`);
    this.#counts.push(inner?.length);
    for (const each of inner ?? []) this.#rows.push(each);
  }

  texts() {
    const texts = writeRows(this.#options.row, this.#rows, this.#run);
    return texts instanceof Promise ? texts.then((ready) => this.#group(ready)) : this.#group(texts);
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

function linkedColumn(
  type: RowType,
  field: LinkedField,
  selected: SelectedField,
  key: string,
  context: PlanContext,
  depth: 0 | 1,
): ColumnPlan {
  if (scalarByRestName(type, field.key)?.expand !== undefined)
    throw new Unplanned(`${type.name}.${field.name} is found by a value that needs a read of its own`);
  const target = typeNamed(context, field);
  const selections = selectionsIn(selected);
  const fields = selectedFields(selections, target.name, context);
  const onlyId = wantsOnlyId(target, selections, context);
  // As the shape has it: one level is expanded, and only where more than the key is wanted.
  const comesInside = field.expandable && depth === 0 && !onlyId;
  const plan = (at: 0 | 1) => planRow(target, fields, context, at);
  const options: LinkedOptions = {
    target,
    field,
    isNullable: mayBeNull(context, type.name, field.name),
    onlyId,
    shape: shapeOf(target, selections, context),
    inside: comesInside ? plan(1) : orUndefined(() => plan(1)),
    alone: comesInside ? orUndefined(() => plan(0)) : plan(0),
  };
  return {
    kind: 'column',
    key,
    reads: linkedReads(options, comesInside),
    open: (run) => new LinkedColumn(run, options),
  };
}

function linkedReads({ target, shape, inside, alone, onlyId }: LinkedOptions, comesInside: boolean): readonly string[] {
  const plan = comesInside ? inside : alone;
  const further = plan ? readsOf(plan) : [];
  if (comesInside || onlyId) return further;
  const query = describeQuery(printQuery(printShape(shape)));
  return [`GET ${target.resource?.path}${query} by id, the ids of all rows together`, ...further];
}

/** What is not to be expected need not be planned; should it come, it is for the general executor. */
function orUndefined<Plan>(make: () => Plan): Plan | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof Unplanned) return undefined;
    throw error;
  }
}

interface LinkedOptions {
  readonly target: RowType;
  readonly field: LinkedField;
  readonly isNullable: boolean;
  /** The key alone answers the selection. */
  readonly onlyId: boolean;
  readonly shape: Shape;
  /** The linked row as it came inside this one; and as it comes when it is read by its key. */
  readonly inside: RowPlan | undefined;
  readonly alone: RowPlan | undefined;
}

/** Where a row's linked row is: inside it, at that place among those read by key, or nowhere. */
type Place = { readonly inside: number } | { readonly alone: number } | undefined;

/** A row of another resource: inside the row where it was expanded, else read by its key, each key once. */
class LinkedColumn implements Column {
  readonly #run: PlanRun;
  readonly #options: LinkedOptions;
  readonly #places: Place[] = [];
  readonly #inside: Data[] = [];
  readonly #alone: (Data | Promise<Data | undefined>)[] = [];
  readonly #byKey = new Map<string, Place>();

  constructor(run: PlanRun, options: LinkedOptions) {
    this.#run = run;
    this.#options = options;
  }

  add(row: Data): void {
    const { field } = this.#options;
    const expanded = row[field.restName];
    if (isData(expanded)) {
      this.#places.push({ inside: this.#inside.push(expanded) - 1 });
      return;
    }
    const key = keyOf(row, field.key);
    // Sage writes 0 for a reference that is not set.
    this.#places.push(expanded === null || key === undefined || key === '0' ? undefined : this.#placeOf(key));
  }

  #placeOf(key: string): Place {
    const known = this.#byKey.get(key);
    if (known) return known;
    const { onlyId, target, shape } = this.#options;
    const place = { alone: this.#alone.length };
    if (onlyId) this.#alone.push({ id: key });
    else {
      this.#alone.push(attended(loadRow(this.#run.scope, target, key, shape)));
    }
    this.#byKey.set(key, place);
    return place;
  }

  texts(): Awaitable<readonly string[]> {
    const inside = this.#write(this.#options.inside, this.#inside);
    if (this.#alone.length === 0 && !(inside instanceof Promise)) return this.#join(inside, []);
    return Promise.all([inside, this.#readAlone()]).then((texts) => this.#join(...texts));
  }

  #write(plan: RowPlan | undefined, rows: readonly Data[]): Awaitable<readonly string[]> {
    if (rows.length === 0) return [];
    if (!plan) throw new Unexpected(`${this.#options.field.name} came in a way that is not usual`);
    return writeRows(plan, rows, this.#run);
  }

  async #readAlone(): Promise<readonly (string | undefined)[]> {
    const rows = await Promise.all(this.#alone);
    const found = rows.filter((row) => row !== undefined);
    const texts = await this.#write(this.#options.alone, found);
    let next = 0;
    return rows.map((row) => (row === undefined ? undefined : texts[next++]));
  }

  #join(inside: readonly string[], alone: readonly (string | undefined)[]): readonly string[] {
    return this.#places.map((place) => {
      const text = place && ('inside' in place ? inside[place.inside] : alone[place.alone]);
      if (text === undefined && !this.#options.isNullable)
        throw new Unexpected(`${this.#options.field.name} is missing`);
      return text ?? 'null';
    });
  }
}

const isData = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value);
