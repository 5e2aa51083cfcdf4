import { isUtf8 } from 'node:buffer';
import type { PlainData } from '../../graph/subschema.ts';
import { BoundedCache } from '../../kit/cache.ts';
import { type Members, merged, objectPattern, patternOf, type Shape, shapeOf } from '../../kit/json-shape.ts';
import { plainDataIn } from './answer.ts';

/** Longer answers are read byte by byte, which is just as fast for them. */
const LONGEST_ANSWER = 64 * 1024;
/** Limits for patterns: longer ones, or more documents for one tenant, are not worth their memory. */
const LONGEST_PATTERN = 16_000;
const MAX_DOCUMENTS = 100;
const MAX_CHARS = 300_000;
/** Number of answers to one document that patterns are learned from. If that is not enough, the answers differ too much. */
const MOST_LEARNED = 8;

/** The shape of one tenant's answers, by document. Contains names of members, but no values. */
export function createAnswerShapes(): (document: string) => AnswerShape {
  const shapes = new BoundedCache<string, AnswerShape>({
    name: 'shapes of answers',
    maxEntries: MAX_DOCUMENTS,
    maxWeight: MAX_CHARS,
    weigh: ({ length }) => length,
  });
  return (document) => shapes.getOrMake(document, () => new AnswerShape());
}

/** Answers are nested more deeply only if they contain custom JSON. */
const MAX_LEVELS = 40;

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

  /** The same as `plainDataIn` in `answer.ts`. */
  plainDataIn(bytes: Buffer): PlainData | undefined {
    if (bytes.length > LONGEST_ANSWER || this.#learned > MOST_LEARNED) return plainDataIn(bytes);
    const known = this.#known && findBy(this.#known, bytes);
    if (known) return known;
    const found = plainDataIn(bytes);
    // Most documents that are used once are never used again.
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
function toKnown(members: Members): Known | undefined {
  const pattern = `^${escaped(DATA)}${objectPattern(members, patternOf)}(?:${escaped(NO_DIAGNOSES)})?\\}$`;
  return pattern.length > LONGEST_PATTERN ? undefined : { pattern: new RegExp(pattern), names: [...members.keys()] };
}

function findBy({ pattern, names }: Known, bytes: Buffer): PlainData | undefined {
  const text = bytes.toString('latin1');
  if (!pattern.test(text) || !isUtf8(bytes)) return undefined;
  const hasDiagnoses = text.endsWith(`${NO_DIAGNOSES}}`);
  const end = bytes.length - '}}'.length - (hasDiagnoses ? NO_DIAGNOSES.length : 0);
  return { start: DATA.length + 1, end, names, hasDiagnoses };
}

const escaped = (text: string): string => text.replace(/[{}[\]]/g, '\\$&');
