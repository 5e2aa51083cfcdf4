// One thing: a reader of one form of JSON, rows without blanks as Sage sends them, flat but for the objects it expanded.
import { isDigit, isPlainValue, POINT, ZERO } from '../values/tokens.ts';

/** The members of a row that are wanted. Each has a slot for where its value begins and ends. */
export interface WantedMembers {
  /** By REST name; of a member inside another row `customer.name`. An object has a slot too. */
  readonly slots: ReadonlyMap<string, number>;
  /** Those that are objects. */
  readonly objects: ReadonlySet<string>;
}

export interface RowReader {
  /** A new answer begins. */
  restart(): void;
  /**
   * Finds the wanted values of the row that begins at `start`.
   * @param places begin and end of each slot's value from `from` on; of an object that was gone into, of its brace. Both 0
   * where the row has none
   * @returns where the row ends, or -1 when it is not as plain as this needs it
   */
  read(source: Source, start: number, places: Int32Array, from: number): number;
}

/** A member of a row: what stands between the value before it and its own. */
interface Step {
  readonly head: Head;
  /** -1: nobody wants it. */
  readonly slot: number;
  /** The object that is gone into here, or -1; and where in `head` it begins. */
  readonly opens: number;
  readonly opensAt: number;
}

/** The members in the order in which they come, and the braces at the end. */
interface Layout {
  readonly steps: readonly Step[];
  readonly tail: Head;
}

/** Members of a row; more are not one of Sage's. */
const MAX_MEMBERS = 500;
/** Layouts that are tried, those met last first; and how many may be learned from one answer. */
const MAX_LAYOUTS = 4;
const MAX_LEARNED = 8;

const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;
const OPENING_BRACKET = 91;
const CLOSING_BRACKET = 93;
const OPENING_BRACE = 123;
const CLOSING_BRACE = 125;

export function createRowReader(wanted: WantedMembers): RowReader {
  let layouts: readonly Layout[] = [];
  let learned = 0;

  const learn = (source: Source, start: number): Layout | undefined => {
    learned += 1;
    const layout = learned > MAX_LEARNED ? undefined : learnLayout(source.bytes, start, wanted);
    if (layout) layouts = [layout, ...layouts].slice(0, MAX_LAYOUTS);
    return layout;
  };

  return {
    restart() {
      learned = 0;
    },
    read(source, start, places, from) {
      const length = 2 * wanted.slots.size;
      for (let index = 0; index < length; index += 1) places[from + index] = 0;
      for (const layout of layouts) {
        const end = readRow(source, start, layout, places, from);
        if (end < 0) {
          // What it has found before it was seen not to fit.
          places.fill(0, from, from + length);
          continue;
        }
        if (layout !== layouts[0]) layouts = [layout, ...layouts.filter((other) => other !== layout)];
        return end;
      }
      const layout = learn(source, start);
      return layout ? readRow(source, start, layout, places, from) : -1;
    },
  };
}

function readRow(source: Source, start: number, layout: Layout, places: Int32Array, from: number): number {
  let at = start;
  for (const { head, slot, opens, opensAt } of layout.steps) {
    if (!head.isAt(source, at)) return -1;
    if (opens >= 0) {
      places[from + 2 * opens] = at + opensAt;
      places[from + 2 * opens + 1] = at + opensAt + 1;
    }
    at += head.length;
    const end = endOfValue(source.bytes, at);
    if (end < 0) return -1;
    if (slot >= 0) {
      places[from + 2 * slot] = at;
      places[from + 2 * slot + 1] = end;
    }
    at = end;
  }
  return layout.tail.isAt(source, at) ? at + layout.tail.length : -1;
}

/** An answer, to be read in words as well: names are most of it, and compared four bytes at a time. */
export class Source {
  readonly bytes: Buffer;
  readonly words: DataView;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }
}

/** Bytes that are expected. */
class Head {
  readonly length: number;
  readonly #words: DataView;
  /** Those of the last, half-filled word that count. */
  readonly #lastMask: number;

  constructor(text: string) {
    const bytes = Buffer.from(text);
    const padded = new Uint8Array(bytes.length + WORD_BYTES);
    padded.set(bytes);
    this.length = bytes.length;
    this.#words = new DataView(padded.buffer);
    this.#lastMask = (1 << (8 * (bytes.length % WORD_BYTES))) - 1;
  }

