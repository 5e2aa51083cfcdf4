/** Kinds of types, by their number in a packed schema. */
export const KINDS = ['SCALAR', 'OBJECT', 'INTERFACE', 'UNION', 'ENUM', 'INPUT_OBJECT'] as const;
export type Kind = (typeof KINDS)[number];

/** Instead of a text: deprecated without a reason. */
export const NO_REASON_CODE = 0xffff_ffff;

/** Wrappers of a type, two bits each, the innermost in the lowest. */
export const LIST = 1;
export const NON_NULL = 2;

/** "SGSC" on little-endian machines; with another byte order, it is not accepted. */
const MAGIC = 0x43534753;
/** Increased when the layout below changes, or what is left out or digested: older snapshots are replaced by reading the tenant again. */
const FORMAT = 3;
const HEADER = {
  magic: 0,
  format: 1,
  words: 2,
  texts: 3,
  description: 4,
  query: 5,
  mutation: 6,
  types: 7,
  directives: 8,
  notShown: 9,
};
const HEADER_WORDS = 10;

interface PackedParts {
  /** Codes of each type, in the tenant's order. */
  readonly types: readonly (readonly number[])[];
  readonly directives: readonly number[];
  readonly notShown: readonly number[];
  /** Texts, numbered from 1: 0 means none. */
  readonly texts: readonly string[];
  readonly description: number;
  /** Index of the root types. */
  readonly query: number;
  readonly mutation: number | undefined;
}

/**
 * A schema in one piece of memory, without any object: it goes from thread to thread and to the disk as it is, and types
 * are made from it one by one when somebody asks for them. Each text is in it once. 32-bit words first (header, where
 * each type begins, types, directives, what is not shown, where each text ends), texts in UTF-8 behind them.
 *
 * - type: kind, name, description, then by kind:
 *   scalar: specifiedByURL · enum: n, values of (name, description, deprecation) · union: n, types
 *   object, interface: n, interfaces, n, fields of (name, description, deprecation, type, wrappers, n, inputs)
 *   input object: 1 when exactly one of its fields is to be given, n, inputs of (name, description, deprecation, type, wrappers, default)
 *
 * A deprecation is a text, or `NO_REASON_CODE`.
 * - directives: n, of (name, description, isRepeatable, n, locations, n, inputs)
 * - what is not shown: n, coordinates such as `Query.matrix`
 */
export class PackedSchema {
  readonly bytes: Buffer;
  readonly #words: Uint32Array;
  readonly #textsAt: number;
  readonly #endsAt: number;
  /** So that equal texts are one object, however many fields use them. */
  readonly #texts: (string | undefined)[] = [];

  /** @throws TypeError if it is not a schema, incomplete, or from another release of the gateway */
  constructor(bytes: Buffer) {
    // Words can only be read in place if the memory is aligned.
    this.bytes = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
    this.#words = new Uint32Array(this.bytes.buffer, this.bytes.byteOffset, Math.floor(bytes.length / 4));
    const words = this.at(HEADER.words);
    if (this.at(HEADER.magic) !== MAGIC || this.at(HEADER.format) !== FORMAT || words > this.#words.length)
      throw new TypeError('this is not a packed schema of this release');
    this.#textsAt = words * 4;
    this.#endsAt = words - this.at(HEADER.texts);
    if (this.#textsAt + this.at(words - 1) !== bytes.length) throw new TypeError('the packed schema is incomplete');
  }

  get typeCount(): number {
    return this.at(HEADER.types);
  }

  get description(): string | undefined {
    return this.text(this.at(HEADER.description));
  }

  get query(): number {
    return this.at(HEADER.query);
  }

  get mutation(): number | undefined {
    const mutation = this.at(HEADER.mutation);
    return mutation === 0 ? undefined : mutation - 1;
  }

  /** Position of a type's codes. */
  typeAt(index: number): number {
    return this.at(HEADER_WORDS + index);
  }

  get directivesAt(): number {
    return this.at(HEADER.directives);
  }

  /** Coordinates of what is left out of the tenant's schema: see `packIntrospection`. */
  get notShown(): readonly string[] {
    const at = this.at(HEADER.notShown);
    return Array.from({ length: this.at(at) }, (_, index) => this.text(this.at(at + 1 + index)) ?? '');
  }

  at(index: number): number {
    return this.#words[index] ?? 0;
  }

  text(number: number): string | undefined {
    if (number === 0) return undefined;
    const known = this.#texts[number];
    if (known !== undefined) return known;
    const start = number === 1 ? 0 : this.at(this.#endsAt + number - 2);
    const text = this.bytes.toString('utf8', this.#textsAt + start, this.#textsAt + this.at(this.#endsAt + number - 1));
    this.#texts[number] = text;
    return text;
  }
}

export function packSchema({ types, directives, notShown, texts, description, query, mutation }: PackedParts): Buffer {
  const encoded = texts.map((text) => Buffer.from(text, 'utf8'));
  const typesWords = types.reduce((sum, codes) => sum + codes.length, 0);
  const directivesAt = HEADER_WORDS + types.length + typesWords;
  const notShownAt = directivesAt + directives.length;
  const words = notShownAt + 1 + notShown.length + texts.length;
  const textBytes = encoded.reduce((sum, text) => sum + text.length, 0);
  const packed = new Uint32Array(Math.ceil((words * 4 + textBytes) / 4));
  packed.set([MAGIC, FORMAT, words, texts.length, description, query, mutation === undefined ? 0 : mutation + 1]);
  packed.set([types.length, directivesAt, notShownAt], HEADER.types);
  let at = HEADER_WORDS + types.length;
  types.forEach((codes, index) => {
    packed[HEADER_WORDS + index] = at;
    packed.set(codes, at);
    at += codes.length;
  });
  packed.set(directives, directivesAt);
  packed.set([notShown.length, ...notShown], notShownAt);
  const bytes = Buffer.from(packed.buffer, 0, words * 4 + textBytes);
  let end = 0;
  encoded.forEach((text, index) => {
    bytes.set(text, words * 4 + end);
    end += text.length;
    packed[words - texts.length + index] = end;
  });
  return bytes;
}
