import { type Catalogue, type Field, isEmbedded, type Resource } from './catalogue.ts';
import type { EnumLists } from './enum-lists.ts';
import type { Condition } from './odata/compile-filter.ts';
import type { Projection } from './projection.ts';
import { formatStamp, parseStamp } from './stamps.ts';
import type { Store } from './store.ts';
import type { StoredRow } from './table.ts';

export interface RenderContext {
  readonly catalogue: Catalogue;
  readonly store: Store;
  readonly enums: EnumLists;
  /** Despatch and line views give enums by number, everything else by name. Source: samples of the live API. */
  readonly enumsAsNumbers: boolean;
}

/** Columns that must be read to write `projection`: its own, and the keys that its links and children need. */
export function columnsOf(projection: Projection): string[] {
  const keys = projection.nested.flatMap(({ field }) => (isEmbedded(field) ? [field.name] : field.linkedBy));
  return [...projection.scalars.map((field) => field.name), ...keys];
}

/** Writes rows as exact JSON texts: numbers never pass through a double that cannot hold them. */
export function renderRows(context: RenderContext, projection: Projection, rows: readonly StoredRow[]): string[] {
  const children = projection.nested.map(({ field, shape }) => renderNested(context, field, shape, rows));
  const heads = projection.scalars.map((field) => `${JSON.stringify(field.name)}:`);
  return rows.map((row, index) => {
    const parts = projection.scalars.map(
      (field, position) => heads[position] + renderScalar(context, field, row[field.name]),
    );
    projection.nested.forEach(({ field }, position) => {
      parts.push(`${JSON.stringify(field.name)}:${children[position]?.[index] ?? 'null'}`);
    });
    return `{${parts.join(',')}}`;
  });
}

function renderScalar(context: RenderContext, field: Field, value: unknown): string {
  if (value === null || value === undefined) return 'null';
  switch (field.kind) {
    case 'int':
      return String(value);
    case 'dec':
      return typeof value === 'number' ? renderDecimal(value, field.size) : String(value);
    case 'bool':
      return Number(value) === 1 ? 'true' : 'false';
    case 'dt':
      return `"${formatStamp(typeof value === 'string' ? parseStamp(value) : Number(value))}"`;
    case 'enum': {
      const number = context.enumsAsNumbers ? context.enums.numberOf(field.enumSource ?? '', String(value)) : undefined;
      return number === undefined ? JSON.stringify(value) : String(number);
    }
    default:
      return JSON.stringify(value);
  }
}

/** Money keeps two places (`100.00`); other decimals keep their own. */
const renderDecimal = (value: number, places: number) =>
  places === 2 ? value.toFixed(2) : String(Number(value.toFixed(places)));

function renderNested(context: RenderContext, field: Field, shape: Projection, rows: readonly StoredRow[]): string[] {
  if (field.parentColumn) return renderChildRows(context, field, field.parentColumn, shape, rows);
  return isEmbedded(field) ? renderEmbedded(context, field, shape, rows) : renderLinks(context, field, shape, rows);
}

function renderEmbedded(context: RenderContext, field: Field, shape: Projection, rows: readonly StoredRow[]): string[] {
  const values = rows.map((row) => {
    const value = row[field.name];
    // Values that Sage calculates are always present.
    if (value === null && field.kind === 'obj' && !field.writable) return toNeutral(shape);
    return typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
  });
  const flat = values.flatMap((value) => (Array.isArray(value) ? value : value ? [value] : [])) as StoredRow[];
  // All of them at once: the links inside are then one look-up, not one a row.
  const texts = renderRows(context, shape, flat);
  let next = 0;
  return values.map((value) => {
    if (field.kind === 'arr') return `[${(Array.isArray(value) ? value : []).map(() => texts[next++]).join(',')}]`;
    return value ? (texts[next++] ?? 'null') : 'null';
  });
}

function toNeutral(shape: Projection): StoredRow {
  const neutral = ({ name, kind }: Field) => (kind === 'dec' ? 0 : kind === 'bool' ? name === 'is_live' : null);
  return Object.fromEntries(shape.scalars.map((field) => [field.name, neutral(field)]));
}

function renderChildRows(
  context: RenderContext,
  field: Field,
  parentColumn: string,
  shape: Projection,
  rows: readonly StoredRow[],
): string[] {
  const ids = rows.map((row) => row['id'] as number | bigint);
  const table = context.store.table(field.rowsOf ?? '');
  const columns = [...columnsOf(shape), parentColumn];
  const found = table.select({ columns, where: isOneOf(parentColumn, ids) });
  const texts = renderRows(context, shape, found);
  const byParent = new Map<string, string[]>();
  found.forEach((row, index) => {
    const parent = String(row[parentColumn]);
    const list = byParent.get(parent) ?? [];
    list.push(texts[index] ?? 'null');
    byParent.set(parent, list);
  });
  return ids.map((id) => `[${(byParent.get(String(id)) ?? []).join(',')}]`);
}

function renderLinks(context: RenderContext, field: Field, shape: Projection, rows: readonly StoredRow[]): string[] {
  const target = context.catalogue.resources.get(field.ref ?? '');
  const targetKey = target && linkedColumns(target, field.linkedBy.length);
  const [first = ''] = field.linkedBy;
  const values = new Set(rows.map((row) => row[first]).filter((value) => value !== null && value !== undefined));
  if (!target || !targetKey || values.size === 0) return rows.map(() => 'null');
  const where = isOneOf(targetKey[0] ?? '', [...values] as (number | bigint | string)[]);
  const columns = [...columnsOf(shape), ...targetKey];
  const found = context.store.table(target.name).select({ columns, where });
  const texts = renderRows(context, shape, found);
  const byKey = new Map(found.map((row, index) => [keyOf(row, targetKey), texts[index]]));
  return rows.map((row) => byKey.get(keyOf(row, field.linkedBy)) ?? 'null');
}

/** One key is the id; three are a nominal code's reference, cost centre and department. */
function linkedColumns(target: Resource, keys: number): string[] | undefined {
  if (keys === 1) return target.fieldByName.has('id') ? ['id'] : undefined;
  return keys === 3 ? ['reference', 'cost_centre_code', 'department_code'] : undefined;
}

const keyOf = (row: StoredRow, names: readonly string[]) => names.map((name) => String(row[name] ?? '')).join('\n');

const isOneOf = (column: string, values: readonly (number | bigint | string)[]): Condition => ({
  sql: `"${column}" IN (${values.map(() => '?').join(',')})`,
  params: values,
  equalTo: new Set([column]),
});
