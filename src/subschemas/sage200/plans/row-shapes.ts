import { BoundedCache } from '../../../kit/cache.ts';
import { isObject, parseJson } from '../../../kit/json.ts';
import { CLOSE_LIST, COMMA, OPEN_LIST } from '../../../kit/json-characters.ts';
import { merged, type Shape, shapeOf } from '../../../kit/json-shape.ts';
import { LIST, type ListInRows, type RowPattern, rowPattern, type TextPlan } from './row-pattern.ts';

/** Maximum number of shapes in one plan. */
const MOST_SHAPES = 4;
/** Shapes that it always learns; each further one needs twice as many answers. */
const FIRST_SHAPES = 8;
/** Longer rows are not learned. */
const LONGEST_ROW = 64 * 1024;
/** Maximum depth of objects in rows. */
const MAX_LEVELS = 3;
/** Longer patterns use more memory than they are worth: V8 creates some 25 bytes of code for each character. */
const LONGEST_PATTERN = 20_000;

const patterns = new BoundedCache<string, readonly RegExp[]>({
  name: 'row patterns',
  maxEntries: 1_000,
  maxWeight: 1_000_000,
  weigh: ({ length }) => length,
});

interface KnownShape extends RowPattern {
  readonly shape: Shape;
}

/**
 * Recognises the rows of one list from earlier ones: which members they have, in which order, but none of their values. Rows
 * that have changed are always learned eventually, and rows that differ in every answer do not take all the time.
 */
export class RowShapes {
  readonly #plan: TextPlan;
  readonly #lists: ReadonlyMap<ListInRows, RowShapes>;
  /** The last learned first. */
  #known: readonly KnownShape[] = [];
  #learned = 0;
  #answers = 0;

  constructor(plan: TextPlan) {
    this.#plan = plan;
    this.#lists = new Map([...plan.wanted.lists.values()].map((list) => [list, new RowShapes(list.plan)]));
  }

  get known(): readonly RowPattern[] {
    return this.#known;
  }

  /** Creates a matcher for one answer. */
  matcher(): RowMatcher {
    this.#answers += 1;
    return new RowMatcher(this);
  }

  /** The same for the rows of one of its lists. */
  listMatcher(list: ListInRows): RowMatcher | undefined {
    return this.#lists.get(list)?.matcher();
  }

