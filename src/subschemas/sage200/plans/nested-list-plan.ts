import { Bailout } from '../../../kit/bailout.ts';
import { handled } from '../../../kit/maybe-promise.ts';
import type { ListField, RowType } from '../model/model.ts';
import { printQuery } from '../odata/query.ts';
import { hasOwnList, loadNestedPage, toNestedRequest } from '../reading/nested-list.ts';
import { type ListArguments, toPageRequest } from '../reading/page.ts';
import { printShape } from '../reading/shape.ts';
import { ID_PATTERN } from '../values/sage-id.ts';
import { type ConnectionPlan, connectionReads, planConnection, writeConnections } from './connection-plan.ts';
import { KeyColumn } from './key-column.ts';
import {
  type ColumnPlan,
  describeQuery,
  type LinkByKey,
  type PlanContext,
  type PlanRun,
  typeNamed,
} from './row-plan.ts';
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
    connection: planConnection(target, selected, context),
    argumentsOf: argumentReader(definition, node),
  };
  const query = describeQuery(printQuery(printShape(plan.connection.shape)));
  const reads = [
    `GET ${path}${query}, for all rows above together, by ${by}`,
    ...(plan.connection.wants.totalCount ? [`GET ${path}?$count=true for each row whose list goes on`] : []),
    ...connectionReads(plan.connection),
  ];
  const link: LinkByKey = {
    kind: 'linked',
    keyName: field.key,
    keyPattern: `(?:null|${ID_PATTERN})`,
    restName: undefined,
    isNullable: mayBeNull(context, type.name, field.name),
    read: (keys, run) => readPages(plan, keys, run),
  };
  return { kind: 'column', key, reads, open: (run) => new KeyColumn(run, link), unparsed: link };
}

interface NestedListPlan {
  readonly target: RowType;
  readonly path: string;
  /** REST field of the list's rows that contains the parent's id. */
  readonly by: string;
  readonly connection: ConnectionPlan;
  readonly argumentsOf: (variables: PlanRun['variables']) => ListArguments;
}

/** What beginning one list takes, in rows that are written. */
const STEPS_TO_BEGIN = 4;

/** The texts of lists, by the ids of their parents. */
async function readPages(plan: NestedListPlan, keys: readonly string[], run: PlanRun): Promise<readonly string[]> {
  const { target, path, by, connection, argumentsOf } = plan;
  const { shape, wants } = connection;
  // A hundred aliases of a list begin at the same moment, and to begin takes longer than to write a row.
  await run.scope.pace(STEPS_TO_BEGIN * keys.length);
  const request = toPageRequest(target, argumentsOf(run.variables), run.scope);
  const nested = toNestedRequest({ request, path, by, shape, wants });
  const pages = await Promise.all(keys.map((key) => loadNestedPage(run.scope, key, nested)));
  await run.scope.pace(pages.reduce((sum, { rows }) => sum + 1 + rows.length, 0));
  const contents = pages.map((page) => ({
    page,
    total: wants.totalCount ? handled(page.totalCount()) : undefined,
  }));
  return writeConnections(connection, nested.request, contents, run);
}
