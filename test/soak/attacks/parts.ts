import fc from 'fast-check';

/** Of a request body, as `limits.bodyBytes` is built in. */
export const BODY_BYTES = 1024 * 1024;
/** Somewhat fewer than `limits.tokens` as it is built in, for what stands around them. */
export const TOKENS = 4_900;
/** Somewhat fewer than `limits.values` as it is built in. */
export const VALUES = 19_900;
export const ALIASES = 100;

export interface Attack {
  readonly kind: string;
  /** What it is made of, in words. */
  readonly name: string;
  readonly body: string;
}

/** What is drawn for each attack. */
export interface Draw {
  /** Letters that names are made of. */
  readonly word: string;
  /** Characters that texts are made of: what is redacted, escaped, encoded or read in some way. */
  readonly text: string;
  /** From 0 to 1. */
  readonly share: number;
  /** A whole number, for one of several wrappings. */
  readonly turn: number;
}

export const draws: fc.Arbitrary<Draw> = fc.record({
  word: fc.constantFrom('a', 'a_', 'A9', '_', '__', 'customer', 'sopOrder', 'Sage200', 'xtremMasterData_'),
  text: fc.oneof(
    fc.constantFrom('a', 'a-', 'a.', 'a.a-', 'a://', 'eyJ-', 'eyJa.', 'Bearer ', '%27', '1', '1.', 'x:1000 ', '::'),
    fc.constantFrom("'", '"', '\\', '\n', '\r', '\u0000', '\u202e', 'Ü', '😀', '\ud800', '{', '[', '(', '#', '&$top='),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  ),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  turn: fc.nat({ max: 1_000_000 }),
});

export type Shape = readonly [name: string, make: (draw: Draw) => string];

export const fill = (piece: string, length: number): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, Math.max(1, length));
export const many = (count: number, make: (index: number) => string, between = ' '): string =>
  Array.from({ length: Math.floor(count) }, (_, index) => make(index)).join(between);
export const deep = (levels: number, open: string, inside: string, close: string): string =>
  open.repeat(levels) + inside + close.repeat(levels);
/** A name of its own, so long. */
export const nameOf = (word: string, length: number, index: number): string => `${fill(word, length)}_${index}`;
export const base64 = (text: string): string => Buffer.from(text).toString('base64url');
export const pick = <Item>(items: readonly Item[], { turn }: Draw): Item => items[turn % items.length] as Item;

export const request = (query: string, variables?: object): string => JSON.stringify({ query, variables });

/** As long as a body may be: `make` is asked for less until what it makes is not too long. */
export function atLimit(make: (length: number) => string): string {
  for (let length = BODY_BYTES; ; ) {
    const body = make(length);
    const bytes = Buffer.byteLength(body);
    if (bytes <= BODY_BYTES) return body;
    length = Math.floor(Math.min((length * BODY_BYTES) / bytes, length - (bytes - BODY_BYTES) / 8)) - 1;
  }
}

/** A document as long as a body may be. */
export const longDocument = (make: (length: number) => string): string => atLimit((length) => request(make(length)));

export const customers = (inside: string): string => `{ sage200 { customers${inside} } }`;
export const inList = (argument: string): string => customers(`(${argument}) { nodes { id } }`);
export const inTenant = (argument: string): string =>
  `{ xtremMasterData { customer { query(${argument}) { totalCount } } } }`;
export const TENANT = 'xtremMasterData { customer { query(first: 1) { totalCount } } }';
const FILTERED = 'query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 1) { nodes { id } } } }';
const FILTERED_BESIDE = `query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 1) { nodes { id } } } ${TENANT} }`;
const TENANT_FILTERED =
  'query ($f: String) { xtremMasterData { customer { query(filter: $f, first: 1) { totalCount } } } }';
export const FILTERS = [FILTERED, FILTERED_BESIDE, TENANT_FILTERED];

/** A document with so many names, as long as a body may be. */
export const manyNames = (
  count: number,
  document: (names: string) => string,
  make: (name: string) => string = (name) => name,
): Shape[1] => {
  return ({ word, share }) =>
    longDocument((length) => {
      const most = Math.floor(length / count) - 8;
      // Short ones too: with those, names that are perhaps meant are looked for.
      const each = share < 0.5 ? Math.min(most, 12) : most;
      return document(many(count, (index) => make(nameOf(word, each, index))));
    });
};

/** Lists under aliases that are as long as there is room for. */
export const aliases = (count: number, document: (fields: string) => string, field: string): Shape[1] => {
  return ({ word, share }) =>
    longDocument((length) => {
      const each = share < 0.5 ? Math.floor(length / count) - field.length - 20 : 8;
      return document(many(count, (index) => `${nameOf(word, each, index)}: ${field}`));
    });
};

export const textLiteral = (text: string, length: number): string => JSON.stringify(fill(text, length).toWellFormed());
