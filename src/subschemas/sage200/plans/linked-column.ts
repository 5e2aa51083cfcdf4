import { Bailout } from '../../../kit/bailout.ts';
import { isObject } from '../../../kit/json.ts';
import { andThen, handled, type MaybePromise } from '../../../kit/maybe-promise.ts';
import { type LinkedField, type RowType, scalarByRestName } from '../model/model.ts';
import { printQuery } from '../odata/query.ts';
import { loadRow, type RowRead, rowRead } from '../reading/by-key.ts';
import { shapeOf, wantsOnlyId } from '../reading/shape.ts';
import { keyOf, type RowData } from '../row-data.ts';
import { isReference, REFERENCE_PATTERN } from '../values/sage-id.ts';
import {
  type Column,
  type ColumnPlan,
  describeQuery,
  type LinkByKey,
  type PlanContext,
  type PlanRun,
  type RowInRow,
  type RowPlan,
  readsOf,
  typeNamed,
  writeRows,
} from './row-plan.ts';
import { mayBeNull, type SelectedField, selectedFields, selectionsIn } from './selection.ts';

/** A row of another resource. @throws Bailout */
export function linkedColumn(
  type: RowType,
  field: LinkedField,
  selected: SelectedField,
  key: string,
  context: PlanContext,
  depth: 0 | 1,
): ColumnPlan {
  if (scalarByRestName(type, field.key)?.expand !== undefined)
    throw new Bailout(`${type.name}.${field.name} is found by a value that needs a read of its own`);
  const target = typeNamed(context, field);
  const selections = selectionsIn(selected);
  const fields = selectedFields(selections, target.name, context);
  const onlyId = wantsOnlyId(target, selections, context);
  // As in the shape: one level is expanded, and only if more than the key is selected.
  const comesInside = field.expandable && depth === 0 && !onlyId;
  const plan = (at: 0 | 1) => context.planRow(target, fields, context, at);
  const options: LinkedOptions = {
    target,
    field,
    isNullable: mayBeNull(context, type.name, field.name),
    onlyId,
    read: rowRead(target, shapeOf(target, selections, context)),
    inside: comesInside ? plan(1) : orUndefined(() => plan(1)),
    alone: comesInside ? orUndefined(() => plan(0)) : plan(0),
  };
  return {
    kind: 'column',
    key,
    reads: linkedReads(options, comesInside),
    open: (run) => new LinkedColumn(run, options),
    unparsed: unparsedLink(options, comesInside),
  };
}

function unparsedLink(options: LinkedOptions, comesInside: boolean): RowInRow | LinkByKey | undefined {
  const { field, isNullable, inside, alone } = options;
  const { restName, key: keyName } = field;
  if (comesInside) return inside && { kind: 'object', restName, row: inside, isNullable };
  if (!alone) return undefined;
  return {
    kind: 'linked',
    keyName,
    keyPattern: REFERENCE_PATTERN,
    restName,
    isNullable,
    read: (keys, run) =>
      readAlone(
        options,
        keys.map((key) => loadAlone(options, key, run)),
        run,
      ),
  };
}

function loadAlone({ onlyId, read }: LinkedOptions, key: string, { scope }: PlanRun): AloneRow {
  return onlyId ? { id: key } : loadRow(scope, read, key);
}

type AloneRow = RowData | Promise<RowData | undefined>;

/** The texts of rows that are read by their keys; undefined for those that Sage does not have. */
function readAlone(
  { alone, field }: LinkedOptions,
  loading: readonly AloneRow[],
  run: PlanRun,
): Promise<readonly (string | undefined)[]> {
  return Promise.all(loading).then((rows) => {
    const found = rows.filter((row) => row !== undefined);
    return andThen(writeAll(alone, found, field, run), (texts) => {
      let next = 0;
      return rows.map((row) => (row === undefined ? undefined : texts[next++]));
    });
  });
}

function writeAll(
  plan: RowPlan | undefined,
  rows: readonly RowData[],
  { name }: LinkedField,
  run: PlanRun,
): MaybePromise<readonly string[]> {
  if (rows.length === 0) return [];
  if (!plan) throw new Bailout(`${name} came in a way that is not usual`);
  return writeRows(plan, rows, run);
}

function linkedReads({ target, read, inside, alone, onlyId }: LinkedOptions, comesInside: boolean): readonly string[] {
  const plan = comesInside ? inside : alone;
  const further = plan ? readsOf(plan) : [];
  if (comesInside || onlyId) return further;
  const query = describeQuery(printQuery(read.query));
  return [`GET ${target.resource?.path}${query} by id, the ids of all rows together`, ...further];
}

/** Unexpected forms need no plan; if they occur, the fallback executor handles them. */
function orUndefined<Plan>(make: () => Plan): Plan | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof Bailout) return undefined;
    throw error;
  }
}

interface LinkedOptions {
  readonly target: RowType;
  readonly field: LinkedField;
  readonly isNullable: boolean;
  /** Whether the key alone answers the selection. */
  readonly onlyId: boolean;
  readonly read: RowRead;
  /** The linked row's plan when it is inside this one, and when it is read by its key. */
  readonly inside: RowPlan | undefined;
  readonly alone: RowPlan | undefined;
}

/** Position of a row's linked row: inside it, at that index among those read by key, or missing. */
type Place = { readonly inside: number } | { readonly alone: number } | undefined;

/** A row of another resource: inside the row if it was expanded, otherwise read by its key, each key once. */
class LinkedColumn implements Column {
  readonly #run: PlanRun;
  readonly #options: LinkedOptions;
  readonly #places: Place[] = [];
  readonly #inside: RowData[] = [];
  readonly #alone: AloneRow[] = [];
  readonly #byKey = new Map<string, Place>();

  constructor(run: PlanRun, options: LinkedOptions) {
    this.#run = run;
    this.#options = options;
  }

  add(row: RowData): void {
    const { field } = this.#options;
    const expanded = row[field.restName];
    if (isObject(expanded)) {
      this.#places.push({ inside: this.#inside.push(expanded) - 1 });
      return;
    }
    const key = keyOf(row, field.key);
    this.#places.push(expanded !== null && isReference(key) ? this.#placeOf(key) : undefined);
  }

  #placeOf(key: string): Place {
    const known = this.#byKey.get(key);
    if (known) return known;
    const place = { alone: this.#alone.push(this.#load(key)) - 1 };
    this.#byKey.set(key, place);
    return place;
  }

  /** Awaited later, or never if another row turns out to be unusual. */
  #load(key: string): AloneRow {
    const loading = loadAlone(this.#options, key, this.#run);
    return loading instanceof Promise ? handled(loading) : loading;
  }

  texts(): MaybePromise<readonly string[]> {
    const { inside: plan, field } = this.#options;
    const inside = writeAll(plan, this.#inside, field, this.#run);
    if (this.#alone.length === 0 && !(inside instanceof Promise)) return this.#join(inside, []);
    return Promise.all([inside, readAlone(this.#options, this.#alone, this.#run)]).then((texts) =>
      this.#join(...texts),
    );
  }

  #join(inside: readonly string[], alone: readonly (string | undefined)[]): readonly string[] {
    return this.#places.map((place) => {
      const text = place && ('inside' in place ? inside[place.inside] : alone[place.alone]);
      if (text === undefined && !this.#options.isNullable) throw new Bailout(`${this.#options.field.name} is missing`);
      return text ?? 'null';
    });
  }
}
