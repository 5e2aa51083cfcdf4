import { type Choices, createChoices, numberOf } from './operations/choices.ts';

/** A number or text whose JSON is written this way and no other: Node has it, its types do not yet. */
const rawJson = (JSON as unknown as { readonly rawJSON: (text: string) => unknown }).rawJSON;

const GONE = Symbol('gone');

/** What a value may turn into: all that JSON can say and a careful server would not. */
const ODD_VALUES: readonly ((value: unknown, choices: Choices) => unknown)[] = [
  ...Array.from({ length: 12 }, () => (_: unknown, choices: Choices) => rawJson(numberText(choices))),
  ...Array.from({ length: 8 }, () => (_: unknown, choices: Choices) => rawJson(stringText(choices))),
  () => GONE,
  () => null,
  () => '',
  (value) => String(value),
  (value) => Number(value) || 7,
  () => rawJson('12345678901234567890.123'),
  () => rawJson('9007199254740993'),
  () => rawJson('1.50'),
  () => rawJson('1e21'),
  () => rawJson('-1.5E-7'),
  () => rawJson('-0'),
  () => 2_147_483_648,
  () => 1.5,
  () => 0,
  () => true,
  () => 'true',
  () => 'yes',
  () => ({}),
  () => ({ id: 5 }),
  () => [],
  () => [1, 'two', null],
  () => 'He said "no" \\ and\n\tleft\u0000\u001f\u007f\u2028',
  () => 'Größe 日本 😀 é',
  () => '\ud800 alone, \udc00 too',
  () => rawJson('"\\u0041\\/\\b\\u00e9\\ud83d\\ude00"'),
  () => '</script>__proto__',
  () => 'x'.repeat(3_000),
  () => '2026-03-31T00:00:00+01:00',
  () => '2026-13-45',
  () => 'NotAMember',
];

/** A number in any of the ways in which JSON may write it. */
function numberText(choices: Choices): string {
  const digits = (most: number) => Array.from({ length: 1 + choices.below(most) }, () => choices.below(10)).join('');
  const whole = choices.percent(30) ? '0' : digits(choices.one([3, 15, 16, 17, 25])).replace(/^0+(?=.)/, '');
  const fraction = choices.percent(50) ? `.${digits(choices.one([2, 8, 20]))}${choices.one(['', '0', '00'])}` : '';
  const exponent = choices.percent(20) ? choices.one(['e1', 'E+2', 'e-3', 'e-7', 'e21', 'e0', 'e400', 'E-400']) : '';
  return `${choices.percent(25) ? '-' : ''}${whole}${fraction}${exponent}`;
}

const LETTERS: readonly string[] = [
  ...['a', 'B', '7', ' ', '.', '-', '/', '<', 'é', 'ß', '日', '😀', '\u007f', '\u00a0', '\u2028', '\ufeff', '\u0301'],
  ...[
    '\\"',
    '\\\\',
    '\\/',
    '\\b',
    '\\f',
    '\\n',
    '\\r',
    '\\t',
    '\\u0000',
    '\\u001f',
    '\\u0041',
    '\\u00E9',
    '\\uD83D\\uDE00',
  ],
  ...['\\ud800', '\\udc00', '\\u2028'],
];

/** A text in any of the ways in which JSON may write it. */
const stringText = (choices: Choices): string =>
  `"${Array.from({ length: choices.below(choices.one([3, 12, 40])) }, () => choices.one(LETTERS)).join('')}"`;

/** What a row may turn into. */
const ODD_ROWS: readonly ((row: unknown) => unknown)[] = [
  () => null,
  () => 5,
  () => 'a row',
  () => [],
  () => ({}),
  () => GONE,
  (row) => [row],
];

/** What a whole answer may turn into. */
const ODD_BODIES: readonly ((body: unknown) => unknown)[] = [
  () => null,
  () => [],
  () => ({}),
  () => 'nothing',
  () => 12,
  (body) => [body],
  (body) => (Array.isArray(body) ? body[0] : { count: body }),
  (body) => (Array.isArray(body) ? [...body, ...body.slice(0, 1)] : String(body)),
];

