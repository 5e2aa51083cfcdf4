/**
 * The shape of JSON at one place, without its values: a value with neither members nor elements. Members or elements that were
 * seen are optional: such a plain value may come instead.
 */
export interface Shape {
  /** For objects, in order. */
  readonly members: Members | undefined;
  /** For lists. */
  readonly elements: Shape | undefined;
}

export type Members = ReadonlyMap<string, Shape>;

const VALUE: Shape = { members: undefined, elements: undefined };

/** Names that are the same in the next answer. Others are part of somebody's own JSON. */
const NAME = /^[A-Za-z_]\w*$/;

/** Undefined if no pattern can be made: deeper than `levels`, or with unusual names. */
export function shapeOf(value: unknown, levels: number): Shape | undefined {
  if (typeof value !== 'object' || value === null) return VALUE;
  if (levels === 0) return undefined;
  if (Array.isArray(value)) {
    let elements: Shape | undefined = VALUE;
    for (const each of value) elements = elements && merged(elements, shapeOf(each, levels - 1));
    return elements && { ...VALUE, elements };
  }
  const members = new Map<string, Shape>();
  for (const [name, each] of Object.entries(value)) {
    const shape = shapeOf(each, levels - 1);
    if (!shape || !NAME.test(name)) return undefined;
    members.set(name, shape);
  }
  return { ...VALUE, members };
}

/** The shape that covers both. Undefined if objects at one place have different members. */
export function merged(one: Shape, other: Shape | undefined): Shape | undefined {
  if (!other || one === VALUE) return other;
  if (other === VALUE) return one;
  const members = either(one.members, other.members, mergedMembers);
  const elements = either(one.elements, other.elements, merged);
  const isApart = (!members && (one.members ?? other.members)) || (!elements && (one.elements ?? other.elements));
  return isApart ? undefined : { members, elements };
}

const either = <Part>(
  one: Part | undefined,
  other: Part | undefined,
  join: (one: Part, other: Part) => Part | undefined,
): Part | undefined => (one && other ? join(one, other) : (one ?? other));

function mergedMembers(one: Members, other: Members): Members | undefined {
  if ([...one.keys()].join() !== [...other.keys()].join()) return undefined;
  const members = new Map<string, Shape>();
  for (const [name, shape] of one) {
    const both = merged(shape, other.get(name));
    if (!both) return undefined;
    members.set(name, both);
  }
  return members;
}

// Patterns are sources of regular expressions, for JSON of RFC 8259 without blanks, in UTF-8 read as `latin1`. The alternatives
// at each position begin with different characters, so no text is read twice. V8 stores a backtracking position for each escape
// in a text: a limit on escapes keeps its stack from overflowing.

/** The content of a text. @param escaped pattern of what may follow a backslash */
export const textPattern = (escaped: string): string =>
  String.raw`[^"\\\x00-\x1f]*(?:\\${escaped}[^"\\\x00-\x1f]*){0,1000}`;

const TEXT = `"${textPattern(String.raw`(?:["\\/bfnrt]|u[0-9a-fA-F]{4})`)}"`;
const NUMBER = String.raw`-?(?!0\d)\d+(?:\.\d+)?(?:[eE][+-]?\d+)?`;
const VALUE_PATTERN = `${TEXT}|${NUMBER}|true|false|null`;

/** Matches exactly the JSON of that shape, and to its end: every character is checked. */
export function patternOf({ members, elements }: Shape): string {
  const object = members ? `|${objectPattern(members, patternOf)}` : '';
  // An element is followed by a comma and another one, or the end.
  const list = elements ? String.raw`|\[(?:${patternOf(elements)}(?:,(?!\])|(?=\])))*\]` : '';
  return `(?:${VALUE_PATTERN}${object}${list})`;
}

/** @param valuePattern of each member's value */
export const objectPattern = (members: Members, valuePattern: (shape: Shape, name: string) => string): string =>
  `\\{${[...members].map(([name, shape]) => `"${name}":${valuePattern(shape, name)}${VALUE_END}`).join(',')}\\}`;

/**
 * What follows a member's value. It is not needed for correctness, but with a lookahead V8 generates the code for the rest
 * of the pattern once, and not for each way to here: a third of the code, in a quarter of the time.
 */
export const VALUE_END = '(?=[,}])';
