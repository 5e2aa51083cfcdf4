import type { Kind } from './contract.ts';

export type Row = Readonly<Record<string, unknown>>;
/** Undefined is SQL's unknown: neither the condition nor its opposite holds. */
type Truth = boolean | undefined;
export type Predicate = (row: Row) => Truth;

const TOKEN = /\s*(?:('(?:[^']|'')*')|([(),])|([^\s(),']+))/y;
const FUNCTIONS = new Set(['contains', 'startswith', 'endswith']);
const OPERATORS = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);

/** Each kind's values in the one spelling that Sage documents. */
const LITERALS: Readonly<Record<Kind, RegExp>> = {
  int: /^(0|-?[1-9]\d{0,18})$/,
  dec: /^-?(0|[1-9]\d*)(\.\d+)?$/,
  text: /^'(?:[^']|'')*'$/,
  bool: /^(true|false)$/,
  date: /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,7})?Z)?$/,
  enum: /^'(?:[^']|'')*'$/,
};

/**
 * Reads a `$filter`, and says what is wrong with it by throwing.
 * @param kinds the columns that may be named
 */
export function parseFilter(text: string, kinds: ReadonlyMap<string, Kind>): Predicate {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const [, quoted, sign, word] = TOKEN.exec(text) ?? fail(`unreadable: ${text}`);
    tokens.push(quoted ?? sign ?? word ?? '');
  }
  let at = 0;
  const next = (): string => tokens[at++] ?? fail('it ends too early');
  const expect = (token: string) => next() === token || fail(`${token} is missing`);

  const parseChain = (word: string, part: () => Predicate, join: (parts: readonly Truth[]) => Truth): Predicate => {
    const parts = [part()];
    while (tokens[at] === word) {
      at += 1;
      parts.push(part());
    }
    const [only] = parts;
    return only && parts.length === 1 ? only : (row) => join(parts.map((each) => each(row)));
  };
  const parseOr = (): Predicate => parseChain('or', parseAnd, anyOf);
  const parseAnd = (): Predicate => parseChain('and', parseTerm, allOf);
  const parseTerm = (): Predicate => {
    const first = next();
    if (first === '(') {
      const inner = parseOr();
      expect(')');
      return inner;
    }
    return FUNCTIONS.has(first) ? parseMatch(first) : parseComparison(first);
  };
  const kindOf = (name: string): Kind => kinds.get(name) ?? fail(`${name} cannot be used to filter`);
  const literal = (kind: Kind, given: string, of: string): unknown => {
    if (given === 'null') return null;
    if (!LITERALS[kind].test(given)) fail(`${given} is not a canonical ${kind} for ${of}`);
    if (kind === 'text' || kind === 'enum') return given.slice(1, -1).replaceAll("''", "'");
    if (kind === 'bool') return given === 'true';
    return kind === 'date' ? toTicks(given) : Number(given);
  };
  const parseMatch = (name: string): Predicate => {
    expect('(');
    const field = next();
    if (kindOf(field) !== 'text') fail(`${name} of ${field}, which is not a text`);
    expect(',');
    const wanted = String(literal('text', next(), field)).toLowerCase();
    expect(')');
    let isTrue = true;
    if (tokens[at] === 'eq') {
      at += 1;
      isTrue = literal('bool', next(), field) === true;
    }
    return (row) => {
      const value = row[field];
      return typeof value === 'string' ? MATCH[name]?.(value.toLowerCase(), wanted) === isTrue : undefined;
    };
  };
  const parseComparison = (field: string): Predicate => {
    const kind = kindOf(field);
    const operator = next();
    if (!OPERATORS.has(operator)) fail(`${operator} is not an operator`);
    const given = next();
    const isOrder = operator !== 'eq' && operator !== 'ne';
    if (isOrder && (kind === 'bool' || kind === 'enum' || given === 'null')) fail(`${field} ${operator} ${given}`);
    const wanted = literal(kind, given, field);
    return (row) => compare(operator, row[field] ?? null, wanted);
  };

  const predicate = parseOr();
  return at < tokens.length ? fail(`${tokens[at]} was not expected`) : predicate;
}

function fail(what: string): never {
  throw new Error(`$filter: ${what}`);
}

const MATCH: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  contains: (value, wanted) => value.includes(wanted),
  startswith: (value, wanted) => value.startsWith(wanted),
  endswith: (value, wanted) => value.endsWith(wanted),
};

const allOf = (parts: readonly Truth[]): Truth =>
  parts.includes(false) ? false : parts.includes(undefined) ? undefined : true;
const anyOf = (parts: readonly Truth[]): Truth =>
  parts.includes(true) ? true : parts.includes(undefined) ? undefined : false;

function compare(operator: string, value: unknown, wanted: unknown): Truth {
  const isSame = fold(value) === fold(wanted);
  if (operator === 'eq' || operator === 'ne') return isSame === (operator === 'eq');
  if (value === null) return undefined;
  const order = orderOf(value, wanted);
  return operator === 'gt' ? order > 0 : operator === 'ge' ? order >= 0 : operator === 'lt' ? order < 0 : order <= 0;
}

const fold = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);

/** As SQL Server orders: what is empty comes first. */
export function orderOf(first: unknown, second: unknown): number {
  if (first === null || second === null) return Number(second === null) - Number(first === null);
  const [a, b] = [fold(first), fold(second)] as [string | number, string | number];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Ten-thousandths of a second: fine enough for steps of 1/300 s, and exact in a double. */
export function toTicks(moment: string): number {
  const [seconds = '', fraction = ''] = moment.replace('Z', '').split('.');
  return Date.parse(seconds.length > 10 ? `${seconds}Z` : seconds) * 10 + Number(fraction.padEnd(4, '0').slice(0, 4));
}