type Members = Readonly<Record<string, unknown>>;

const ERROR = { message: 'No, see https://inner.example/x.', locations: [{ line: 1, column: 3 }] };
const DIAGNOSIS = { severity: 3, path: ['x'], message: 'Look at http://inner.example/y' };

/** What the answer of a GraphQL server may turn into. */
const ODD_ANSWERS: readonly ((answer: Members, choices: Choices) => unknown)[] = [
  (answer, choices) => ({ errors: [{ ...ERROR, path: pathIn(answer['data'], choices) }], ...answer }),
  (answer) => ({
    ...answer,
    errors: [{ ...ERROR, extensions: { code: 'MINE', http: { status: 418 }, diagnoses: [DIAGNOSIS] } }],
  }),
  (answer) => ({
    ...answer,
    errors: [ERROR, ERROR, { message: 'far', locations: [{ line: 99, column: 1 }], path: [] }],
  }),
  (answer, choices) => ({
    ...answer,
    errors: choices.one<unknown>([[], null, {}, 'x', [null], ['x'], [{}], [{ message: 5, path: 'x' }]]),
  }),
  (answer) => ({ ...answer, data: null, errors: [ERROR] }),
  (answer) => ({ ...answer, data: null }),
  ({ data: _, ...answer }) => ({ ...answer, errors: [ERROR] }),
  ({ data: _, ...answer }) => answer,
  (answer, choices) => ({ ...answer, data: choices.one<unknown>([[], {}, 'x', 5, { other: 1 }, [answer['data']]]) }),
  ({ data, extensions }) => ({ extensions, data }),
  ({ data }) => ({ data }),
  ({ data }) => ({ data, extensions: null }),
  ({ data }) => ({ data, extensions: {} }),
  ({ data }) => ({ data, extensions: { diagnoses: [DIAGNOSIS, 'x', null] } }),
  ({ data }) => ({ data, extensions: { diagnoses: null } }),
  ({ data }) => ({ data, extensions: { diagnoses: {}, http: { status: 500, headers: { 'x-odd': '1' } }, more: [1] } }),
  ({ data }) => ({ data, extensions: { http: { status: 500 }, plan: 'theirs' } }),
  (answer) => ({ first: 1, ...answer, hasNext: false, label: '"data":{}' }),
  (answer) => ({ ...answer, data: { __typename: 'Query', ...Object(answer['data']), extra: '"},"errors":[{' } }),
  (answer) => ({ ...answer, data: Object.fromEntries(Object.entries(Object(answer['data'])).toReversed()) }),
  (answer) => ({ ...answer, data: Object.fromEntries(Object.entries(Object(answer['data'])).slice(1)) }),
];

/** A path that is there, or begins to be. */
function pathIn(data: unknown, choices: Choices): (string | number)[] {
  const path: (string | number)[] = [];
  for (let value = data; typeof value === 'object' && value !== null && !choices.percent(20); ) {
    const [name, member] = choices.one(Object.entries(value).length > 0 ? Object.entries(value) : [['nothing', 1]]);
    path.push(Array.isArray(value) ? Number(name) : String(name));
    value = member;
  }
  return path;
}

/** How odd rows are. The same number makes the same value of the same row odd, in whichever answer it comes. */
export interface Oddness {
  readonly seed: number;
  /** Of a thousand values. */
  readonly values: number;
  /** Of a thousand rows. */
  readonly rows: number;
  /** Of a hundred answers. */
  readonly bodies: number;
  /** Of a hundred answers, whose bytes are no longer those of good JSON, or are it in an unusual way. */
  readonly bytes: number;
}

/** What stands in an answer in place of one of its letters, or beside it. */
const ODD_BYTES: readonly (string | Buffer)[] = [
  ...[
    '"',
    '\\',
    ',',
    ':',
    '{',
    '}',
    '[',
    ']',
    ' ',
    '\n',
    '\t',
    '\r\n',
    '0',
    '1',
    '-',
    '+',
    '.',
    'e5',
    'E',
    '\0',
    '\x1f',
    'é',
    '\u2028',
  ],
  ...['\\u12', '\\x', '\\/', '\\u0022', '\\ud800', '//', '/**/', 'NaN', 'null', 'tru', "'", '\u00a0', '\ufeff', ''],
  ...[[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98, 0x80]].map((bytes) => Buffer.from(bytes)),
];

