import { andThen } from '../../../kit/maybe-promise.ts';
import { memberTexts } from '../member-lists.ts';
import type { ScalarField } from '../model/model.ts';
import type { RowData } from '../row-data.ts';
import { columnToken } from '../values/column.ts';
import type { Column, ColumnPlan, PlanRun } from './row-plan.ts';

/** A value from one of Sage's lists. Names are written unchanged; for numbers, the list may have to be read. */
export function memberColumn(field: ScalarField, key: string): ColumnPlan {
  return {
    kind: 'column',
    key,
    reads: [],
    open: (run) => new MemberColumn(run, field),
    unparsed: { kind: 'value', restName: field.restName, token: columnToken(field) },
  };
}

class MemberColumn implements Column {
  readonly #run: PlanRun;
  readonly #field: ScalarField;
  readonly #values: unknown[] = [];

  constructor(run: PlanRun, field: ScalarField) {
    this.#run = run;
    this.#field = field;
  }

  add(row: RowData): void {
    this.#values.push(row[this.#field.restName]);
  }

  texts() {
    return andThen(memberTexts(this.#run.scope, this.#field, this.#values), (texts) =>
      texts.map((text) => JSON.stringify(text)),
    );
  }
}