  isAt({ words }: Source, at: number): boolean {
    const { length } = this;
    const own = this.#words;
    // The last word may reach beyond the head, and at the end of the answer there is nothing.
    if (at + length + WORD_BYTES > words.byteLength) return this.#isAtEnd(words, at);
    const lastAt = length - (length % WORD_BYTES);
    for (let index = 0; index < lastAt; index += WORD_BYTES)
      if (words.getInt32(at + index, true) !== own.getInt32(index, true)) return false;
    return ((words.getInt32(at + lastAt, true) ^ own.getInt32(lastAt, true)) & this.#lastMask) === 0;
  }

  #isAtEnd(words: DataView, at: number): boolean {
    if (at + this.length > words.byteLength) return false;
    for (let index = 0; index < this.length; index += 1)
      if (words.getUint8(at + index) !== this.#words.getUint8(index)) return false;
    return true;
  }
}

const WORD_BYTES = 4;

/** Reads the members of the row that begins here. */
function learnLayout(source: Buffer, start: number, { slots, objects }: WantedMembers): Layout | undefined {
  const steps: Step[] = [];
  let at = start;
  /** The object that is gone into, with a point. */
  let inside = '';
  let isFirst = true;
  /** What stands before the next member's head and belongs to its step. */
  let before = '';
  let opens = -1;
  while (steps.length < MAX_MEMBERS) {
    const [head, name = ''] = MEMBER_HEAD.exec(source.toString('latin1', at, at + MAX_HEAD_BYTES)) ?? [];
    if (head === undefined || head.startsWith('{') !== isFirst) return undefined;
    at += head.length;
    isFirst = false;
    if (inside === '' && source[at] === OPENING_BRACE && objects.has(name)) {
      opens = slots.get(name) ?? -1;
      before += head;
      inside = `${name}.`;
      isFirst = true;
      continue;
    }
    const slot = slots.get(inside + name) ?? -1;
    steps.push({ head: new Head(before + head), slot, opens, opensAt: before.length });
    before = '';
    opens = -1;
    at = endOfValue(source, at);
    if (at < 0) return undefined;
    if (source[at] !== CLOSING_BRACE) continue;
    if (inside === '') return { steps, tail: new Head('}') };
    if (source[at + 1] === CLOSING_BRACE) return { steps, tail: new Head('}}') };
    inside = '';
    before = '}';
    at += 1;
  }
  return undefined;
}

const MAX_HEAD_BYTES = 200;
/** Names are Sage's own: letters, digits and underscores. */
const MEMBER_HEAD = /^[{,]"(\w+)":/;

/** Where a text, a number, `true`, `false` or `null` ends; -1 for anything else. */
function endOfValue(source: Buffer, start: number): number {
  const first = source[start];
  if (first === QUOTE) return endOfText(source, start);
  if (isDigit(first)) {
    // Most of what is not a text is written in plain digits, and is seen to be a number by the way.
    const end = endOfDigits(source, start);
    if (isBehindValue(source[end]) && (first !== ZERO || end === start + 1)) return end;
  }
  const end = skipTo(WORD_END, source, start);
  return isBehindValue(source[end]) && isPlainValue(source, start, end) ? end : -1;
}

function endOfText(source: Buffer, start: number): number {
  let at = skipTo(TEXT_END, source, start + 1);
  while (source[at] === BACKSLASH && isPlainEscape(source[at + 1])) at = skipTo(TEXT_END, source, at + 2);
  return source[at] === QUOTE ? at + 1 : -1;
}

/** Of digits, and of a point with more of them. @param start of the first digit */
function endOfDigits(source: Buffer, start: number): number {
  let at = start + 1;
  while (isDigit(source[at])) at += 1;
  if (source[at] !== POINT || !isDigit(source[at + 1])) return at;
  at += 2;
  while (isDigit(source[at])) at += 1;
  return at;
}

/** A value is followed by the next one, or by the end of its object. */
const isBehindValue = (byte: number | undefined): boolean => byte === COMMA || byte === CLOSING_BRACE;

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
