import { BusinessError } from '../business-error.ts';
import { createPath } from '../data/reader.ts';
import type { Row } from '../data/row.ts';
import { compileFilter } from '../filter/compile-filter.ts';
import { type NodeModel, nodeOf, type PropertyModel } from '../model/model.ts';
import type { Call } from './call.ts';
import { removeRecord } from './remove-record.ts';

export type Data = Readonly<Record<string, unknown>>;

/** The place of a write: what it is part of, for messages and for owned records. */
export interface Place {
  /** Path in the input, as diagnoses give it. */
  readonly path: readonly string[];
  /** Columns that the owner sets: the reference back to it. */
  readonly owner?: Data;
  /** Values to start from, by column: the record that this one is a copy of. */
  readonly base?: Data;
  /** Mandatory properties may be missing, since nothing is stored. */
  readonly draft?: boolean;
}

/** Instructions to the operation, not properties of a record. */
const WORDS: ReadonlySet<string> = new Set(['_id', '_action', '_etag', '_updateTick']);

/**
 * Creates a record, or changes `existing`, with everything that it owns. To be run inside a transaction of the store.
 * @throws BusinessError for a mandatory property left out, an unknown reference, a second record with the same key, a
 * record that may not be changed and one that somebody else changed meanwhile.
 */
export function writeRecord(call: Call, name: string, data: Data, existing: Row | undefined, place: Place): Row {
  const node = nodeOf(call.store.model, name);
  if (existing) checkUnchanged(call, node, data, existing, place);
  const parts = sortInput(call, node, data, existing, place);
  const values = { ...place.base, ...parts.values, ...place.owner };
  if (existing) follow(call, node, values, existing);
  else fillDefaults(call, node, values, parts);
  for (const [property, nested] of parts.owned) {
    values[property.column] = writeOwned(call, property, nested, existing, place)?._id ?? null;
  }
  if (!place.draft) checkRequired(node, values, existing, place);
  checkUnique(call, node, { ...existing, ...values, _id: existing?._id ?? -1 }, existing, place);
  const row = keep(call, node, values, existing);
  for (const [property, lines] of parts.lines) writeLines(call, property, lines, row, place);
  return row;
}

/** A frozen record, or one changed since the caller read it (by `_etag` or `_updateTick`). */
function checkUnchanged({ store }: Call, node: NodeModel, data: Data, row: Row, { path }: Place): void {
  if (node.frozen && compileFilter(node.frozen.when, node.name, store).matches(row)) {
    throw new BusinessError(node.frozen.message, path);
  }
  for (const word of ['_etag', '_updateTick']) {
    if (data[word] != null && data[word] !== row[word]) {
      throw new BusinessError('The record was changed by somebody else in the meantime. Read it again.', [
        ...path,
        word,
      ]);
    }
  }
}

interface Parts {
  readonly values: Record<string, unknown>;
  readonly owned: Map<PropertyModel, Data | null>;
  readonly lines: Map<PropertyModel, readonly Data[]>;
}

/** Splits the input into own values (in stored form), owned records and lines. */
function sortInput(call: Call, node: NodeModel, data: Data, existing: Row | undefined, { path }: Place): Parts {
  const parts: Parts = { values: {}, owned: new Map(), lines: new Map() };
  for (const [name, input] of Object.entries(data)) {
    const property = node.properties.get(name);
    if (!property || WORDS.has(name)) continue;
    const { column, computed, kind, target, vital } = property;
    if (computed?.how === 'via') {
      // Written through to the owned record, for example an address line of a business entity's address.
      const [through = '', inner = ''] = computed.path;
      const owner = node.columns.get(through);
      if (owner) parts.owned.set(owner, { ...parts.owned.get(owner), [inner]: input });
    } else if (kind === 'collection') {
      parts.lines.set(property, (input ?? []) as readonly Data[]);
    } else if (target && vital) {
      parts.owned.set(property, input === null ? null : { ...parts.owned.get(property), ...(input as Data) });
    } else if (target) {
      parts.values[column] = input === null ? null : referred(call, target, String(input), [...path, name])._id;
    } else if (kind === 'stream') {
      parts.values[column] = (input as { value?: unknown } | null)?.value ?? null;
    } else if (column === '_customData') {
      parts.values[column] = { ...(existing?.['_customData'] as object | undefined), ...customFields(input) };
    } else {
      parts.values[column] = input;
    }
  }
  return parts;
}

/** The record that an id or `#KEY` names. @throws BusinessError when there is none. */
export function referred({ store }: Call, node: string, text: string, path: readonly string[]): Row {
  const row = store.byText(node, text);
  if (!row) throw new BusinessError(`${node} ${text}: record not found.`, path);
  return row;
}

