import { andThen, type MaybePromise } from '../../../kit/maybe-promise.ts';
import { type Snippet, snippetOf, snippetsOf } from '../values/byte-writer.ts';
import type { WriteToken } from '../values/codec.ts';
import { idText, isNoReference, isPlainId } from '../values/sage-id.ts';
import type { WantedMembers } from './row-layout.ts';
import type { PlanRun, RowPlan } from './row-plan.ts';

/** What stands around each row: nothing among `nodes`, the rest of the edge among `edges`. */
export interface RowWrap {
  readonly before: string;
  readonly after: string;
}

/** What is written for a row or an object in it: values with what stands before each, and what stands behind the last. */
export interface Outputs {
  readonly values: readonly Output[];
  readonly after: Snippet;
}

type Output = { readonly before: Snippet; readonly slot: number } & (
  | { readonly kind: 'value'; readonly write: WriteToken }
  /** `id`: which of the types it is a global id of. */
  | { readonly kind: 'globalId'; readonly id: number }
  | { readonly kind: 'object'; readonly inner: Outputs; readonly isNullable: boolean }
  /** `link`: which of the links its text comes from. */
  | { readonly kind: 'linked'; readonly link: number; readonly isNullable: boolean }
);

/** The text of each row's linked row, in the rows' order; undefined where it has none. */
export type LinkedTexts = readonly (Snippet | undefined)[];

/** Where the wanted values of rows are: begin and end of each slot's, row by row. */
export interface RowPlaces {
  readonly places: Int32Array;
  readonly count: number;
  /** Numbers in `places` for each row. */
  readonly stride: number;
}

/** A reference that is read by a key in the row. */
export interface Link {
  /** The key of each row, undefined where it is not set; undefined when one of them is not as plain as is needed. */
  readonly keysOf: (bytes: Buffer, rows: RowPlaces) => readonly (string | undefined)[] | undefined;
  readonly read: (keys: readonly (string | undefined)[], run: PlanRun) => MaybePromise<LinkedTexts>;
}

export interface PlannedOutputs {
  readonly outputs: Outputs;
  readonly wanted: WantedMembers;
  readonly idTypes: readonly string[];
  readonly links: readonly Link[];
}

/** A plan while it is made. */
interface Draft {
  readonly slots: Map<string, number>;
  readonly objects: Set<string>;
  readonly idTypes: string[];
  readonly links: Link[];
}

/** Undefined when a field takes more than the bytes of the row, its objects, and rows that are read by its keys. */
export function planOutputs(plan: RowPlan, wrap: RowWrap): PlannedOutputs | undefined {
  const draft: Draft = { slots: new Map(), objects: new Set(), idTypes: [], links: [] };
  const outputs = draftOutputs(plan, wrap, '', draft);
  if (!outputs) return undefined;
  const { slots, objects, idTypes, links } = draft;
  return { outputs, wanted: { slots, objects }, idTypes, links };
}

/** @param inside name of the object, with a point; empty for the row itself */
function draftOutputs({ type, fields }: RowPlan, wrap: RowWrap, inside: string, draft: Draft): Outputs | undefined {
  const values: Output[] = [];
  let text = wrap.before;
  for (const field of fields) {
    text += field.key;
    if (field.kind === 'constant') {
      text += field.text;
      continue;
    }
    const before = snippetOf(text);
    text = '';
    if (field.kind === 'globalId') {
      const id = draft.idTypes.push(type.name) - 1;
      values.push({ kind: 'globalId', before, slot: slotFor(`${inside}id`, draft), id });
    } else if (field.kind === 'value') {
      if (!field.writeToken) return undefined;
      values.push({ kind: 'value', before, slot: slotFor(inside + field.restName, draft), write: field.writeToken });
    } else if (field.unparsed?.kind === 'value') {
      const { restName, write } = field.unparsed;
      values.push({ kind: 'value', before, slot: slotFor(inside + restName, draft), write });
    } else if (field.unparsed?.kind === 'object') {
      const { restName, row, isNullable } = field.unparsed;
      if (inside !== '') return undefined;
      draft.objects.add(restName);
      const slot = slotFor(restName, draft);
      const inner = draftOutputs(row, { before: '', after: '' }, `${restName}.`, draft);
      if (!inner) return undefined;
      values.push({ kind: 'object', before, slot, inner, isNullable });
    } else if (field.unparsed?.kind === 'linked') {
      const { keyName, restName, isNullable, read } = field.unparsed;
      const slot = slotFor(inside + keyName, draft);
      const objectSlot = inside === '' ? -1 : slotFor(inside.slice(0, -1), draft);
      const keysOf = keyReader(slot, slotFor(inside + restName, draft), objectSlot);
      const link = draft.links.push({ keysOf, read: textReader(read) }) - 1;
      values.push({ kind: 'linked', before, slot, link, isNullable });
    } else return undefined;
  }
  const after = snippetOf(`${text}${fields.length === 0 ? '{' : ''}}${wrap.after}`);
  return { values, after };
}

function slotFor(name: string, { slots }: Draft): number {
  const slot = slots.get(name) ?? slots.size;
  slots.set(name, slot);
  return slot;
}

const OPENING_BRACE = 123;

/**
 * @param rowSlot the linked row itself, which is not expected: where it came although nobody asked for it, it counts
 * @param objectSlot the object that holds the key, or -1
 */
function keyReader(slot: number, rowSlot: number, objectSlot: number): Link['keysOf'] {
  return (bytes, { places, count, stride }) => {
    const keys: (string | undefined)[] = [];
    for (let row = 0; row < count; row += 1) {
      const from = row * stride;
      const start = places[from + 2 * slot] ?? 0;
      const end = places[from + 2 * slot + 1] ?? 0;
      const hasRow = (places[from + 2 * rowSlot + 1] ?? 0) > 0;
      const isInNothing = objectSlot >= 0 && bytes[places[from + 2 * objectSlot] ?? 0] !== OPENING_BRACE;
      if (isInNothing || isNoReference(bytes, start, end)) keys.push(undefined);
      else if (isPlainId(bytes, start, end)) keys.push(idText(bytes, start, end));
      else return undefined;
      if (hasRow) return undefined;
    }
    return keys;
  };
}

type ReadTexts = (keys: readonly string[], run: PlanRun) => MaybePromise<readonly (string | undefined)[]>;

/** Each key is read once. */
function textReader(read: ReadTexts): Link['read'] {
  return (keys, run) => {
    const different = [...new Set(keys)].filter((key) => key !== undefined);
    return andThen(read(different, run), (texts) => {
      const byKey = new Map<string | undefined, Snippet | undefined>();
      for (const [index, snippet] of snippetsOf(texts).entries()) byKey.set(different[index], snippet);
      return keys.map((key) => byKey.get(key));
    });
  };
}
