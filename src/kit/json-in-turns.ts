import { createPace } from './turns.ts';

/** Characters written in one turn of the event loop, which takes a few milliseconds. */
const MOST_IN_TURN = 512 * 1024;

/** Values in one piece; V8 is fastest with as many as possible. */
const MOST_IN_PIECE = 1_000;

/**
 * `JSON.stringify` for values of tens of megabytes: others have their turn in between. Numbers kept as written and
 * members with `toJSON` are written in the same way. The value must not change meanwhile.
 * @returns UTF-8
 */
export async function jsonInTurns(value: unknown): Promise<Buffer<ArrayBuffer>> {
  const pace = createPace(MOST_IN_TURN);
  const written: Buffer[] = [];
  let chars = '';
  const add = (text: string) => {
    chars += text;
    if (chars.length < MOST_IN_TURN) return undefined;
    const turn = pace(chars.length);
    written.push(Buffer.from(chars));
    chars = '';
    return turn;
  };
  for (const piece of piecesOf(value)) await add(piece);
  written.push(Buffer.from(chars));
  return Buffer.concat(written);
}

/** The text in pieces, each short enough to be serialised at once. */
function* piecesOf(value: unknown): Generator<string, void> {
  if (
    !isContainer(value) ||
    'toJSON' in value ||
    JSON.isRawJSON(value) ||
    valuesIn(value, MOST_IN_PIECE) <= MOST_IN_PIECE
  ) {
    yield JSON.stringify(value) ?? 'null';
    return;
  }
  const isList = Array.isArray(value);
  let before = isList ? '[' : '{';
  for (const [name, member] of isList ? value.entries() : Object.entries(value)) {
    if (!isList && member === undefined) continue;
    yield isList ? before : `${before}${JSON.stringify(name)}:`;
    yield* piecesOf(member);
    before = ',';
  }
  if (before !== ',') yield before;
  yield isList ? ']' : '}';
}

/** @returns at most one more than `most` */
function valuesIn(value: object, most: number): number {
  let count = 0;
  for (const name in value) {
    const member: unknown = value[name as keyof typeof value];
    count += isContainer(member) ? 1 + valuesIn(member, most - count) : 1;
    if (count > most) break;
  }
  return count;
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;
