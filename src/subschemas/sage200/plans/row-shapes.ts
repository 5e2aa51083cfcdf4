import { BoundedCache } from '../../../kit/cache.ts';
import { parseJson } from '../../../kit/json.ts';
import { merged, type Shape, shapeOf } from '../../../kit/json-shape.ts';
import { type RowPattern, rowPattern, type TextPlan } from './row-pattern.ts';

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

const patterns = new BoundedCache<string, RegExp>({
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
  /** The last learned first. */
  #known: readonly KnownShape[] = [];
  #learned = 0;
  #answers = 0;

  constructor(plan: TextPlan) {
    this.#plan = plan;
  }

  get known(): readonly RowPattern[] {
    return this.#known;
  }

  /** Creates a matcher for one answer. */
  matcher(): RowMatcher {
    this.#answers += 1;
    return new RowMatcher(this);
  }

  /** Learns from a row that matches none of the patterns. False if only its values do not match. */
  learn(text: string, start: number): boolean {
    if (2 ** (this.#learned - FIRST_SHAPES) > this.#answers) return false;
    const [row] = ROW.exec(text.slice(start, start + LONGEST_ROW)) ?? [];
    const shape = row === undefined ? undefined : shapeOf(parseJson(row), MAX_LEVELS);
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

/** Finds rows in the text of an answer, one after the other. */
export class RowMatcher {
  readonly #shapes: RowShapes;
  #pattern: RegExp | undefined;
  #groups: RowPattern['groups'] = [];

  constructor(shapes: RowShapes) {
    this.#shapes = shapes;
  }

  /** Groups of the row that was found last. */
  get groups(): RowPattern['groups'] {
    return this.#groups;
  }

  /** The row that begins there, with its values by group. Undefined if it matches no shape. */
  rowAt(text: string, start: number): RegExpExecArray | undefined {
    // Most rows have the same shape as the row before.
    const match = this.#pattern && matchAt(this.#pattern, text, start);
    return match ?? this.#otherAt(text, start) ?? this.#newAt(text, start);
  }

  #newAt(text: string, start: number): RegExpExecArray | undefined {
    return this.#shapes.learn(text, start) ? this.#otherAt(text, start) : undefined;
  }

  #otherAt(text: string, start: number): RegExpExecArray | undefined {
    for (const { source, groups } of this.#shapes.known) {
      const pattern = patterns.getOrMake(source, () => new RegExp(source, 'y'));
      const match = matchAt(pattern, text, start);
      if (!match) continue;
      this.#pattern = pattern;
      this.#groups = groups;
      return match;
    }
    return undefined;
  }
}

function matchAt(pattern: RegExp, text: string, start: number): RegExpExecArray | null {
  pattern.lastIndex = start;
  return pattern.exec(text);
}
