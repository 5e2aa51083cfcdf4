import { isUtf8 } from 'node:buffer';
import type { PlainData } from '../../graph/subschema.ts';
import { BoundedCache } from '../../kit/cache.ts';
import { isObject } from '../../kit/json.ts';
import { plainDataIn } from './answer.ts';

/** Longer answers are read byte by byte, which takes no longer then. */
const LONGEST_ANSWER = 64 * 1024;
/** Longer patterns take more memory than they are worth, and so do those of more documents of one tenant. */
const LONGEST_PATTERN = 8_000;
const MAX_DOCUMENTS = 100;
const MAX_CHARS = 300_000;
/** Answers to one document that are learned from. Where that is not enough, they differ too much. */
const MOST_LEARNED = 8;

/** What one tenant's answers look like, by document. Holds names and kinds of members, and no value. */
export function createAnswerShapes(): (document: string) => AnswerShape {
  const shapes = new BoundedCache<string, AnswerShape>({
    name: 'shapes of answers',
    maxEntries: MAX_DOCUMENTS,
    maxWeight: MAX_CHARS,
    weigh: ({ length }) => length,
  });
  return (document) => shapes.getOrMake(document, () => new AnswerShape());
}

const DATA = '{"data":';
const NO_DIAGNOSES = ',"extensions":{"diagnoses":[]}';

interface Known {
  /** Of a whole answer. */
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

/**
 * Knows the answers to one document by those before. They differ in their values and in how many rows they have, so one pattern
 * takes all of them: where it matches, every byte was checked, in a third of the time of reading them one by one. What does not
 * match is read in that way, and learned from.
 */
export class AnswerShape {
  #shape: Shape | undefined;
  #known: Known | undefined;
  #isAsked = false;
  #learned = 0;

