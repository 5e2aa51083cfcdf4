// Longer than most, and one thing: a reader of one form of JSON, an array of flat rows without blanks, as Sage sends it.
import { isUtf8 } from 'node:buffer';
import { globalIdEncoder } from '../global-id.ts';
import { parseSageJson } from '../json.ts';
import type { Page, PageRequest } from '../reading/page.ts';
import type { CompanyScope } from '../session.ts';
import type { RowPlan } from './row-plan.ts';
import { objectText } from './selection.ts';
import { fromWire } from './wire-text.ts';
import type { WriteToken } from './write-token.ts';

/** What stands around each row: nothing among `nodes`, the rest of the edge among `edges`. */
export interface RowWrap {
  readonly before: string;
  readonly after: string;
}

export interface RowsScanned {
  /** The rows as a JSON array in wire form. */
  readonly text: string;
  /** Its first and last row have the values from which cursors are made; those between are left empty. */
  readonly page: Page;
}

export type ScanRows = (bytes: Buffer, request: PageRequest, scope: CompanyScope) => RowsScanned | undefined;

/** One field of the output: its key and a fixed text, or what is made of the token of a member. */
type Output =
  | { readonly key: string; readonly text: string }
  | { readonly key: string; readonly slot: number; readonly write: WriteToken }
  | { readonly key: string; readonly slot: number };

/** The members of a row in the order in which they come, each with what stands before its value: `,"name":`. */
type Layout = readonly { readonly head: string; readonly slot: number }[];

/** Members of a row; more are not one of Sage's. */
const MAX_MEMBERS = 500;
/** Rows of one answer that may have another layout than the row before. */
const MAX_LAYOUTS = 8;

/**
 * Undefined when the plan has fields that need more than the row's own plain values. The reader it makes gives up, with
 * undefined too, wherever it meets what it does not know: then the bytes are parsed in the ordinary way.
 */
export function planRowScan(plan: RowPlan, wrap: RowWrap): ScanRows | undefined {
  const slots = new Map<string, number>();
  const slotOf = (restName: string): number => {
    const slot = slots.get(restName) ?? slots.size;
    slots.set(restName, slot);
    return slot;
  };
  const outputs: Output[] = [];
  for (const field of plan.fields) {
    if (field.kind === 'constant') outputs.push({ key: field.key, text: field.text });
    else if (field.kind === 'globalId') outputs.push({ key: field.key, slot: slotOf('id') });
    else if (field.kind === 'value' && field.writeToken)
      outputs.push({ key: field.key, slot: slotOf(field.restName), write: field.writeToken });
    else return undefined;
  }
  let layout: Layout = [];

  return (bytes, request, scope) => {
    if (!isUtf8(bytes)) return undefined;
    const source = fromWire(bytes);
    if (!source.startsWith('[') || !source.endsWith(']')) return undefined;
    const globalId = globalIdEncoder({ ...scope.company, typeName: plan.type.name });
    const values: string[] = new Array(slots.size).fill('null');
    const offset = request.cursor && 'skip' in request.cursor ? request.cursor.skip : 0;
    const { first } = request;
    let text = '[';
    let at = 1;
    let count = 0;
    let layouts = 0;
    let firstRow = '';
    let lastRow = '';
    if (source.length === 2) return { text: '[]', page: { rows: [], hasNextPage: false, offset } };
    for (;;) {
      const start = at;
      at = readRow(source, start, layout, values);
      if (at < 0) {
        const learned = layouts < MAX_LAYOUTS ? learnLayout(source, start, slots) : undefined;
        if (!learned) return undefined;
        layouts += 1;
        layout = learned;
        values.fill('null');
        at = readRow(source, start, layout, values);
        if (at < 0) return undefined;
      }
      count += 1;
      if (count <= first) {
        const row = writeOutputs(outputs, values, globalId);
        if (row === undefined) return undefined;
        text += count === 1 ? wrap.before + row + wrap.after : `,${wrap.before}${row}${wrap.after}`;
        lastRow = source.slice(start, at);
        if (count === 1) firstRow = lastRow;
      }
      const next = source.charCodeAt(at);
      at += 1;
      if (next === COMMA) continue;
      if (next !== CLOSING_BRACKET || at !== source.length) return undefined;
      const rows = edgeRows(Math.min(count, first), firstRow, lastRow);
      return { text: `${text}]`, page: { rows, hasNextPage: count > first, offset } };
    }
  };
}