  /** Learns from a row that matches none of the patterns. False if only its values do not match. */
  learn(text: string, start: number): boolean {
    if (2 ** (this.#learned - FIRST_SHAPES) > this.#answers) return false;
    const [row] = ROW.exec(text.slice(start, start + LONGEST_ROW)) ?? [];
    const shape = row === undefined ? undefined : this.#shapeOf(parseJson(row));
    if (!shape) return false;
    const shapes = withShape(
      this.#known.map((known) => known.shape),
      shape,
    );
    const known = shapes.flatMap((each) => this.#toKnown(each));
    const isNew = known.some(({ source }) => !this.#known.some((other) => other.source === source));
    if (!isNew) return false;
    this.#known = known;
    this.#learned += 1;
    return true;
  }

  /** The rows of its lists have their own shapes. */
  #shapeOf(row: unknown): Shape | undefined {
    if (!isObject(row)) return undefined;
    const blank = [...this.#plan.wanted.lists.keys()].filter((name) => name in row).map((name) => [name, null]);
    return shapeOf({ ...row, ...Object.fromEntries(blank) }, MAX_LEVELS);
  }

  #toKnown(shape: Shape): KnownShape[] {
    const pattern = shape.members && rowPattern(this.#plan, shape.members);
    return pattern && pattern.source.length <= LONGEST_PATTERN ? [{ shape, ...pattern }] : [];
  }
}

/** Rows with the same members have one shape, whatever the members contain. */
function withShape(shapes: readonly Shape[], shape: Shape): readonly Shape[] {
  for (const [index, known] of shapes.entries()) {
    const both = merged(known, shape);
    if (both) return shapes.with(index, both);
  }
  return [shape, ...shapes].slice(0, MOST_SHAPES);
}

/** Text outside inner objects, including all strings in it. */
const BETWEEN = String.raw`[^"{}]*(?:"[^"\\]*(?:\\.[^"\\]*)*"[^"{}]*)*`;
const inBraces = (inner: string): string => `\\{${BETWEEN}(?:${inner}${BETWEEN})*\\}`;
/** A whole row, whether it is JSON or not, with up to two levels of objects. */
const ROW = new RegExp(`^${inBraces(inBraces(`\\{${BETWEEN}\\}`))}`);

/** A row in the text of an answer. */
export interface FoundRow {
  /** The text of each group. */
  readonly values: readonly (string | undefined)[];
  /** The group of each step. */
  readonly groups: RowPattern['groups'];
  readonly lists: RowsInLists;
  readonly end: number;
}

/** Undefined for a list that is null. */
type RowsInLists = ReadonlyMap<ListInRows, readonly FoundRow[] | undefined>;

interface CompiledPattern extends Omit<RowPattern, 'source'> {
  readonly parts: readonly RegExp[];
}

/** Finds rows in the text of an answer, one after the other. */
export class RowMatcher {
  readonly #shapes: RowShapes;
  readonly #lists = new Map<ListInRows, RowMatcher>();
  #pattern: CompiledPattern | undefined;

  constructor(shapes: RowShapes) {
    this.#shapes = shapes;
  }

  /** The row that begins there. Undefined if it matches no shape. */
  rowAt(text: string, start: number): FoundRow | undefined {
    // Most rows have the same shape as the row before.
    const row = this.#pattern && this.#match(this.#pattern, text, start);
    return row ?? this.#otherAt(text, start) ?? this.#newAt(text, start);
  }

  #newAt(text: string, start: number): FoundRow | undefined {
    return this.#shapes.learn(text, start) ? this.#otherAt(text, start) : undefined;
  }

  #otherAt(text: string, start: number): FoundRow | undefined {
    for (const { source, groups, lists } of this.#shapes.known) {
      const pattern = { parts: partsOf(source), groups, lists };
      const row = this.#match(pattern, text, start);
      if (!row) continue;
      this.#pattern = pattern;
      return row;
    }
    return undefined;
  }

  #match({ parts, groups, lists }: CompiledPattern, text: string, start: number): FoundRow | undefined {
    const [first, ...others] = parts;
    const match = first && matchAt(first, text, start);
    if (!match) return undefined;
    let end = start + match[0].length;
    if (others.length === 0) return { values: match, groups, lists: NO_LISTS, end };
    const values: (string | undefined)[] = [...match];
    const rows = new Map<ListInRows, readonly FoundRow[] | undefined>();
    for (const [index, part] of others.entries()) {
      const list = lists[index];
      const found = list && this.#listAt(list, text, end);
      const next = found && matchAt(part, text, found.end);
      if (!next) return undefined;
      rows.set(list, found.rows);
      values.push(...next);
      end = found.end + next[0].length;
    }
    return { values, groups, lists: rows, end };
  }

  #listAt(list: ListInRows, text: string, start: number): FoundList | undefined {
    if (list.isNullable && text.startsWith('null', start)) return { rows: undefined, end: start + 'null'.length };
    if (text.charCodeAt(start) !== OPEN_LIST) return undefined;
    if (text.charCodeAt(start + 1) === CLOSE_LIST) return { rows: [], end: start + 2 };
    const matcher = this.#lists.get(list) ?? this.#shapes.listMatcher(list);
    if (!matcher) return undefined;
    this.#lists.set(list, matcher);
    const rows: FoundRow[] = [];
    const end = matcher.eachRow(text, start + 1, (row) => {
      rows.push(row);
      return true;
    });
    return end === undefined ? undefined : { rows, end };
  }

  /**
   * @param start after the bracket of a list that is not empty
   * @param visit returns false to stop
   * @returns the position after the list's bracket; undefined if not all of it are such rows, or if it was stopped
   */
  eachRow(text: string, start: number, visit: (row: FoundRow, start: number) => boolean): number | undefined {
    for (let at = start; ; at += 1) {
      const row = this.rowAt(text, at);
      if (!row || !visit(row, at)) return undefined;
      at = row.end;
      const next = text.charCodeAt(at);
      if (next === CLOSE_LIST) return at + 1;
      if (next !== COMMA) return undefined;
    }
  }
}

interface FoundList {
  readonly rows: readonly FoundRow[] | undefined;
  readonly end: number;
}

const NO_LISTS: RowsInLists = new Map();

const partsOf = (source: string): readonly RegExp[] =>
  patterns.getOrMake(source, () => source.split(LIST).map((part) => new RegExp(part, 'y')));

function matchAt(pattern: RegExp, text: string, start: number): RegExpExecArray | null {
  pattern.lastIndex = start;
  return pattern.exec(text);
}