  /** As `plainDataIn` of `answer.ts` finds it. */
  plainDataIn(bytes: Buffer): PlainData | undefined {
    if (bytes.length > LONGEST_ANSWER || this.#learned > MOST_LEARNED) return plainDataIn(bytes);
    const known = this.#known && findBy(this.#known, bytes);
    if (known) return known;
    const found = plainDataIn(bytes);
    // Most documents that are asked once are never asked again.
    if (found && this.#isAsked) this.#learn(bytes, found);
    this.#isAsked = true;
    return found;
  }

  #learn(bytes: Buffer, { start, end }: PlainData): void {
    const shape = shapeOf(JSON.parse(bytes.toString('utf8', start - 1, end + 1)), MAX_LEVELS);
    this.#shape = this.#shape ? merged(this.#shape, shape) : shape;
    this.#known = this.#shape?.members && toKnown(this.#shape.members);
    this.#learned = this.#known ? this.#learned + 1 : Number.POSITIVE_INFINITY;
  }
}

/** @param members of the data */
function toKnown(members: ReadonlyMap<string, Shape>): Known | undefined {
  const pattern = `^${escaped(DATA)}${objectPattern(members)}(?:${escaped(NO_DIAGNOSES)})?\\}$`;
  return pattern.length > LONGEST_PATTERN ? undefined : { pattern: new RegExp(pattern), names: [...members.keys()] };
}

function findBy({ pattern, names }: Known, bytes: Buffer): PlainData | undefined {
  const text = bytes.toString('latin1');
  if (!pattern.test(text) || !isUtf8(bytes)) return undefined;
  const hasDiagnoses = text.endsWith(`${NO_DIAGNOSES}}`);
  const end = bytes.length - '}}'.length - (hasDiagnoses ? NO_DIAGNOSES.length : 0);
  return { start: DATA.length + 1, end, names, hasDiagnoses };
}

/** What values at one place of an answer are; each of them may be null instead. */
interface Shape {
  readonly isText: boolean;
  readonly isNumber: boolean;
  readonly isTruth: boolean;
  /** Of objects, in their order. */
  readonly members: ReadonlyMap<string, Shape> | undefined;
  /** Of lists. */
  readonly elements: Shape | undefined;
}

const NOTHING: Shape = { isText: false, isNumber: false, isTruth: false, members: undefined, elements: undefined };

/** Answers are deeper only where somebody's own JSON is in them. */
const MAX_LEVELS = 40;
/** Of members in GraphQL. Others are somebody's own JSON, and not the same in the next answer. */
const NAME = /^[A-Za-z_]\w*$/;

/** Undefined where no pattern is made of it. */
function shapeOf(value: unknown, levels: number): Shape | undefined {
  if (value === null) return NOTHING;
  if (typeof value === 'string') return { ...NOTHING, isText: true };
  if (typeof value === 'number') return { ...NOTHING, isNumber: true };
  if (typeof value === 'boolean') return { ...NOTHING, isTruth: true };
  if (levels === 0) return undefined;
  if (Array.isArray(value)) {
    const start: Shape | undefined = NOTHING;
    const elements = value.reduce<Shape | undefined>(
      (all, each) => all && merged(all, shapeOf(each, levels - 1)),
      start,
    );
    return elements && { ...NOTHING, elements };
  }
  const members = new Map<string, Shape>();
  for (const [name, each] of Object.entries(isObject(value) ? value : {})) {
    const shape = shapeOf(each, levels - 1);
    if (!shape || !NAME.test(name)) return undefined;
    members.set(name, shape);
  }
  return { ...NOTHING, members };
}

/** What is of one shape or the other. Undefined where objects at one place have different members. */
function merged(one: Shape, other: Shape | undefined): Shape | undefined {
  if (!other || one === NOTHING) return other;
  if (other === NOTHING) return one;
  const members = either(one.members, other.members, mergedMembers);
  const elements = either(one.elements, other.elements, merged);
  const isApart = (!members && (one.members ?? other.members)) || (!elements && (one.elements ?? other.elements));
  if (isApart) return undefined;
  return {
    isText: one.isText || other.isText,
    isNumber: one.isNumber || other.isNumber,
    isTruth: one.isTruth || other.isTruth,
    members,
    elements,
  };
}

const either = <Part>(
  one: Part | undefined,
  other: Part | undefined,
  join: (one: Part, other: Part) => Part | undefined,
): Part | undefined => (one && other ? join(one, other) : (one ?? other));

function mergedMembers(
  one: ReadonlyMap<string, Shape>,
  other: ReadonlyMap<string, Shape>,
): ReadonlyMap<string, Shape> | undefined {
  if ([...one.keys()].join() !== [...other.keys()].join()) return undefined;
  const members = new Map<string, Shape>();
  for (const [name, shape] of one) {
    const both = merged(shape, other.get(name));
    if (!both) return undefined;
    members.set(name, both);
  }
  return members;
}

// RFC 8259, without blanks. What may stand at one place begins with different bytes, so nothing is read twice.

const TEXT = String.raw`"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const TRUTH = 'true|false';

function patternOf({ isText, isNumber, isTruth, members, elements }: Shape): string {
  const kinds = [
    ...(isText ? [TEXT] : []),
    ...(isNumber ? [NUMBER] : []),
    ...(isTruth ? [TRUTH] : []),
    ...(members ? [objectPattern(members)] : []),
    // Behind an element there is a comma and another one, or the end.
    ...(elements ? [String.raw`\[(?:${patternOf(elements)}(?:,(?!\])|(?=\])))*\]`] : []),
  ];
  return `(?:${(kinds.length > 0 ? kinds : [TEXT, NUMBER, TRUTH]).join('|')}|null)`;
}

const objectPattern = (members: ReadonlyMap<string, Shape>): string =>
  `\\{${[...members].map(([name, shape]) => `"${name}":${patternOf(shape)}`).join(',')}\\}`;

const escaped = (text: string): string => text.replace(/[{}[\]]/g, '\\$&');
