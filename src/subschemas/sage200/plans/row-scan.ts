import { isUtf8 } from 'node:buffer';
import { Bailout } from '../../../kit/bailout.ts';
import { ByteText } from '../../../kit/http/index.ts';
import { andThen, type MaybePromise, together } from '../../../kit/maybe-promise.ts';
import { SharedBuffer } from '../../../kit/shared-buffer.ts';
import { ByteWriter } from '../values/byte-writer.ts';
import type { WriteToken } from '../values/codec.ts';
import { globalIdWriters } from '../values/global-id.ts';
import { isNull, NULL_TEXT } from '../values/tokens.ts';
import { createRowReader, Source } from './row-layout.ts';
import { type LinkedTexts, type Outputs, planOutputs, type RowPlaces, type RowWrap } from './row-outputs.ts';
import type { PlanRun, RowPlan } from './row-plan.ts';

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
export type ScanRows = (bytes: Buffer, first: number, run: PlanRun) => MaybePromise<RowsScanned | undefined>;

/** What a value may grow by at most: all of a global id, whose names are bounded. Others get quotes or a `Z`. */
const MAX_GROWTH_BYTES = 512;

const FIRST_PLACES = 4_096;
/** A single answer of many megabytes is no reason to keep as much for good. */
const MOST_KEPT_BYTES = 1024 * 1024;

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

const writers = new SharedBuffer({
  make: () => new ByteWriter(),
  isReusable: ({ size }) => size <= MOST_KEPT_BYTES,
});

/** Where values are, in as much room as the longest answer needed. */
const scratch = new SharedBuffer({
  make: () => ({ places: new Int32Array(FIRST_PLACES) }),
  isReusable: ({ places }) => places.byteLength <= MOST_KEPT_BYTES,
});
type Scratch = { places: Int32Array<ArrayBuffer> };

/** Rows that were read and not yet written. */
interface RowsFound extends RowPlaces {
  readonly hasNextPage: boolean;
  readonly firstRow: Buffer;
  readonly lastRow: Buffer;
}

/** What rows are written from. */
interface RowSources {
  readonly bytes: Buffer;
  readonly rows: RowPlaces;
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

  const find = (bytes: Buffer, first: number, room: Scratch): RowsFound | undefined => {
    if (bytes[0] !== OPENING_BRACKET || !isUtf8(bytes)) return undefined;
    const source = new Source(bytes);
    reader.restart();
    let at = 1;
    let firstEnd = 0;
    let lastStart = 0;
    let lastEnd = 0;
    for (let row = 0; ; row += 1) {
      const start = at;
      if (room.places.length < (row + 1) * stride) room.places = longer(room.places, stride);
      at = reader.read(source, start, room.places, row * stride);
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
        places: room.places,
        count: Math.min(row + 1, first),
        stride,
        hasNextPage: row >= first,
        firstRow: bytes.subarray(1, firstEnd),
        lastRow: bytes.subarray(lastStart, lastEnd),
      };
    }
  };

  const write = (bytes: Buffer, rows: RowsFound, run: PlanRun, linked: readonly LinkedTexts[]) => {
    const ids = idWriters.map((writerFor) => writerFor(run.scope.company));
    const text = writeRows(outputs, { bytes, rows, ids, linked });
    const { count, hasNextPage, firstRow, lastRow } = rows;
    return text && { text, count, hasNextPage, firstRow, lastRow };
  };

  return (bytes, first, run) => {
    if (bytes.length === 2 && bytes.toString() === '[]') return EMPTY;
    if (links.length === 0) {
      return scratch.use((room) => {
        const rows = find(bytes, first, room);
        return rows && write(bytes, rows, run, []);
      });
    }
    const asked = scratch.use((room) => {
      const found = find(bytes, first, room);
      if (!found) return undefined;
      const reads = links.map((link) => ({ link, keys: link.keysOf(bytes, found) }));
      // What is waited for may take longer than until the next answer.
      return { reads, rows: { ...found, places: found.places.slice(0, found.count * stride) } };
    });
    if (!asked || asked.reads.some(({ keys }) => keys === undefined)) return undefined;
    return andThen(
      together(asked.reads, ({ link, keys = [] }) => link.read(keys, run)),
      (linked) => write(bytes, asked.rows, run, linked),
    );
  };
}

/** Twice as long, or as much longer as is needed at once. */
function longer(numbers: Int32Array, more: number): Int32Array<ArrayBuffer> {
  const made = new Int32Array(Math.max(2 * numbers.length, numbers.length + more));
  made.set(numbers);
  return made;
}

function writeRows(outputs: Outputs, sources: RowSources): ByteText | undefined {
  return writers.use((output) => {
    output.restart();
    for (let row = 0; row < sources.rows.count; row += 1) {
      output.reserve(1);
      output.byte(row === 0 ? OPENING_BRACKET : COMMA);
      if (!writeRow(output, outputs, sources, row)) return undefined;
    }
    output.reserve(1);
    output.byte(CLOSING_BRACKET);
    return output.toText();
  });
}

function writeRow(output: ByteWriter, { values, after }: Outputs, sources: RowSources, row: number): boolean {
  const {
    bytes,
    rows: { places, stride },
  } = sources;
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
        if (!sources.ids[value.id]?.(output, bytes, start, end)) return false;
        break;
      case 'object':
        if (bytes[start] === OPENING_BRACE) {
          if (!writeRow(output, value.inner, sources, row)) return false;
        } else {
          if (!value.isNullable || start === end || !isNull(bytes, start, end)) return false;
          output.put(NULL_TEXT);
        }
        break;
      case 'linked': {
        const text = sources.linked[value.link]?.[row] ?? NULL_TEXT;
        if (text === NULL_TEXT && !value.isNullable) throw new Bailout('a linked row is missing');
        output.reserve(text.length);
        output.put(text);
      }
    }
  }
  output.reserve(after.length + 1);
  output.put(after);
  return true;
}
