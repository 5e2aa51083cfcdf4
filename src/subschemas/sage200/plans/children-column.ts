import { Bailout } from '../../../kit/bailout.ts';
import { isObject } from '../../../kit/json.ts';
import { andThen } from '../../../kit/maybe-promise.ts';
import type { ChildrenField, RowType } from '../model/model.ts';
import { isReadable } from '../reading/shape.ts';
import type { RowData } from '../row-data.ts';
import {
  type Column,
  type ColumnPlan,
  type PlanContext,
  type PlanRun,
  type RowPlan,
  readsOf,
  typeNamed,
  writeRows,
} from './row-plan.ts';
import { mayBeNull, type SelectedField, selectedFields, selectionsIn } from './selection.ts';

/** Rows or an object inside the row. @throws Bailout */
export function childrenColumn(
  type: RowType,
  field: ChildrenField,
  selected: SelectedField,
  key: string,
  context: PlanContext,
  depth: 0 | 1,
): ColumnPlan {
  const isBrought = depth === 0 || !isReadable(type) || !field.expandable;
  if (!isBrought) throw new Bailout(`${type.name}.${field.name} below another row needs a read of its own`);
  const { restName, list } = field;
  const target = typeNamed(context, field);
  const row = context.planRow(target, selectedFields(selectionsIn(selected), target.name, context), context, 1);
  const isNullable = mayBeNull(context, type.name, field.name);
  // Rows that Sage can read separately are either included or read again, which plans do not do.
  const isAsked = isReadable(type) && field.expandable;
  return {
    kind: 'column',
    key,
    reads: readsOf(row),
    open: (run) => new InnerColumn(run, { row, restName, list, isNullable, isAsked }),
    unparsed: { kind: list ? 'list' : 'object', restName, row, isNullable },
  };
}

class InnerColumn implements Column {
  readonly #run: PlanRun;
  readonly #options: InnerOptions;
  readonly #rows: RowData[] = [];
  /** Number of inner rows of each row; undefined for none at all. */
  readonly #counts: (number | undefined)[] = [];

  constructor(run: PlanRun, options: InnerOptions) {
    this.#run = run;
    this.#options = options;
  }

  add(row: RowData): void {
    const { restName, list, isNullable, isAsked } = this.#options;
    const value = row[restName];
    if (isAsked && value === undefined) throw new Bailout(`${restName} was not expanded`);
    const inner = list
      ? Array.isArray(value)
        ? value.filter(isObject)
        : undefined
      : isObject(value)
        ? [value]
        : undefined;
    if (!inner && !isNullable) throw new Bailout(`${restName} is missing`);
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
