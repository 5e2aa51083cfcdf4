import type { SelectionSetNode } from 'graphql';
import { Bailout } from '../../../kit/bailout.ts';
import { type MaybePromise, together } from '../../../kit/maybe-promise.ts';
import type { RowType } from '../model/model.ts';
import { cursorOf } from '../odata/cursor.ts';
import type { Page, PageRequest, PageWants } from '../reading/page.ts';
import { readConnectionSelection } from '../reading/resolve-list.ts';
import type { Shape } from '../reading/shape.ts';
import type { RowData } from '../row-data.ts';
import { type PlanContext, type PlanRun, type RowPlan, readsOf, writeRows } from './row-plan.ts';
import { keyText, objectText, type SelectedField, selectedFields, selectionsIn } from './selection.ts';

/** Converts pages of one list to JSON text. */
export interface ConnectionPlan {
  readonly type: RowType;
  readonly wants: PageWants;
  readonly shape: Shape;
  readonly fields: readonly ConnectionField[];
}

type ConnectionField =
  | { readonly kind: 'constant'; readonly key: string; readonly text: string }
  | { readonly kind: 'nodes'; readonly key: string; readonly row: RowPlan }
  | { readonly kind: 'edges'; readonly key: string; readonly edge: EdgePlan }
  | { readonly kind: 'pageInfo'; readonly key: string; readonly fields: readonly PageInfoField[] }
  | { readonly kind: 'totalCount'; readonly key: string };

export type EdgePlan = readonly (
  | { readonly kind: 'constant'; readonly key: string; readonly text: string }
  | { readonly kind: 'cursor'; readonly key: string }
  | { readonly kind: 'node'; readonly key: string; readonly row: RowPlan }
)[];

interface PageInfoField {
  readonly key: string;
  readonly name: 'hasNextPage' | 'hasPreviousPage' | 'startCursor' | 'endCursor' | '__typename';
}

/** A page, and the total number of rows if it was requested. */
export interface PageContent {
  readonly page: Page;
  /** Awaited last: a count that never arrives delays no rows. */
  readonly total: Promise<number> | undefined;
}

/** @throws Bailout */
export function planConnection(type: RowType, selected: SelectedField, context: PlanContext): ConnectionPlan {
  const { wants, shape } = readConnectionSelection(type, selectionsIn(selected), context);
  const typeName = `${type.name}Connection`;
  const fields = selectedFields(selectionsIn(selected), typeName, context).map((field, index) =>
    planConnectionField(type, typeName, field, keyText(field.key, index), context),
  );
  return { type, wants, shape, fields };
}

function planConnectionField(
  type: RowType,
  typeName: string,
  field: SelectedField,
  key: string,
  context: PlanContext,
): ConnectionField {
  const row = (sets: (SelectionSetNode | undefined)[]) =>
    context.planRow(type, selectedFields(sets, type.name, context), context, 0);
  switch (field.name) {
    case '__typename':
      return { kind: 'constant', key, text: JSON.stringify(typeName) };
    case 'nodes':
      return { kind: 'nodes', key, row: row(selectionsIn(field)) };
    case 'edges':
      return { kind: 'edges', key, edge: planEdge(type, field, context, row) };
    case 'pageInfo':
      return { kind: 'pageInfo', key, fields: planPageInfo(field, context) };
    case 'totalCount':
      return { kind: 'totalCount', key };
    default:
      throw new Bailout(`${typeName}.${field.name} is not a field of a list`);
  }
}

function planEdge(
  type: RowType,
  selected: SelectedField,
  context: PlanContext,
  row: (sets: (SelectionSetNode | undefined)[]) => RowPlan,
): EdgePlan {
  const typeName = `${type.name}Edge`;
  return selectedFields(selectionsIn(selected), typeName, context).map((field, index) => {
    const key = keyText(field.key, index);
    if (field.name === 'cursor') return { kind: 'cursor', key };
    if (field.name === 'node') return { kind: 'node', key, row: row(selectionsIn(field)) };
    return { kind: 'constant', key, text: JSON.stringify(typeName) };
  });
}

function planPageInfo(selected: SelectedField, context: PlanContext): readonly PageInfoField[] {
  return selectedFields(selectionsIn(selected), 'Sage200PageInfo', context).map(({ key, name }, index) => {
    if (!isPageInfoName(name)) throw new Bailout(`Sage200PageInfo.${name} is not a field of a page`);
    return { key: keyText(key, index), name };
  });
}

