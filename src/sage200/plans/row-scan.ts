// Longer than most, and one thing: a reader of one form of JSON, an array of flat rows without blanks, as Sage sends it.
import { isUtf8 } from 'node:buffer';
import { ByteText } from '../../http/index.ts';
import type { CompanyScope } from '../session.ts';
import { ByteWriter } from './byte-writer.ts';
import type { RowPlan } from './row-plan.ts';
import { isPlainValue, type WriteToken } from './token-writers.ts';
import { globalIdWriter } from './write-global-id.ts';

/** What stands around each row: nothing among `nodes`, the rest of the edge among `edges`. */
export interface RowWrap {
  readonly before: string;
  readonly after: string;
}

export interface RowsScanned {
  /** The rows as a JSON array. */
  readonly text: ByteText;
  readonly count: number;
  readonly hasNextPage: boolean;
  /** Source of the first and the last of them; empty when there are none. */
  readonly firstRow: Buffer;
  readonly lastRow: Buffer;
}

/** @param first rows wanted; one more in the bytes tells that a next page exists */
export type ScanRows = (bytes: Buffer, first: number, scope: CompanyScope) => RowsScanned | undefined;

/** One value of the output: what stands before it, and what is made of a member's source. */
interface Output {
  readonly before: Buffer;
  readonly slot: number;
  readonly write: WriteToken | 'globalId';
}

interface Outputs {
  readonly values: readonly Output[];
  readonly after: Buffer;
  /** Which value of a row is wanted at which place, by REST name. */
  readonly slots: ReadonlyMap<string, number>;
}

/** The members of a row in the order in which they come, each with what stands before its value: `,"name":`. */
type Layout = readonly { readonly head: Buffer; readonly slot: number }[];

/** Members of a row; more are not one of Sage's. */
const MAX_MEMBERS = 500;
/** Rows of one answer that may have another layout than the row before. */
const MAX_LAYOUTS = 8;
/** What a value may grow by at most: all of a global id, whose names are bounded. Others get quotes or a `Z`. */
const MAX_GROWTH_BYTES = 512;

const NOTHING = Buffer.alloc(0);
const EMPTY: RowsScanned = {
  text: new ByteText('[]'),
  count: 0,
  hasNextPage: false,
  firstRow: NOTHING,
  lastRow: NOTHING,
};

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPENING_BRACKET = 91;
const CLOSING_BRACKET = 93;
const OPENING_BRACE = 123;
const CLOSING_BRACE = 125;

/** Nothing is awaited while it is in use. */
const output = new ByteWriter();

/**
 * Undefined when the plan has fields that need more than the row's own plain values. The reader it makes gives up, with
 * undefined too, wherever it meets what it does not know: then the bytes are parsed in the ordinary way.
 */
export function planRowScan(plan: RowPlan, wrap: RowWrap): ScanRows | undefined {
  const outputs = planOutputs(plan, wrap);
  if (!outputs) return undefined;
  const { slots } = outputs;
  let layout: Layout = [];

  return (bytes, first, scope) => {
    if (bytes.length === 2 && bytes.toString() === '[]') return EMPTY;
    if (bytes[0] !== OPENING_BRACKET || !isUtf8(bytes)) return undefined;
    const globalId = globalIdWriter({ ...scope.company, typeName: plan.type.name });
    const places = new Int32Array(slots.size * 2);
    output.restart();
    let at = 1;
    let count = 0;
    let layouts = 0;
    let firstEnd = 0;
    let lastStart = 0;
    let lastEnd = 0;
    for (;;) {
      const start = at;
      at = readRow(bytes, start, layout, places);
      if (at < 0) {
        layout = layouts < MAX_LAYOUTS ? learnLayout(bytes, start, slots) : [];
        layouts += 1;
        places.fill(0);
        at = readRow(bytes, start, layout, places);
        if (at < 0) return undefined;
      }
      count += 1;
      if (count <= first) {
        output.reserve(1);
        output.byte(count === 1 ? OPENING_BRACKET : COMMA);
        if (!writeRow(outputs, bytes, places, globalId)) return undefined;
        if (count === 1) firstEnd = at;
        lastStart = start;
        lastEnd = at;
      }
      const next = bytes[at++];
      if (next === COMMA) continue;
      if (next !== CLOSING_BRACKET || at !== bytes.length) return undefined;
      output.reserve(1);
      output.byte(CLOSING_BRACKET);
      return {
        text: output.toText(),
        count: Math.min(count, first),
        hasNextPage: count > first,
        firstRow: bytes.subarray(1, firstEnd),
        lastRow: bytes.subarray(lastStart, lastEnd),
      };
    }
  };
}