/** As many rows as there are; the first and the last are parsed when somebody asks for what is in them. */
function edgeRows(count: number, firstRow: string, lastRow: string): Page['rows'] {
  const rows: Record<string, unknown>[] = new Array(count);
  const define = (index: number, wire: string) =>
    Object.defineProperty(rows, index, {
      get: () => parseSageJson(Buffer.from(wire, 'latin1').toString()),
    });
  define(0, firstRow);
  if (count > 1) define(count - 1, lastRow);
  return rows;
}

function writeOutputs(
  outputs: readonly Output[],
  values: readonly string[],
  globalId: (key: string) => string,
): string | undefined {
  let text = '';
  for (const output of outputs) {
    text += output.key;
    if ('text' in output) text += output.text;
    else {
      const token = values[output.slot] ?? 'null';
      if ('write' in output) {
        const written = output.write(token);
        if (written === undefined) return undefined;
        text += written;
      } else {
        if (!PLAIN_ID.test(token)) return undefined;
        text += `"${globalId(token)}"`;
      }
    }
  }
  return objectText(text);
}

/** Longer ones might not be what a double makes of them. */
const PLAIN_ID = /^(?:0|-?[1-9]\d{0,14})$/;

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const CLOSING_BRACKET = 93;
const CLOSING_BRACE = 125;

/** Reads one row of a known layout into `values`. @returns where it ends, or -1 when it has another layout */
function readRow(source: string, start: number, layout: Layout, values: string[]): number {
  if (layout.length === 0) return -1;
  let at = start;
  for (const { head, slot } of layout) {
    if (!source.startsWith(head, at)) return -1;
    at += head.length;
    const end = endOfValue(source, at);
    if (end < 0) return -1;
    if (slot >= 0) values[slot] = source.slice(at, end);
    at = end;
  }
  return source.charCodeAt(at) === CLOSING_BRACE ? at + 1 : -1;
}

/** Where a text, a number, `true`, `false` or `null` ends; -1 for anything else. */
function endOfValue(source: string, at: number): number {
  if (source.charCodeAt(at) === QUOTE) {
    let end = source.indexOf('"', at + 1);
    while (end > 0 && isEscaped(source, end)) end = source.indexOf('"', end + 1);
    return end < 0 ? -1 : end + 1;
  }
  PLAIN_VALUE.lastIndex = at;
  return PLAIN_VALUE.test(source) ? PLAIN_VALUE.lastIndex : -1;
}

const PLAIN_VALUE = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?=[,}])/y;

function isEscaped(source: string, quoteAt: number): boolean {
  let backslashes = 0;
  while (source.charCodeAt(quoteAt - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}

/** Reads the members of the row that begins here; undefined when it is no flat row. */
function learnLayout(source: string, start: number, slots: ReadonlyMap<string, number>): Layout | undefined {
  const layout: { head: string; slot: number }[] = [];
  let at = start;
  while (layout.length < MAX_MEMBERS) {
    MEMBER_HEAD.lastIndex = at;
    const [head, name = ''] = MEMBER_HEAD.exec(source) ?? [];
    if (head === undefined || (layout.length === 0) !== head.startsWith('{')) return undefined;
    layout.push({ head, slot: slots.get(name) ?? -1 });
    at = endOfValue(source, at + head.length);
    if (at < 0) return undefined;
    if (source.charCodeAt(at) === CLOSING_BRACE) return layout;
  }
  return undefined;
}

/** Names are Sage's own: letters, digits and underscores. */
const MEMBER_HEAD = /[{,]"(\w+)":/y;
