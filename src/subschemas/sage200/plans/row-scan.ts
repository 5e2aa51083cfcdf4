import { isUtf8 } from 'node:buffer';
import { ByteText } from '../../../kit/http/index.ts';
import { type Awaitable, andThen, together } from '../../../kit/maybe-promise.ts';
import { ByteWriter } from './byte-writer.ts';
import { createRowReader, Source } from './row-layout.ts';
import { type LinkedTexts, type Outputs, planOutputs, type RowPlaces } from './row-outputs.ts';
import type { PlanRun, RowPlan } from './row-plan.ts';
import { isNull, NULL_TEXT, type WriteToken } from './token-writers.ts';
import { Unexpected } from './unplanned.ts';
import { globalIdWriters } from './write-global-id.ts';

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

/**
 * @param first rows wanted; one more in the bytes tells that a next page exists
 * @throws whatever goes wrong where more had to be read
 */
export type ScanRows = (bytes: Buffer, first: number, run: PlanRun) => Awaitable<RowsScanned | undefined>;

/** What a value may grow by at most: all of a global id, whose names are bounded. Others get quotes or a `Z`. */
const MAX_GROWTH_BYTES = 512;

const FIRST_PLACES = 4_096;
/** Kept for those who take theirs along, and the size of those that are. */
const MAX_SPARE = 32;
const MOST_SPARE_PLACES = 16_384;

const NOTHING = Buffer.alloc(0);
const EMPTY: RowsScanned = {
  text: new ByteText('[]'),
  count: 0,
  hasNextPage: false,
  firstRow: NOTHING,
  lastRow: NOTHING,
};

const COMMA = 44;
const OPENING_BRACKET = 91;
const CLOSING_BRACKET = 93;
const OPENING_BRACE = 123;

/** Nothing is awaited while it is in use. */
const output = new ByteWriter();

/** Likewise; grows to what the longest answer needed. Rows that wait for others take it along, and bring it back. */
let scratch: Int32Array = new Int32Array(FIRST_PLACES);
const spare: Int32Array[] = [];

/** Rows that were read and not yet written. */
interface RowsFound extends RowPlaces {
  readonly hasNextPage: boolean;
  readonly firstRow: Buffer;
  readonly lastRow: Buffer;
}

/** What is written into rows beside their own bytes. */
interface Additions {
  /** One for each type whose ids are shown. */
  readonly ids: readonly WriteToken[];
  /** One for each link. */
  readonly linked: readonly LinkedTexts[];
}

/**
 * Undefined when the plan has fields that cannot be written from the bytes of a row, its expanded objects and rows that are
 * read by its keys. The reader it makes gives up, with undefined too, wherever it meets what it does not know: then the bytes
 * are parsed in the ordinary way.
 */
export function planRowScan(plan: RowPlan, wrap: RowWrap): ScanRows | undefined {
  const planned = planOutputs(plan, wrap);
  if (!planned) return undefined;
  const { outputs, wanted, idTypes, links } = planned;
  const reader = createRowReader(wanted);
  const idWriters = idTypes.map(globalIdWriters);
  const stride = 2 * wanted.slots.size;

  const find = (bytes: Buffer, first: number): RowsFound | undefined => {
    if (bytes[0] !== OPENING_BRACKET || !isUtf8(bytes)) return undefined;
    const source = new Source(bytes);
    reader.restart();
    let at = 1;
    let firstEnd = 0;
    let lastStart = 0;
    let lastEnd = 0;
    for (let row = 0; ; row += 1) {
      const start = at;
      if (scratch.length < (row + 1) * stride) scratch = longer(scratch, stride);
      at = reader.read(source, start, scratch, row * stride);
      if (at < 0) return undefined;
      if (row < first) {
        if (row === 0) firstEnd = at;
        lastStart = start;
        lastEnd = at;
      }
      const next = bytes[at++];
      if (next === COMMA) continue;
      if (next !== CLOSING_BRACKET || at !== bytes.length) return undefined;
      return {
        places: scratch,
        count: Math.min(row + 1, first),
        stride,
        hasNextPage: row >= first,
        firstRow: bytes.subarray(1, firstEnd),
        lastRow: bytes.subarray(lastStart, lastEnd),
      };
    }
  };

  return (bytes, first, run) => {
    if (bytes.length === 2 && bytes.toString() === '[]') return EMPTY;
    const found = find(bytes, first);
    if (!found) return undefined;
    const ids = idWriters.map((writerFor) => writerFor(run.scope.company));
    const scanned = (linked: readonly LinkedTexts[]): RowsScanned | undefined => {
      const text = writeRows(outputs, bytes, found, { ids, linked });
      const { count, hasNextPage, firstRow, lastRow } = found;
      return text && { text, count, hasNextPage, firstRow, lastRow };
    };
    if (links.length === 0) return scanned([]);
    const asked = links.map((link) => ({ link, keys: link.keysOf(bytes, found) }));
    if (asked.some(({ keys }) => keys === undefined)) return undefined;
    // What is waited for may take longer than until the next answer.
    scratch = spare.pop() ?? new Int32Array(FIRST_PLACES);
    return andThen(
      together(asked, ({ link, keys = [] }) => link.read(keys, run)),
      (linked) => {
        const rows = scanned(linked);
        if (spare.length < MAX_SPARE && found.places.length <= MOST_SPARE_PLACES) spare.push(found.places);
        return rows;
      },
    );
  };
}

/** Twice as long, or as much longer as is needed at once. */
function longer(numbers: Int32Array, more: number): Int32Array {
  const made = new Int32Array(Math.max(2 * numbers.length, numbers.length + more));
  made.set(numbers);
  return made;
}

function writeRows(outputs: Outputs, bytes: Buffer, rows: RowPlaces, additions: Additions): ByteText | undefined {
  output.restart();
  for (let row = 0; row < rows.count; row += 1) {
    output.reserve(1);
    output.byte(row === 0 ? OPENING_BRACKET : COMMA);
    if (!writeRow(outputs, bytes, rows, row, additions)) return undefined;
  }
  output.reserve(1);
  output.byte(CLOSING_BRACKET);
  return output.toText();
}

function writeRow(
  { values, after }: Outputs,
  bytes: Buffer,
  rows: RowPlaces,
  row: number,
  additions: Additions,
): boolean {
  const { places, stride } = rows;
  const from = row * stride;
  for (const value of values) {
    const { before, slot } = value;
    const start = places[from + 2 * slot] ?? 0;
    const end = places[from + 2 * slot + 1] ?? 0;
    output.reserve(before.length + end - start + MAX_GROWTH_BYTES);
    output.put(before);
    switch (value.kind) {
      case 'value':
        if (!value.write(output, bytes, start, end)) return false;
        break;
      case 'globalId':
        if (!additions.ids[value.id]?.(output, bytes, start, end)) return false;
        break;
      case 'object':
        if (bytes[start] === OPENING_BRACE) {
          if (!writeRow(value.inner, bytes, rows, row, additions)) return false;
        } else {
          if (!value.isNullable || start === end || !isNull(bytes, start, end)) return false;
          output.put(NULL_TEXT);
        }
        break;
      case 'linked': {
        const text = additions.linked[value.link]?.[row] ?? NULL_TEXT;
        if (text === NULL_TEXT && !value.isNullable) throw new Unexpected('a linked row is missing');
        output.reserve(text.length);
        output.put(text);
      }
    }
  }
  output.reserve(after.length + 1);
  output.put(after);
  return true;
}