/** The bytes of an answer, made odd. What is not JSON stays as it is. */
export function oddBytes(text: string, address: string, oddness: Oddness): Buffer {
  const written = oddText(text, address, oddness);
  const choices = createChoices(numberOf(`${oddness.seed} bytes ${address}`));
  if (!choices.percent(oddness.bytes)) return Buffer.from(written);
  return choices.weighted([
    [6, () => oddAt(written, choices)],
    [1, () => Buffer.from(withMemberTwice(written, choices))],
    [1, () => Buffer.from(written.slice(0, choices.below(written.length + 1)))],
    [1, () => Buffer.from(`${written}${choices.one([',', ']', '}', ' null', '\0', '\n\n', written])}`)],
    [0.5, () => Buffer.from(`\ufeff${written}`)],
  ])();
}

function oddAt(text: string, choices: Choices): Buffer {
  // Where one token ends and the next begins is where readers go wrong.
  const edges = [...text.matchAll(/["\\,:{}[\]]|\d|true|null/g)].map(({ index }) => index);
  const at = choices.percent(70) && edges.length > 0 ? choices.one(edges) : choices.below(text.length + 1);
  const left = at + choices.below(2);
  const odd = Buffer.from(choices.one(ODD_BYTES));
  return Buffer.concat([Buffer.from(text.slice(0, at)), odd, Buffer.from(text.slice(left))]);
}

/** One member of one object comes a second time, with another value. */
function withMemberTwice(text: string, choices: Choices): string {
  const members = [...text.matchAll(/"[^"\\]*":/g)];
  if (members.length === 0) return text;
  const { index, 0: name } = choices.one(members);
  return `${text.slice(0, index)}${name}${choices.one(['"twice"', '7', 'null', '{}', '[]'])},${text.slice(index)}`;
}

function oddText(text: string, address: string, oddness: Oddness): string {
  const body = parse(text);
  if (body === undefined) return text;
  const choices = createChoices(numberOf(`${oddness.seed} ${address}`));
  const whole = oddBody(body, oddness, choices);
  const written = JSON.stringify(whole, undefined, choices.percent(15) ? 2 : 0);
  return choices.percent(5) ? `\r\n\t ${written}\n` : written;
}

function oddBody(body: unknown, oddness: Oddness, choices: Choices): unknown {
  // There is one such answer where there would be many of Sage 200.
  if (isObject(body) && 'data' in body && choices.percent(oddness.bodies * 5))
    return choices.one(ODD_ANSWERS)(body, choices);
  return choices.percent(oddness.bodies) ? choices.one(ODD_BODIES)(body) : oddValue(body, 'body', oddness);
}

function oddValue(value: unknown, place: string, oddness: Oddness): unknown {
  if (Array.isArray(value)) {
    return value
      .map((item: unknown, index) => {
        const at = nameOf(item) ?? `${place}[${index}]`;
        const choices = createChoices(numberOf(`${oddness.seed} row ${at}`));
        const isOdd = isObject(item) && choices.below(1_000) < oddness.rows;
        return isOdd ? choices.one(ODD_ROWS)(item) : oddValue(item, at, oddness);
      })
      .filter((item) => item !== GONE);
  }
  if (!isObject(value)) return value;
  const row = nameOf(value) ?? place;
  const entries = Object.entries(value).map(([name, member]): [string, unknown] => {
    const choices = createChoices(numberOf(`${oddness.seed} ${row} ${name}`));
    if (choices.below(1_000) >= oddness.values) return [name, oddValue(member, `${row}.${name}`, oddness)];
    return [name, choices.one(ODD_VALUES)(member, choices)];
  });
  return Object.fromEntries(entries.filter(([, member]) => member !== GONE));
}

const nameOf = (value: unknown): string | undefined =>
  isObject(value) && 'id' in value ? `#${String(value['id'])}` : undefined;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