const PAGE_INFO_NAMES = ['hasNextPage', 'hasPreviousPage', 'startCursor', 'endCursor', '__typename'] as const;

const isPageInfoName = (name: string): name is PageInfoField['name'] => PAGE_INFO_NAMES.some((known) => known === name);

/** The requests for the rows' fields, besides the page itself. */
export const connectionReads = ({ fields }: ConnectionPlan): readonly string[] =>
  fields.flatMap((field) => {
    if (field.kind === 'nodes') return readsOf(field.row);
    if (field.kind !== 'edges') return [];
    return field.edge.flatMap((part) => (part.kind === 'node' ? readsOf(part.row) : []));
  });

/** The texts of several pages of the same list, with their rows written together. */
export async function writeConnections(
  plan: ConnectionPlan,
  request: PageRequest,
  contents: readonly PageContent[],
  run: PlanRun,
): Promise<readonly string[]> {
  const rows = contents.flatMap(({ page }) => page.rows);
  const columns = await together(
    plan.fields,
    (field) => writeRowsOf(field, rows, run),
    (texts) => texts,
  );
  const totals = await Promise.all(contents.map(({ total }) => total));
  let start = 0;
  return contents.map((content, at) => {
    const total = totals[at];
    const end = start + content.page.rows.length;
    const own = columns.map((column) => column.map((texts) => texts.slice(start, end)));
    start = end;
    const fields = plan.fields.map(
      (field, index) => field.key + fieldText(field, { ...content, total }, request, own[index] ?? []),
    );
    return objectText(fields.join(''));
  });
}

/** One list of texts for each field of the connection that shows rows. */
function writeRowsOf(
  field: ConnectionField,
  rows: readonly RowData[],
  run: PlanRun,
): MaybePromise<readonly (readonly string[])[]> {
  const plans =
    field.kind === 'nodes'
      ? [field.row]
      : field.kind === 'edges'
        ? field.edge.flatMap((part) => (part.kind === 'node' ? [part.row] : []))
        : [];
  return together(
    plans,
    (plan) => writeRows(plan, rows, run),
    (texts) => texts,
  );
}

function fieldText(
  field: ConnectionField,
  { page, total }: { readonly page: Page; readonly total: number | undefined },
  request: PageRequest,
  rows: readonly (readonly string[])[],
): string {
  switch (field.kind) {
    case 'constant':
      return field.text;
    case 'nodes':
      return `[${(rows[0] ?? []).join(',')}]`;
    case 'edges':
      return `[${page.rows.map((_, index) => edgeText(field.edge, page, request, index, rows)).join(',')}]`;
    case 'pageInfo':
      return pageInfoText(field.fields, page, request);
    case 'totalCount':
      return totalText(total);
  }
}

function edgeText(
  edge: EdgePlan,
  page: Page,
  request: PageRequest,
  index: number,
  rows: readonly (readonly string[])[],
): string {
  let node = 0;
  const parts = edge.map((part) => {
    if (part.kind === 'constant') return part.key + part.text;
    if (part.kind === 'cursor') {
      if (!page.rows[index]) throw new Bailout('what is not a row has no cursor');
      return part.key + cursorText(page, request, index);
    }
    return part.key + (rows[node++]?.[index] ?? '');
  });
  return objectText(parts.join(''));
}

export function pageInfoText(fields: readonly PageInfoField[], page: Page, request: PageRequest): string {
  return objectText(fields.map(({ key, name }) => key + pageInfoValue(name, page, request)).join(''));
}

function pageInfoValue(name: PageInfoField['name'], page: Page, request: PageRequest): string {
  switch (name) {
    case '__typename':
      return '"Sage200PageInfo"';
    case 'hasNextPage':
      return String(page.hasNextPage);
    case 'hasPreviousPage':
      return 'false';
    case 'startCursor':
      return cursorText(page, request, 0);
    case 'endCursor':
      return cursorText(page, request, page.rows.length - 1);
  }
}

function cursorText(page: Page, { type, order }: PageRequest, index: number): string {
  const row = page.rows[index];
  return row ? `"${cursorOf(type, order, row, page.offset + index)}"` : 'null';
}

const MAX_INT = 2_147_483_647;

/** GraphQL's `Int` has 32 bits. */
export function totalText(total: number | undefined): string {
  if (total === undefined || !Number.isInteger(total) || Math.abs(total) > MAX_INT)
    throw new Bailout('the count is not a number of 32 bits');
  return String(total);
}
