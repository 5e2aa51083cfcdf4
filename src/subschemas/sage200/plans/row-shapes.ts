import { BoundedCache } from '../../../kit/cache.ts';
import { isObject, parseJson } from '../../../kit/json.ts';
import { merged, type Shape, shapeOf } from '../../../kit/json-shape.ts';
import type { RowData } from '../row-data.ts';
import { type RowPattern, rowPattern, type TextPlan } from './row-pattern.ts';

/** Shapes of rows that one plan knows, and rows of an answer that it learns from. */
const MOST_SHAPES = 4;
const MOST_ROWS = 1_000;
/** Objects in rows are no deeper. */
const MAX_LEVELS = 8;
/** Longer ones take more memory than they are worth: V8 makes some 25 bytes of code of each character. */
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
 * Knows the rows of one list by those that were parsed before: which members they have, in which order, and nothing of their
 * values.
 */
export class RowShapes {
  readonly #plan: TextPlan;
  #known: readonly KnownShape[] = [];
  #missed = 0;
  #learnAt = 1;

  constructor(plan: TextPlan) {
    this.#plan = plan;
  }

  /** The one learned last is first. */
  get known(): readonly RowPattern[] {
    return this.#known;
  }

  /**
   * Told the rows of each answer that had to be parsed. Values do that too, and nothing is learned from them; so it looks at the
   * first such answer, the second, the fourth, the eighth, and never gives up for good.
   */
  missed(rows: readonly RowData[]): void {
    this.#missed += 1;
    if (this.#missed < this.#learnAt) return;
    this.#learnAt *= 2;
    let shapes: readonly Shape[] = this.#known.map(({ shape }) => shape);
    for (const row of rows.slice(0, MOST_ROWS)) shapes = withRow(shapes, row);
    this.#known = shapes.flatMap((shape) => this.#toKnown(shape));
  }

  #toKnown(shape: Shape): KnownShape[] {
    const pattern = shape.members && rowPattern(this.#plan, shape.members);
    return pattern && pattern.source.length <= LONGEST_PATTERN ? [{ shape, ...pattern }] : [];
  }
}

/** Rows with the same members are of one shape, whatever those have in them. */
function withRow(shapes: readonly Shape[], row: RowData): readonly Shape[] {
  const shape = shapeOf(row, MAX_LEVELS);
  if (!shape) return shapes;
  for (const [index, known] of shapes.entries()) {
    const both = merged(known, shape);
    if (both) return shapes.with(index, both);
  }
  return [shape, ...shapes].slice(0, MOST_SHAPES);
}

/** Enough of a long answer to learn from, in bytes. */
const SAMPLE_BYTES = 32 * 1024;
/** Where a row may end, since objects in lists of rows look the same from outside. */
const MOST_ENDS = 20;

/** The first rows of a long answer; none where they are not easily told apart. */
export function firstRows(bytes: Buffer): readonly RowData[] {
  const text = bytes.toString('utf8', 0, SAMPLE_BYTES);
  let end = text.length;
  for (let count = 0; count < MOST_ENDS && end > 0; count += 1) {
    end = text.lastIndexOf('},{', end - 1);
    const rows = end > 0 ? parseJson(`${text.slice(0, end + 1)}]`) : undefined;
    if (Array.isArray(rows)) return rows.every(isObject) ? rows : [];
  }
  return [];
}

/** For a row at its `lastIndex`. */
export const regExpOf = (source: string): RegExp => patterns.getOrMake(source, () => new RegExp(source, 'y'));
