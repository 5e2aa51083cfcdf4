import { Bailout } from '../../../kit/bailout.ts';
import { handled } from '../../../kit/maybe-promise.ts';
import type { ListField, RowType } from '../model/model.ts';
import { printQuery } from '../odata/query.ts';
import {
  hasOwnList,
  loadNestedPage,
  type NestedPage,
  type NestedRequest,
  toNestedRequest,
} from '../reading/nested-list.ts';
import { type ListArguments, toPageRequest } from '../reading/page.ts';
import { printShape } from '../reading/shape.ts';
import { keyOf, type RowData } from '../row-data.ts';
import { type ConnectionPlan, connectionReads, planConnection, writeConnections } from './connection-plan.ts';
import { type Column, type ColumnPlan, describeQuery, type PlanContext, type PlanRun, typeNamed } from './row-plan.ts';
import { argumentReader, fieldDefinition, mayBeNull, type SelectedField } from './selection.ts';

/** A list under a row, read together for all rows. @throws Bailout */
export function nestedListColumn(
  type: RowType,
  field: ListField,
  selected: SelectedField,
  key: string,
  context: PlanContext,
): ColumnPlan {
  const target = typeNamed(context, field);
  const { by } = field;
  const path = target.resource?.path;
  if (by === undefined || path === undefined || !hasOwnList(target))
    throw new Bailout(`${type.name}.${field.name} is one read for each row`);
  const definition = fieldDefinition(context, type.name, field.name);
  const [node] = selected.nodes;
  const plan: NestedListPlan = {
    target,
    path,
    by,
    parentKey: field.key,
    isNullable: mayBeNull(context, type.name, field.name),
    connection: planConnection(target, selected, context),
    argumentsOf: argumentReader(definition, node),
  };
  const query = describeQuery(printQuery(printShape(plan.connection.shape)));
  const reads = [
    `GET ${path}${query}, for all rows above together, by ${by}`,
    ...(plan.connection.wants.totalCount ? [`GET ${path}?$count=true for each row whose list goes on`] : []),
    ...connectionReads(plan.connection),
  ];
  return { kind: 'column', key, reads, open: (run) => new NestedListColumn(run, plan) };
}

interface NestedListPlan {
  readonly target: RowType;
  readonly path: string;
  /** REST field of the list's rows that holds the parent's id, and of the parent that is that id. */
  readonly by: string;
  readonly parentKey: string;
  readonly isNullable: boolean;
  readonly connection: ConnectionPlan;
  readonly argumentsOf: (variables: PlanRun['variables']) => ListArguments;
}

class NestedListColumn implements Column {
  readonly #run: PlanRun;
  readonly #plan: NestedListPlan;
  readonly #nested: NestedRequest;
  readonly #pages: (Promise<NestedPage> | undefined)[] = [];

  constructor(run: PlanRun, plan: NestedListPlan) {
    this.#run = run;
    this.#plan = plan;
    const { target, path, by, connection, argumentsOf } = plan;
    const request = toPageRequest(target, argumentsOf(run.variables), run.scope);
    this.#nested = toNestedRequest({ request, path, by, shape: connection.shape, wants: connection.wants });
  }

  add(row: RowData): void {
    const key = keyOf(row, this.#plan.parentKey);
    if (key === undefined) {
      if (!this.#plan.isNullable) throw new Bailout(`${this.#plan.parentKey} is missing`);
      this.#pages.push(undefined);
      return;
    }
    this.#pages.push(handled(loadNestedPage(this.#run.scope, key, this.#nested)));
  }

  async texts(): Promise<readonly string[]> {
    const pages = await Promise.all(this.#pages);
    const { connection } = this.#plan;
    const found = pages.filter((page) => page !== undefined);
    await this.#run.scope.pace(found.reduce((sum, { rows }) => sum + 1 + rows.length, 0));
    const contents = found.map((page) => ({
      page,
      total: connection.wants.totalCount ? handled(page.totalCount()) : undefined,
    }));
    const texts = await writeConnections(connection, this.#nested.request, contents, this.#run);
    let next = 0;
    return pages.map((page) => (page === undefined ? 'null' : (texts[next++] ?? 'null')));
  }
}