const customFields = (input: unknown): object => (typeof input === 'string' ? (JSON.parse(input) as object) : {});

function fillDefaults(call: Call, node: NodeModel, values: Record<string, unknown>, parts: Parts): void {
  const { store } = call;
  for (const property of node.properties.values()) {
    const { column, target, vital } = property;
    const rule = property.default;
    if (!rule || values[column] != null || parts.owned.has(property)) continue;
    if (rule.value !== undefined) values[column] = rule.value;
    else if (rule.today) values[column] = new Date(call.now()).toISOString().slice(0, 10);
    else if (rule.sequence) values[column] = store.nextNumber(node.name, column, rule.sequence);
    else if (rule.from) {
      const found = createPath(store, node.name, rule.from.split('.'))({ ...values, _id: -1 });
      if (target && vital && found) values[column] = copyOwned(call, target, found as Row)._id;
      else if (found !== null) values[column] = target ? (found as Row)._id : found;
    }
  }
}

/** Keeps read-only properties equal to the property that they follow. */
function follow({ store }: Call, node: NodeModel, values: Record<string, unknown>, existing: Row): void {
  for (const { column, writable, computed, default: rule } of node.properties.values()) {
    if (computed?.how === 'product') values[column] = null;
    if (writable || !rule?.from || !(rule.from in values)) continue;
    values[column] = createPath(store, node.name, [rule.from])({ ...existing, ...values });
  }
}

/** An owned record that starts as a copy, so that a document keeps its address when the customer moves. */
function copyOwned(call: Call, node: string, row: Row): Row {
  const { _id, ...values } = row;
  return keep(call, nodeOf(call.store.model, node), values, undefined);
}

function writeOwned(
  call: Call,
  property: PropertyModel,
  data: Data | null,
  owner: Row | undefined,
  place: Place,
): Row | null {
  if (data === null || !property.target) return null;
  const existing = owner && (call.store.byId(property.target, owner[property.column]) ?? undefined);
  return writeRecord(call, property.target, data, existing, within(place, [...place.path, property.name]));
}

function writeLines(call: Call, property: PropertyModel, lines: readonly Data[], owner: Row, place: Place): void {
  const { children, target } = property;
  if (!children || !target) return;
  lines.forEach((line, at) => {
    const path = [...place.path, property.name, String(at)];
    const isNew = line['_action'] === 'create' || line['_id'] == null || String(line['_id']).startsWith('-');
    if (line['_action'] === 'delete' || !isNew) {
      const row = referred(call, target, String(line['_id']), [...path, '_id']);
      if (row[children.by] !== owner._id)
        throw new BusinessError(`${target} ${row._id} belongs to another record.`, path);
      if (line['_action'] === 'delete') removeRecord(call, target, row, path);
      else writeRecord(call, target, line, row, within(place, path));
    } else {
      const sortValue = line['_sortValue'] ?? nextSortValue(call, target, children.by, owner);
      writeRecord(call, target, line, undefined, {
        ...within(place, path),
        owner: { [children.by]: owner._id, _sortValue: sortValue },
      });
    }
  });
}

/** The place of something owned, without its owner's own link and base. */
const within = ({ draft = false }: Place, path: readonly string[]): Place => ({ path, draft });

const nextSortValue = ({ store }: Call, node: string, by: string, owner: Row): number =>
  store.byColumn(node, by, owner._id).reduce((most, row) => Math.max(most, Number(row['_sortValue'] ?? 0)), 0) + 10;

function checkRequired(node: NodeModel, values: Data, existing: Row | undefined, { path }: Place): void {
  for (const { column, name, required } of node.properties.values()) {
    const value = column in values ? values[column] : existing?.[column];
    if (required && (value === null || value === undefined || value === '')) {
      throw new BusinessError(`${node.name}.${name}: a value is mandatory.`, [...path, name]);
    }
  }
}

function checkUnique({ store }: Call, node: NodeModel, row: Row, existing: Row | undefined, { path }: Place): void {
  const key = store.keyOf(node.name, row);
  const other = key === undefined ? undefined : store.byKey(node.name, key);
  if (other && other._id !== existing?._id)
    throw new BusinessError('A record already exists with the same data.', path);
}

function keep({ store, now, user }: Call, node: NodeModel, values: Data, existing: Row | undefined): Row {
  const stamp = new Date(now()).toISOString();
  const tick = Number(existing?.['_updateTick'] ?? 0) + 1;
  const changed = { _updateStamp: stamp, _updateUser: user, _updateTick: tick, _etag: `${stamp}/${tick}` };
  if (!existing) return store.insert(node.name, { ...values, ...changed, _createStamp: stamp, _createUser: user });
  store.update(node.name, existing, { ...values, ...changed });
  return existing;
}