function planOutputs({ fields }: RowPlan, wrap: RowWrap): Outputs | undefined {
  const slots = new Map<string, number>();
  const values: Output[] = [];
  let text = wrap.before;
  for (const field of fields) {
    text += field.key;
    if (field.kind === 'constant') {
      text += field.text;
      continue;
    }
    const write = field.kind === 'globalId' ? 'globalId' : field.kind === 'value' ? field.writeToken : undefined;
    if (!write) return undefined;
    const restName = field.kind === 'value' ? field.restName : 'id';
    const slot = slots.get(restName) ?? slots.size;
    slots.set(restName, slot);
    values.push({ before: Buffer.from(text), slot, write });
    text = '';
  }
  const after = Buffer.from(`${text}${fields.length === 0 ? '{' : ''}}${wrap.after}`);
  return { values, after, slots };
}

function writeRow({ values, after }: Outputs, bytes: Buffer, places: Int32Array, globalId: WriteToken): boolean {
  for (const { before, slot, write } of values) {
    const start = places[2 * slot] ?? 0;
    const end = places[2 * slot + 1] ?? 0;
    output.reserve(before.length + end - start + MAX_GROWTH_BYTES);
    output.all(before);
    const isWritten = write === 'globalId' ? globalId(output, bytes, start, end) : write(output, bytes, start, end);
    if (!isWritten) return false;
  }
  output.reserve(after.length + 1);
  output.all(after);
  return true;
}

/** Finds the values of one row of a known layout. @returns where the row ends, or -1 when it has another layout */
function readRow(source: Buffer, start: number, layout: Layout, places: Int32Array): number {
  if (layout.length === 0) return -1;
  let at = start;
  for (const { head, slot } of layout) {
    const { length } = head;
    for (let index = 0; index < length; index += 1) if (source[at + index] !== head[index]) return -1;
    at += length;
    const end = endOfValue(source, at);
    if (end < 0) return -1;
    if (slot >= 0) {
      places[2 * slot] = at;
      places[2 * slot + 1] = end;
    }
    at = end;
  }
  return source[at] === CLOSING_BRACE ? at + 1 : -1;
}

/** Where a text, a number, `true`, `false` or `null` ends; -1 for anything else. */
function endOfValue(source: Buffer, start: number): number {
  if (source[start] !== QUOTE) {
    const end = skipTo(WORD_END, source, start);
    const byte = source[end];
    return (byte === COMMA || byte === CLOSING_BRACE) && isPlainValue(source, start, end) ? end : -1;
  }
  let at = skipTo(TEXT_END, source, start + 1);
  while (source[at] === BACKSLASH && isPlainEscape(source[at + 1])) at = skipTo(TEXT_END, source, at + 2);
  return source[at] === QUOTE ? at + 1 : -1;
}

/** Bytes at which a text may end, or is none; and likewise a word or number. */
const TEXT_END = byteSet([QUOTE, BACKSLASH]);
const WORD_END = byteSet([COMMA, CLOSING_BRACE, CLOSING_BRACKET, OPENING_BRACE, OPENING_BRACKET, QUOTE, 32]);

/** With all control characters, which JSON has none of in its values. */
function byteSet(bytes: readonly number[]): Uint8Array {
  const set = new Uint8Array(256).fill(1, 0, 32);
  for (const byte of bytes) set[byte] = 1;
  return set;
}

function skipTo(set: Uint8Array, source: Buffer, start: number): number {
  const { length } = source;
  let at = start;
  while (at < length && set[source[at] ?? 0] === 0) at += 1;
  return at;
}

/** Those that are written in one way only: `\u0026` and `\/` may be written as a plain character too. */
const PLAIN_ESCAPES = new Set(Buffer.from('"\\bfnrt'));

const isPlainEscape = (byte: number | undefined): boolean => byte !== undefined && PLAIN_ESCAPES.has(byte);

/** Reads the members of the row that begins here; none when it is no flat row. */
function learnLayout(source: Buffer, start: number, slots: ReadonlyMap<string, number>): Layout {
  const layout: { head: Buffer; slot: number }[] = [];
  let at = start;
  while (layout.length < MAX_MEMBERS) {
    const [head, name = ''] = MEMBER_HEAD.exec(source.toString('latin1', at, at + MAX_HEAD_BYTES)) ?? [];
    if (head === undefined || (layout.length === 0) !== head.startsWith('{')) return [];
    layout.push({ head: Buffer.from(head), slot: slots.get(name) ?? -1 });
    at = endOfValue(source, at + head.length);
    if (at < 0) return [];
    if (source[at] === CLOSING_BRACE) return layout;
  }
  return [];
}

const MAX_HEAD_BYTES = 200;
/** Names are Sage's own: letters, digits and underscores. */
const MEMBER_HEAD = /^[{,]"(\w+)":/;
