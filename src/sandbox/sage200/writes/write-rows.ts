import { badRequest, notFound } from '../api-error.ts';
import { type Field, isEmbedded, isNested } from '../catalogue.ts';
import type { JsonRow, Table } from '../table.ts';
import { type CheckContext, checkValue } from './check-value.ts';
import { asObject, type Body } from './parse-body.ts';

export interface WriteContext extends CheckContext {
  /** Epoch ms, for the timestamps. */
  readonly now: () => number;
  /** Adds the values that Sage calculates, before a row is stored. */
  readonly complete: (resourceName: string, row: JsonRow, isNew: boolean) => JsonRow;
}

type Id = number | bigint;

/** Values that identify an account or item: unique, and never changed by a PUT. */
export const NATURAL_KEYS: Readonly<Record<string, string>> = {
  customers: 'reference',
  suppliers: 'reference',
  products: 'code',
  nominal_codes: 'reference',
};

/** Flags of a body that control the write and are not stored. */
const STEERING = new Set(['is_to_delete', 'lock_id', 'is_editing', 'is_to_sequence_lines', 'suppress_warnings']);

const CONTACTS = /^(customer|supplier)_contacts$/;

/** Public clients send a contact's address as a plain text beside the names; that it becomes the first one is inferred. */
function withEmails(resourceName: string, body: Body): Body {
  const { email, ...rest } = body;
  if (!CONTACTS.test(resourceName) || email === undefined) return body;
  const others = body['emails'] === undefined ? [] : asList({ name: 'emails' }, body['emails']);
  return { ...rest, emails: [{ email, is_default: true }, ...others] };
}

/** Creates a row with its children; returns its id. @throws ApiError 400 for the first thing that is wrong. */
export function createRow(context: WriteContext, table: Table, sent: Body, fixed: JsonRow = {}): Id {
  const { resource } = table;
  const body = withEmails(resource.name, sent);
  const plain = { ...checkFields(context, resource.name, resource.fields, body), ...fixed };
  checkRequired(resource.fields, { ...body, ...fixed });
  checkUnique(table, plain);
  const id = context.store.nextId();
  const stamp = new Date(context.now()).toISOString();
  const row = { ...plain, id, date_time_created: stamp, date_time_updated: stamp };
  table.insert(
    context.complete(resource.name, { ...row, ...mergeEmbedded(context, resource.fields, body, {}, row) }, true),
  );
  writeChildRows(context, table, id, body);
  return id;
}

/** Changes the fields that `body` has; children with id are changed, without id added, with `is_to_delete` removed. */
export function updateRow(context: WriteContext, table: Table, id: Id, sent: Body): void {
  const { resource } = table;
  const body = withEmails(resource.name, sent);
  const before = table.get(id);
  if (!before) throw notFound();
  const plain = checkFields(context, resource.name, resource.fields, body);
  checkNaturalKey(resource.name, before, plain);
  const changes = { ...plain, ...mergeEmbedded(context, resource.fields, body, before, before) };
  const stamped = { ...changes, date_time_updated: new Date(context.now()).toISOString() };
  const after = context.complete(resource.name, { ...before, ...stamped }, false);
  table.update(id, after);
  writeChildRows(context, table, id, body);
}

/** Removes a row and the rows below it. @throws ApiError 404 when there is none. */
export function removeRow(context: Pick<WriteContext, 'store'>, table: Table, id: Id): void {
  if (!table.remove(id)) throw notFound();
  for (const field of table.resource.fields) {
    if (!field.parentColumn || !field.rowsOf) continue;
    const children = context.store.table(field.rowsOf);
    for (const child of rowsBelow(children, field.parentColumn, id)) removeRow(context, children, child);
  }
}

/** Checks the plain fields of a body; read-only ones are ignored. */
export function checkFields(
  context: WriteContext,
  typeName: string,
  fields: readonly Field[],
  body: Body,
): Record<string, unknown> {
  const byName = new Map(fields.map((field) => [field.name, field]));
  const row: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const field = byName.get(name);
    if (!field) throw badRequest(`Could not find member '${name}' on object of type '${typeName}'.`);
    if (isNested(field)) continue;
    if (!field.writable || STEERING.has(name)) continue;
    row[name] = checkValue(context, field, value);
  }
  return row;
}

export function checkRequired(fields: readonly Field[], body: Body): void {
  const missing = fields.find((field) => field.required && field.writable && body[field.name] === undefined);
  if (missing) throw badRequest(`SageNullFieldException: '${missing.name}' is required.`);
}

