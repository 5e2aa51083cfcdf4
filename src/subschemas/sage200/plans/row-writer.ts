import { isUtf8 } from 'node:buffer';
import { Bailout } from '../../../kit/bailout.ts';
import { type BodyPart, ByteText, byteChars } from '../../../kit/http/index.ts';
import { OPEN_LIST } from '../../../kit/json-characters.ts';
import { andThen, type MaybePromise, together } from '../../../kit/maybe-promise.ts';
import type { WriteToken } from '../values/codec.ts';
import { globalIdWriters } from '../values/global-id.ts';
import { type ListInRows, planText, type RowWrap, type TextPlan } from './row-pattern.ts';
import type { LinkByKey, PlanRun, RowPlan } from './row-plan.ts';
import { type FoundRow, type RowMatcher, RowShapes } from './row-shapes.ts';

export interface RowsWritten {
  /** The rows as a JSON array. */
  readonly body: readonly BodyPart[];
  readonly count: number;
  readonly hasNextPage: boolean;
  /** Source of the first and the last row; empty if there are none. */
  readonly firstRow: Buffer;
  readonly lastRow: Buffer;
}

/** Undefined if the plan has fields that need more than the text of a row, its objects and lists, and data read by its keys. */
export function createRowWriter(plan: RowPlan, wrap: RowWrap): RowWriter | undefined {
  const text = planText(plan, wrap);
  return text && new RowWriter(text);
}

const NO_ROWS: RowsWritten = {
  body: ['[]'],
  count: 0,
  hasNextPage: false,
  firstRow: Buffer.alloc(0),
  lastRow: Buffer.alloc(0),
};

/**
 * Writes rows directly from the text of Sage's answer. A row is matched by the pattern of its shape, whose groups are the
 * values. A row that does not match has to be parsed.
 */
export class RowWriter {
  readonly #plan: TextPlan;
  readonly #idWriters: readonly ReturnType<typeof globalIdWriters>[];
  readonly #shapes: RowShapes;

  constructor(plan: TextPlan) {
    this.#plan = plan;
    this.#idWriters = plan.idTypes.map(globalIdWriters);
    this.#shapes = new RowShapes(plan);
  }

