import { BusinessError } from '../business-error.ts';
import type { Row } from '../data/row.ts';
import { compileFilter } from '../filter/compile-filter.ts';
import { nodeOf } from '../model/model.ts';
import type { Call } from './call.ts';
import { matchingRows } from './query-rows.ts';
import { removeRecord } from './remove-record.ts';
import { type Data, referred, writeRecord } from './write-record.ts';

/** `create`: the new record. */
export function createRecord(call: Call, node: string, data: object): Row {
  const row = call.store.transaction(() => writeRecord(call, node, data as Data, undefined, { path: [] }));
  warn(call, node, row);
  return row;
}

/** `update`: only what is given changes; the record is named by `_id` inside the data. */
export function updateRecord(call: Call, node: string, data: object): Row {
  const { _id } = data as Data;
  if (_id == null) throw new BusinessError(`${node}: _id is missing in the data.`, ['_id']);
  const row = referred(call, node, String(_id), ['_id']);
  call.store.transaction(() => writeRecord(call, node, data as Data, row, { path: [] }));
  warn(call, node, row);
  return row;
}

/** `delete`: the number of records deleted, which is one. */
export function deleteRecord(call: Call, node: string, _id: string): number {
  const row = referred(call, node, _id, ['_id']);
  call.store.transaction(() => removeRecord(call, node, row));
  return 1;
}

/**
 * `bulkUpdate`: one transaction. Records that may not be changed are silently skipped. Source: SDMO guides, bulk update.
 */
export function bulkUpdate(call: Call, node: string, filter: string | null | undefined, data: object): boolean {
  const frozen = frozenRows(call, node);
  call.store.transaction(() => {
    for (const row of matchingRows(call, node, {}, filter)) {
      if (!frozen(row)) writeRecord(call, node, data as Data, row, { path: [] });
    }
  });
  return true;
}

/** `bulkDelete`: the number of deleted records. Those that may not be deleted stay. */
export function bulkDelete(call: Call, node: string, filter: string | null | undefined): number {
  let deleted = 0;
  for (const row of matchingRows(call, node, {}, filter)) {
    try {
      call.store.transaction(() => removeRecord(call, node, row));
      deleted++;
    } catch (error) {
      if (!(error instanceof BusinessError)) throw error;
    }
  }
  return deleted;
}

/** `duplicate`: a copy with the given changes, stored. */
export function duplicateRecord(call: Call, node: string, _id: string, data: object): Row {
  const base = copyOf(referred(call, node, _id, ['_id']));
  return call.store.transaction(() => writeRecord(call, node, data as Data, undefined, { path: [], base }));
}

/** `getDuplicate`: a copy that is not stored, without its natural key. */
export function duplicateOf(call: Call, node: string, _id: string): Row {
  const copy = copyOf(referred(call, node, _id, ['_id']));
  const key = nodeOf(call.store.model, node).key;
  return { ...copy, ...Object.fromEntries(key.map((column) => [column, null])), _id: -1 };
}

/** `getDefaults`: what `create` would store, not stored. */
export function defaultsOf(call: Call, node: string, data: object): Row {
  let row: Row | undefined;
  try {
    call.store.transaction(() => {
      row = { ...writeRecord(call, node, data as Data, undefined, { path: [], draft: true }), _id: -1 };
      throw UNDO;
    });
  } catch (error) {
    if (error !== UNDO) throw error;
  }
  return row ?? { _id: -1 };
}

const UNDO = new Error('a draft is taken back');

/** A record's own values without identity and timestamps. */
function copyOf(row: Row): Data {
  const service = /^_(?:id|etag|sourceId|update|create)/;
  return Object.fromEntries(Object.entries(row).filter(([column]) => !service.test(column)));
}

function frozenRows({ store }: Call, name: string): (row: Row) => boolean {
  const { frozen } = nodeOf(store.model, name);
  return frozen ? compileFilter(frozen.when, name, store).matches : () => false;
}

function warn(call: Call, name: string, row: Row): void {
  for (const { when, message } of nodeOf(call.store.model, name).warnings) {
    if (compileFilter(when, name, call.store).matches(row)) call.diagnoses.push({ severity: 2, message, path: [] });
  }
}
