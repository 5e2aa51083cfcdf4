import { badRequest } from '../api-error.ts';

export type Literal =
  | { readonly kind: 'string'; readonly value: string }
  /** Text as written: an id may be too large for a double. */
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** Epoch ms, UTC. */
  | { readonly kind: 'date'; readonly value: number }
  | { readonly kind: 'null' };

export type CompareOperator = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
export type MatchFunction = 'contains' | 'startswith' | 'endswith';

export type Filter =
  | { readonly op: 'and' | 'or'; readonly terms: readonly Filter[] }
  | { readonly op: 'compare'; readonly field: string; readonly operator: CompareOperator; readonly value: Literal }
  | {
      readonly op: 'match';
      readonly fn: MatchFunction;
      readonly field: string;
      readonly text: string;
      readonly negated: boolean;
    };

interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'date' | 'sign';
  readonly text: string;
}

const OPERATORS: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le']);
const FUNCTIONS: ReadonlySet<string> = new Set(['contains', 'startswith', 'endswith']);
/** No sensible filter nests deeper, and the parser is recursive. */
const MAX_DEPTH = 100;

const TOKEN =
  /\s*(?:(?<string>'(?:[^']|'')*')|(?<date>\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?)|(?<number>-?\d+(?:\.\d+)?)|(?<word>[A-Za-z_][\w./]*)|(?<sign>[(),]))/y;

/**
 * Reads the `$filter` grammar that Sage 200 documents: comparisons, `and`, `or`, parentheses and three text functions.
 * Other features of OData (`in`, `not`, arithmetic, paths) are refused. Source: Sage 200 API guide, query parameters.
 */
export function parseFilter(text: string): Filter {
  const tokens = tokenize(text);
  let position = 0;
  const peek = () => tokens[position];
  const take = (): Token => {
    const token = tokens[position++];
    if (!token) throw badRequest('The $filter ends too early.');
    return token;
  };
  const expectSign = (sign: string) => {
    const token = take();
    if (token.kind !== 'sign' || token.text !== sign) throw badRequest(`'${sign}' expected before '${token.text}'.`);
  };
  const isWord = (word: string) => peek()?.kind === 'word' && peek()?.text === word;

  const parseChain = (word: 'and' | 'or', parseTerm: (depth: number) => Filter, depth: number): Filter => {
    const first = parseTerm(depth);
    if (!isWord(word)) return first;
    const terms = [first];
    while (isWord(word)) {
      position++;
      terms.push(parseTerm(depth));
    }
    return { op: word, terms };
  };
  const parseOr = (depth: number): Filter => parseChain('or', parseAnd, depth);
  const parseAnd = (depth: number): Filter => parseChain('and', parseTerm, depth);

  const parseTerm = (depth: number): Filter => {
    if (depth > MAX_DEPTH) throw badRequest('The $filter is nested too deeply.');
    const token = take();
    if (token.kind === 'sign' && token.text === '(') {
      const inner = parseOr(depth + 1);
      expectSign(')');
      return inner;
    }
    if (token.kind !== 'word') throw badRequest(`A field name is expected in place of '${token.text}' in $filter.`);
    const next = peek();
    if (next?.kind === 'sign' && next.text === '(') return parseMatch(token.text);
    return parseCompare(token.text);
  };

  const parseCompare = (field: string): Filter => {
    const operator = take().text;
    if (!OPERATORS.has(operator)) throw badRequest(`'${operator}' is not an operator that $filter supports.`);
    return { op: 'compare', field: fieldName(field), operator: operator as CompareOperator, value: toLiteral(take()) };
  };

  const parseMatch = (name: string): Filter => {
    if (!FUNCTIONS.has(name)) throw badRequest(`'${name}' is not a function that $filter supports.`);
    expectSign('(');
    const field = take();
    if (field.kind !== 'word') throw badRequest(`A field name is expected as first argument of '${name}'.`);
    expectSign(',');
    const argument = toLiteral(take());
    if (argument.kind !== 'string') throw badRequest(`A text in quotes is expected as second argument of '${name}'.`);
    expectSign(')');
    const negated = parseTruth();
    return { op: 'match', fn: name as MatchFunction, field: fieldName(field.text), text: argument.value, negated };
  };

  /** `... eq false` is how a function is negated. */
  const parseTruth = (): boolean => {
    if (!isWord('eq')) return false;
    position++;
    const value = toLiteral(take());
    if (value.kind !== 'boolean') throw badRequest('A function can only be compared with true or false.');
    return !value.value;
  };

  const filter = parseOr(0);
  const rest = peek();
  if (rest) throw badRequest(`'${rest.text}' was not expected in $filter.`);
  return filter;
}

/** How many comparisons and functions a filter has. */
export function countTerms(filter: Filter): number {
  return 'terms' in filter ? filter.terms.reduce((sum, term) => sum + countTerms(term), 0) : 1;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const start = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    const found = groups && Object.entries(groups).find(([, value]) => value !== undefined);
    if (!found) throw badRequest(`The $filter cannot be read from '${text.slice(start, start + 20)}' on.`);
    const [kind, value] = found;
    tokens.push({ kind: kind as Token['kind'], text: value ?? '' });
  }
  if (tokens.length === 0) throw badRequest('The $filter is empty.');
  return tokens;
}

function fieldName(text: string): string {
  if (/[./]/.test(text)) throw badRequest(`'${text}': fields of expanded children cannot be used in $filter.`);
  return text;
}

function toLiteral(token: Token): Literal {
  if (token.kind === 'string') return { kind: 'string', value: token.text.slice(1, -1).replaceAll("''", "'") };
  if (token.kind === 'number') return { kind: 'number', value: token.text };
  if (token.kind === 'date') return { kind: 'date', value: parseDate(token.text) };
  if (token.text === 'true' || token.text === 'false') return { kind: 'boolean', value: token.text === 'true' };
  if (token.text === 'null') return { kind: 'null' };
  throw badRequest(`'${token.text}' is not a value that $filter supports.`);
}

/** Finer than a millisecond: the database may hold more than it shows. */
function parseInstant(text: string): number {
  const [seconds = '', fraction = ''] = text.slice(0, -1).split('.');
  return Date.parse(`${seconds}Z`) + Number(fraction.padEnd(7, '0')) / 10_000;
}

/** A bare date is midnight; with a time it must be UTC and end in `Z`. */
function parseDate(text: string): number {
  const isInstant = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,7})?Z$/.test(text);
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const value = isDay ? Date.parse(text) : isInstant ? parseInstant(text) : Number.NaN;
  if (Number.isNaN(value)) throw badRequest(`'${text}' is not a date or a UTC time with 'Z' at its end.`);
  return value;
}