  /**
   * Undefined if the answer has to be parsed.
   * @param first number of rows wanted; one more in the bytes shows that a next page exists
   * @throws any failure of further reads
   */
  write(bytes: Buffer, first: number, run: PlanRun): MaybePromise<RowsWritten | undefined> {
    if (bytes.length === 2 && bytes.toString() === '[]') return NO_ROWS;
    if (bytes[0] !== OPEN_LIST || !isUtf8(bytes)) return undefined;
    const ids = this.#idWriters.map((writerFor) => writerFor(run.scope.company));
    const output = new Output(this.#plan, ids);
    const rows = writeRows(bytes, first, this.#shapes.matcher(), output);
    return rows && andThen(output.toBody(run), (body) => ({ body, ...rows }));
  }
}

function writeRows(
  bytes: Buffer,
  first: number,
  matcher: RowMatcher,
  output: Output,
): Omit<RowsWritten, 'body'> | undefined {
  // Each character is a byte: as UTF-8, a single character beyond `latin1` would make the text two bytes a character.
  const text = bytes.toString('latin1');
  let rows = 0;
  let [firstEnd, lastStart, lastEnd] = [0, 0, 0];
  const end = matcher.eachRow(text, 1, (row, start) => {
    rows += 1;
    if (rows > first) return true;
    if (rows === 1) firstEnd = row.end;
    lastStart = start;
    lastEnd = row.end;
    return output.add(row);
  });
  if (end !== text.length) return undefined;
  return {
    count: Math.min(rows, first),
    hasNextPage: rows > first,
    firstRow: bytes.subarray(1, firstEnd),
    lastRow: bytes.subarray(lastStart, lastEnd),
  };
}

/** The place of data that is read by a key. */
interface Gap {
  readonly link: LinkByKey;
  readonly key: string;
}

/** Long text is converted to bytes at intervals: V8 keeps a growing text as a tree, which takes much more memory. */
const LONGEST_TEXT = 64 * 1024;

/** An answer under construction. Its texts are UTF-8 read as `latin1`. */
class Output {
  readonly #plan: TextPlan;
  readonly #ids: readonly WriteToken[];
  #text = '[';
  #separator = '';
  readonly #parts: (string | Buffer | Gap)[] = [];
  readonly #keys = new Map<LinkByKey, Set<string>>();

  /** @param ids writers of global ids, for each type in the plan */
  constructor(plan: TextPlan, ids: readonly WriteToken[]) {
    this.#plan = plan;
    this.#ids = ids;
  }

  /** False if the row has a value that has to be parsed. */
  add(row: FoundRow): boolean {
    this.#text += this.#separator;
    this.#separator = ',';
    return this.#addRow(this.#plan, row);
  }

  #addRow({ steps, after }: TextPlan, { values, groups, lists }: FoundRow): boolean {
    let text = this.#text;
    for (let at = 0; at < steps.length; at += 1) {
      const step = steps[at];
      if (!step) break;
      text += step.before;
      if (step.kind === 'text') continue;
      if (step.kind === 'list') {
        this.#text = text;
        if (!this.#addList(step.list, lists.get(step.list))) return false;
        text = this.#text;
        continue;
      }
      const taken = values[groups[at] ?? 0];
      if (taken === undefined) {
        text += step.kind === 'linked' ? missing(step.link) : 'null';
        if (step.kind === 'object') at = step.next - 1;
      } else if (step.kind === 'linked') {
        this.#parts.push(text);
        text = '';
        this.#leaveGap(step.link, taken);
      } else if (step.kind !== 'object') {
        const write = step.kind === 'value' ? step.write : this.#ids[step.type];
        const written = write ? write(taken) : taken;
        if (written === undefined) return false;
        text += written;
      }
    }
    text += after;
    this.#text = text.length > LONGEST_TEXT ? '' : text;
    if (this.#text === '') this.#parts.push(Buffer.from(text, 'latin1'));
    return true;
  }

  #addList({ plan }: ListInRows, rows: readonly FoundRow[] | undefined): boolean {
    this.#text += rows ? '[' : 'null';
    for (const [index, row] of rows?.entries() ?? []) {
      if (index > 0) this.#text += ',';
      if (!this.#addRow(plan, row)) return false;
    }
    if (rows) this.#text += ']';
    return true;
  }

  /** The whole body, once all its data is read. */
  toBody(run: PlanRun): MaybePromise<readonly BodyPart[]> {
    this.#parts.push(`${this.#text}]`);
    const links = [...this.#keys];
    return together(
      links,
      ([link, keys]) => readTexts(link, [...keys], run),
      (texts) => join(this.#parts, new Map(links.map(([link], index) => [link, texts[index]]))),
    );
  }

  #leaveGap(link: LinkByKey, key: string): void {
    this.#parts.push({ link, key });
    const keys = this.#keys.get(link);
    if (keys) keys.add(key);
    else this.#keys.set(link, new Set([key]));
  }
}

function missing({ isNullable }: LinkByKey): string {
  if (!isNullable) throw new Bailout('a linked row is missing');
  return 'null';
}

type TextByKey = ReadonlyMap<string, string>;

function readTexts(link: LinkByKey, keys: readonly string[], run: PlanRun): MaybePromise<TextByKey> {
  return andThen(link.read(keys, run), (texts) => {
    const byKey = keys.map((key, index) => [key, byteChars(texts[index] ?? missing(link))] as const);
    return new Map(byKey);
  });
}

function join(
  parts: readonly (string | Buffer | Gap)[],
  texts: ReadonlyMap<LinkByKey, TextByKey | undefined>,
): readonly BodyPart[] {
  const body: BodyPart[] = [];
  let chars = '';
  for (const part of parts) {
    if (typeof part === 'string') chars += part;
    else if (Buffer.isBuffer(part)) {
      body.push(new ByteText(chars), part);
      chars = '';
    } else chars += texts.get(part.link)?.get(part.key) ?? '';
    if (chars.length <= LONGEST_TEXT) continue;
    body.push(Buffer.from(chars, 'latin1'));
    chars = '';
  }
  body.push(new ByteText(chars));
  return body;
}