function checkUnique(table: Table, row: JsonRow): void {
  const key = NATURAL_KEYS[table.resource.name];
  // Nominal codes share a reference over cost centres and departments.
  if (!key || table.resource.name === 'nominal_codes') return;
  const where = { sql: `"${key}" = ?`, params: [String(row[key])], equalTo: new Set([key]) };
  if (table.count(where) > 0) throw badRequest(`The ${key} '${String(row[key])}' is already in use.`);
}

function checkNaturalKey(resourceName: string, before: JsonRow, changes: JsonRow): void {
  const key = NATURAL_KEYS[resourceName];
  if (key && changes[key] !== undefined && changes[key] !== before[key]) {
    throw badRequest(`The ${key} of ${resourceName} cannot be changed.`);
  }
}

function mergeEmbedded(
  context: WriteContext,
  fields: readonly Field[],
  body: Body,
  before: JsonRow,
  parent: JsonRow,
): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const field of fields) {
    const value = body[field.name];
    if (value === undefined || !isEmbedded(field) || !field.children || !field.writable) continue;
    if (value === null) throw badRequest(`SageNullFieldException: '${field.name}' cannot be null.`);
    const old = before[field.name];
    merged[field.name] =
      field.kind === 'obj'
        ? mergeObject(context, field, asObject(value), old as JsonRow | null, parent)
        : mergeList(context, field, value, (old ?? []) as JsonRow[], parent);
  }
  return merged;
}

function mergeObject(
  context: WriteContext,
  field: Field,
  body: Body,
  before: JsonRow | null | undefined,
  parent: JsonRow,
) {
  const fields = field.children ?? [];
  const plain = checkFields(context, field.name, fields, body);
  const stamp = new Date(context.now()).toISOString().slice(0, -1);
  // The id of the row above, where an embedded row repeats it.
  const up = fields.find(
    (child) => child.ref !== undefined && !child.writable && /^(customer|supplier|product)_id$/.test(child.name),
  );
  const made = before ?? {
    id: context.store.nextId(),
    ...(up ? { [up.name]: parent['id'] } : {}),
    date_time_created: stamp,
  };
  return { ...made, ...plain, ...mergeEmbedded(context, fields, body, before ?? {}, made), date_time_updated: stamp };
}

function mergeList(context: WriteContext, field: Field, value: unknown, before: readonly JsonRow[], parent: JsonRow) {
  const rows = [...before];
  for (const item of asList(field, value)) {
    const index = item['id'] === undefined ? -1 : rows.findIndex((row) => String(row['id']) === String(item['id']));
    if (item['id'] !== undefined && index < 0)
      throw badRequest(`'${field.name}': there is no row with id ${String(item['id'])}.`);
    if (item['is_to_delete'] === true && index >= 0) rows.splice(index, 1);
    else if (index >= 0) rows[index] = mergeObject(context, field, item, rows[index], parent);
    else rows.push(mergeObject(context, field, item, undefined, parent));
  }
  return rows;
}

function writeChildRows(context: WriteContext, table: Table, id: Id, body: Body): void {
  for (const field of table.resource.fields) {
    const value = body[field.name];
    // Order lines have their own rules.
    if (value === undefined || !field.parentColumn || !field.rowsOf || !field.writable || isLines(field)) continue;
    const children = context.store.table(field.rowsOf);
    for (const item of asList(field, value)) writeChildRow(context, children, field.parentColumn, id, item);
  }
}

const isLines = (field: Field): boolean => field.name === 'lines';

function writeChildRow(context: WriteContext, children: Table, parentColumn: string, parentId: Id, item: Body): void {
  if (item['id'] === undefined) {
    createRow(context, children, item, { [parentColumn]: parentId });
    return;
  }
  const id = rowsBelow(children, parentColumn, parentId).find((row) => String(row) === String(item['id']));
  if (id === undefined) throw badRequest(`There is no ${children.resource.name} with id ${String(item['id'])} here.`);
  if (item['is_to_delete'] === true) removeRow(context, children, id);
  else updateRow(context, children, id, item);
}

/** Ids of the rows that a parent has. */
export function rowsBelow(children: Table, parentColumn: string, parentId: Id): Id[] {
  const where = { sql: `"${parentColumn}" = ?`, params: [parentId], equalTo: new Set([parentColumn]) };
  return children.select({ columns: ['id'], where }).map((row) => row['id'] as Id);
}

export function asList(field: Pick<Field, 'name'>, value: unknown): Body[] {
  if (!Array.isArray(value)) throw badRequest(`The request is invalid: '${field.name}' must be an array.`);
  return value.map(asObject);
}
