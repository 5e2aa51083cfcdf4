// Longer than most, and one list: what a stranger may send, by kind.
import fc from 'fast-check';

/** Of a request body, as `limits.bodyBytes` is built in. */
export const BODY_BYTES = 1024 * 1024;
/** Somewhat fewer than `limits.tokens` as it is built in, for what stands around them. */
const TOKENS = 4_900;
/** Somewhat fewer than `limits.values` as it is built in. */
const VALUES = 19_900;
const ALIASES = 100;

export interface Attack {
  readonly kind: string;
  /** What it is made of, in words. */
  readonly name: string;
  readonly body: string;
}

/** What is drawn for each attack. */
interface Draw {
  /** Letters that names are made of. */
  readonly word: string;
  /** Characters that texts are made of: what is redacted, escaped, encoded or read in some way. */
  readonly text: string;
  /** From 0 to 1. */
  readonly share: number;
  /** A whole number, for one of several wrappings. */
  readonly turn: number;
}

const draws: fc.Arbitrary<Draw> = fc.record({
  word: fc.constantFrom('a', 'a_', 'A9', '_', '__', 'customer', 'sopOrder', 'Sage200', 'xtremMasterData_'),
  text: fc.oneof(
    fc.constantFrom('a', 'a-', 'a.', 'a.a-', 'a://', 'eyJ-', 'eyJa.', 'Bearer ', '%27', '1', '1.', 'x:1000 ', '::'),
    fc.constantFrom("'", '"', '\\', '\n', '\r', '\u0000', '\u202e', 'Ü', '😀', '\ud800', '{', '[', '(', '#', '&$top='),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  ),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  turn: fc.nat({ max: 1_000_000 }),
});

type Shape = readonly [name: string, make: (draw: Draw) => string];

const fill = (piece: string, length: number): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, Math.max(1, length));
const many = (count: number, make: (index: number) => string, between = ' '): string =>
  Array.from({ length: Math.floor(count) }, (_, index) => make(index)).join(between);
const deep = (levels: number, open: string, inside: string, close: string): string =>
  open.repeat(levels) + inside + close.repeat(levels);
/** A name of its own, so long. */
const nameOf = (word: string, length: number, index: number): string => `${fill(word, length)}_${index}`;
const base64 = (text: string): string => Buffer.from(text).toString('base64url');
const pick = <Item>(items: readonly Item[], { turn }: Draw): Item => items[turn % items.length] as Item;

const request = (query: string, variables?: object): string => JSON.stringify({ query, variables });

/** As long as a body may be: `make` is asked for less until what it makes is not too long. */
function atLimit(make: (length: number) => string): string {
  for (let length = BODY_BYTES; ; ) {
    const body = make(length);
    const bytes = Buffer.byteLength(body);
    if (bytes <= BODY_BYTES) return body;
    length = Math.floor(Math.min((length * BODY_BYTES) / bytes, length - (bytes - BODY_BYTES) / 8)) - 1;
  }
}

/** A document as long as a body may be. */
const longDocument = (make: (length: number) => string): string => atLimit((length) => request(make(length)));

const customers = (inside: string): string => `{ sage200 { customers${inside} } }`;
const inList = (argument: string): string => customers(`(${argument}) { nodes { id } }`);
const inTenant = (argument: string): string => `{ xtremMasterData { customer { query(${argument}) { totalCount } } } }`;
const TENANT = 'xtremMasterData { customer { query(first: 1) { totalCount } } }';
const FILTERED = 'query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 1) { nodes { id } } } }';
const FILTERED_BESIDE = `query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 1) { nodes { id } } } ${TENANT} }`;
const TENANT_FILTERED =
  'query ($f: String) { xtremMasterData { customer { query(filter: $f, first: 1) { totalCount } } } }';
const FILTERS = [FILTERED, FILTERED_BESIDE, TENANT_FILTERED];

/** Places where a name can stand. */
const NAMED: readonly (readonly [name: string, document: (name: string) => string])[] = [
  ['root field', (name) => `{ ${name} }`],
  ['field', (name) => customers(`{ nodes { ${name} } }`)],
  ['field of the tenant', (name) => `{ xtremMasterData { ${name} } }`],
  ['field under a tenant field', (name) => `{ xtremMasterData { customer { query { edges { node { ${name} } } } } } }`],
  ['type condition', (name) => `{ ... on ${name} { a } }`],
  ['spread', (name) => `{ ...${name} }`],
  ['fragment', (name) => `{ __typename } fragment ${name} on Query { __typename }`],
  ['operation', (name) => `query ${name} { __typename }`],
  ['type of a variable', (name) => `query ($v: ${name}) { __typename }`],
  ['argument', (name) => inList(`${name}: 1`)],
  ['argument of the tenant', (name) => inTenant(`${name}: 1`)],
  ['variable', (name) => inList(`first: $${name}`)],
  ['directive', (name) => `{ __typename @${name} }`],
  ['field of a literal', (name) => inList(`filter: { ${name}: { eq: 1 } }`)],
  ['enumeration value', (name) => inList(`orderBy: [{ name: ${name} }]`)],
  ['enumeration value of the tenant', (name) => inTenant(`orderBy: ${name}`)],
  ['alias', (name) => `{ ${name}: __typename }`],
  ['alias of a field that fails', (name) => `{ sage200 { ${name}: customers(first: 0) { nodes { id } } } }`],
  ['alias of a tenant field', (name) => `{ ${name}: ${TENANT} }`],
];

const LONG_NAMES: readonly Shape[] = NAMED.map(([name, document]) => [
  `a name of a megabyte: ${name}`,
  ({ word }) => longDocument((length) => document(nameOf(word, length, 0))),
]);

const literal = (open: string, inside: string, close: string): Shape[1] => {
  return (draw) => {
    const levels = Math.ceil(draw.share * (TOKENS / 2 / (open.length > 1 ? 2 : 1)));
    const value = deep(levels, open, inside, close);
    return request(pick([inList(`first: ${value}`), inList(`filter: ${value}`), inTenant(`filter: ${value}`)], draw));
  };
};

const DEEP_VALUES: readonly Shape[] = [
  ['list literals', literal('[', '', ']')],
  ['list literals around a number', literal('[', '1', ']')],
  ['object literals', literal('{not:', '{}', '}')],
  ['a megabyte of brackets', (draw) => longDocument((length) => inList(`first: ${fill(pick(['[', '{a:'], draw), length)}`))],
  ['a megabyte of braces', ({ word }) => longDocument((length) => fill(`{${word} `, length))],
  ['a default value', (draw) => request(`query ($f: Int = ${deep(draw.share * 2_400, '[', '', ']')}) { __typename }`)],
  ['a type', ({ share }) => request(`query ($f: ${deep(share * 2_400, '[', 'Int!', ']')}) { __typename }`)],
  ['a directive', ({ share }) => request(`{ __typename @include(if: ${deep(share * 2_400, '[', '', ']')}) }`)],
  ['inline fragments', ({ share }) => request(deep(share * 1_600, '{ ... ', '{ __typename }', '}'))],
  ['fields', ({ word, share }) => request(`{ sage200 ${deep(share * 2_400, `{ ${word} `, '', '}')} }`)],
  ...['[', '{"or":[', '{"not":', '{"x":'].map((open): Shape => [
    `a variable made of ${open}`,
    (draw) =>
      atLimit((length) => {
        const close = [...open].reverse().map((sign) => ({ '[': ']', '{': '}' })[sign] ?? '').join('');
        const value = deep(Math.floor(length / (open.length + close.length)), open, '1', close);
        return `{"query":${JSON.stringify(pick(FILTERS, draw))},"variables":{"f":${value}}}`;
      }),
  ]),
  [
    'a variable as deep as allowed, and wide',
    (draw) => {
      const inside = { or: Array.from({ length: VALUES }, () => ({ name: { eq: draw.text } })) };
      let f: object = inside;
      for (let level = 0; level < 9; level += 1) f = { and: [f] };
      return request(pick(FILTERS, draw), { f });
    },
  ],
];

/** So many wrong members of a variable, as long as a body may be. */
const wrongVariable = (draw: Draw, count: number, make: (index: number, length: number) => readonly [string, unknown]) =>
  atLimit((length) => {
    const each = Math.floor(length / count) - 8;
    const f = Object.fromEntries(Array.from({ length: count }, (_, index) => make(index, each)));
    return request(pick(FILTERS, draw), { f });
  });

/** A document with so many names, as long as a body may be. */
const manyNames = (count: number, document: (names: string) => string, make: (name: string) => string = (name) => name): Shape[1] => {
  return ({ word, share }) =>
    longDocument((length) => {
      const most = Math.floor(length / count) - 8;
      // Short ones too: with those, names that are perhaps meant are looked for.
      const each = share < 0.5 ? Math.min(most, 12) : most;
      return document(many(count, (index) => make(nameOf(word, each, index))));
    });
};

const WRONG_FIELDS: readonly Shape[] = [
  ['unknown fields of a variable', (draw) => wrongVariable(draw, VALUES, (index, length) => [nameOf(draw.word, length, index), 1])],
  ['unknown fields of a variable, more than may be', (draw) => wrongVariable(draw, 80_000, (index) => [`x${index}`, 1])],
  [
    'wrong values in a variable',
    (draw) => request(pick(FILTERS, draw), { f: { or: Array.from({ length: VALUES }, () => ({ name: { eq: 1 } })) } }),
  ],
  [
    'wrong names in a variable',
    (draw) => request(pick(FILTERS, draw), { f: { or: Array.from({ length: VALUES }, () => ({ nmae: draw.text })) } }),
  ],
  ['wrong members of a list', (draw) => request(pick(FILTERS, draw), { f: { name: { in: Array(VALUES).fill({}) } } })],
  ['undeclared variables', ({ word }) => request('{ __typename }', Object.fromEntries(Array.from({ length: VALUES }, (_, index) => [nameOf(word, 20, index), index])))],
  ['unknown fields', manyNames(TOKENS, (names) => customers(`{ nodes { ${names} } }`))],
  ['unknown fields of the tenant', manyNames(TOKENS, (names) => `{ xtremMasterData { ${names} } }`)],
  ['unknown fields on both sides', manyNames(TOKENS / 2, (names) => `{ sage200 { ${names} } xtremMasterData { ${names} } }`)],
  ['unknown arguments', manyNames(TOKENS / 3, inList, (name) => `${name}: 1`)],
  ['unknown arguments of the tenant', manyNames(TOKENS / 3, inTenant, (name) => `${name}: 1`)],
  ['unknown fields of a literal', manyNames(TOKENS / 3, (names) => inList(`filter: { ${names} }`), (name) => `${name}: 1`)],
  ['unknown enumeration values', manyNames(TOKENS / 5, (names) => inList(`orderBy: [${names}]`), (name) => `{ name: ${name} }`)],
  ['unknown directives', manyNames(TOKENS / 2, (names) => `{ __typename ${names} }`, (name) => `@${name}`)],
  ['unknown types', manyNames(TOKENS / 6, (names) => `{ ${names} }`, (name) => `... on ${name} { a }`)],
  ['unknown types of variables', manyNames(TOKENS / 4, (names) => `query (${names}) { __typename }`, (name) => `$${name}: ${name}`)],
  ['unknown fragments', manyNames(TOKENS / 2, (names) => `{ ${names} }`, (name) => `...${name}`)],
  ['unknown variables', manyNames(TOKENS / 2, (names) => inList(`filter: { or: [${names}] }`), (name) => `$${name}`)],
];

const ONE = '{ sage200 { customer(id: $id) { id name } } }';
/** Places where an id can stand, as `$id`. */
const IDS: readonly string[] = [
  `query ($id: ID!) ${ONE}`,
  'query ($id: ID!) { node(id: $id) { id } }',
  'query ($id: ID!) { nodes(ids: [$id]) { id } }',
  'query ($id: ID!) { sage200 { customers(filter: { id: { eq: $id } }) { nodes { id } } } }',
  'query ($id: ID!) { sage200 { sopOrders(filter: { or: [{ customerId: { ne: $id } }] }) { nodes { id } } } }',
  'query ($id: ID!) { sage200 { customers(first: 200) { nodes { sopOrders(filter: { customerId: { eq: $id } }) { nodes { id } } } } } }',
  'mutation ($id: ID!) { sage200 { deleteCustomer(id: $id) { deletedId } } }',
  'mutation ($id: ID!) { sage200 { createSopOrder(input: { customerId: $id }) { sopOrder { id } } } }',
  'query ($id: ID!) { gateway { me { id } } node(id: $id) { ... on Sage200Customer { sopOrders { nodes { id } } } } }',
  'query ($id: String) { sage200(site: $id, company: 1) { customers { nodes { id } } } }',
];
const withId = (draw: Draw, id: (length: number) => string): string =>
  atLimit((length) => request(pick(IDS, draw), { id: id(length) }));

const HUGE_IDS: readonly Shape[] = [
  ['text', (draw) => withId(draw, (length) => fill(draw.text, length))],
  ['digits', (draw) => withId(draw, (length) => fill('1', length))],
  ['base64', (draw) => withId(draw, (length) => base64(fill(draw.text, length * 0.7)))],
  ['a key of a megabyte', (draw) => withId(draw, (length) => base64(['s2', 'site', '1', 'Sage200Customer', fill(draw.text, length * 0.7)].join('\n')))],
  ['a megabyte of lines', (draw) => withId(draw, (length) => base64(fill('s2\n', length * 0.7)))],
  ['a literal', ({ text }) => longDocument((length) => `{ node(id: ${JSON.stringify(fill(text, length).toWellFormed())}) { id } }`)],
  ['a number literal', () => longDocument((length) => `{ sage200 { customer(id: ${fill('9', length)}) { id } } }`)],
  [
    'many of them',
    (draw) =>
      atLimit((length) =>
        request('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
          ids: Array.from({ length: VALUES }, (_, index) => `${fill(draw.text, length / VALUES - 12)}${index}`),
        }),
      ),
  ],
  [
    'many in a filter',
    (draw) =>
      request('query ($ids: [ID!]!) { sage200 { customers(filter: { id: { in: $ids } }) { nodes { id } } } }', {
        ids: Array.from({ length: VALUES }, (_, index) => (draw.share < 0.5 ? String(index + 1) : `${draw.text}${index}`)),
      }),
  ],
  ['aliases of them', (draw) => longDocument((length) => `{ sage200 { ${many(ALIASES, (index) => `a${index}: customer(id: "${fill(draw.word, length / ALIASES - 40)}${index}") { id }`)} } }`)],
];

/** Lists under aliases that are as long as there is room for. */
const aliases = (count: number, document: (fields: string) => string, field: string): Shape[1] => {
  return ({ word, share }) =>
    longDocument((length) => {
      const each = share < 0.5 ? Math.floor(length / count) - field.length - 20 : 8;
      return document(many(count, (index) => `${nameOf(word, each, index)}: ${field}`));
    });
};

const LIST_ALIASES: readonly Shape[] = [
  ['lists', aliases(ALIASES, (fields) => `{ sage200 { ${fields} } }`, 'customers(first: 5000) { nodes { id name balance } }')],
  ['different lists', ({ share }) => request(`{ sage200 { ${many(ALIASES, (index) => `a${index}: customers(first: ${index + 1 + Math.floor(share * 100)}) { nodes { id name } }`)} } }`)],
  ['lists with their rows', aliases(ALIASES, (fields) => `{ sage200 { ${fields} } }`, 'sopOrders(first: 5000) { nodes { id customer { name currency { symbol } } } }')],
  ['lists that fail', aliases(ALIASES, (fields) => `{ sage200 { ${fields} } }`, 'customers(first: 0) { nodes { id } }')],
  ['lists under each row', aliases(ALIASES, (fields) => customers(`(first: 200) { nodes { ${fields} } }`), 'sopOrders(first: 5) { nodes { id } }')],
  ['fields of each row', aliases(ALIASES, (fields) => customers(`(first: 200) { nodes { ${fields} } }`), 'name')],
  ['root fields', aliases(30, (fields) => `{ ${fields} }`, 'sage200 { customers { nodes { id } } suppliers { nodes { id } } }')],
  ['root fields of the tenant', aliases(30, (fields) => `{ ${fields} }`, TENANT)],
  ['lists of the tenant', aliases(ALIASES, (fields) => `{ xtremMasterData { customer { ${fields} } } }`, 'query(first: 50) { edges { node { _id id name } } }')],
  ['fields of each row of the tenant', aliases(ALIASES, (fields) => `{ xtremMasterData { customer { query(first: 50) { edges { node { ${fields} } } } } } }`, 'name')],
  ['more than may be', aliases(1_200, (fields) => `{ sage200 { ${fields} } }`, '__typename')],
  ['through fragments', () => request(`{ sage200 { ...f0 } } ${many(12, (index) => `fragment f${index} on Sage200 { a${index}: customers { totalCount } ...f${index + 1} ...f${index + 1} }`)} fragment f12 on Sage200 { customers { totalCount } }`)],
];

/** Places where a text for the tenant can stand, as `$t`. */
const TEXTS: readonly string[] = ['filter: $t', 'orderBy: $t', 'after: $t', 'before: $t'].map(
  (argument) => `query ($t: String) { xtremMasterData { customer { query(first: 1, ${argument}) { totalCount } } } }`,
);
const textLiteral = (text: string, length: number): string => JSON.stringify(fill(text, length).toWellFormed());

const TENANT_TEXTS: readonly Shape[] = [
  ['variable', (draw) => atLimit((length) => request(pick(TEXTS, draw), { t: fill(draw.text, length) }))],
  ['variable that looks like a filter', (draw) => atLimit((length) => request(pick(TEXTS, draw), { t: deep(Math.floor(length / 8), '{_or:[', '', ']}') }))],
  ['in place of a number', ({ text }) => longDocument((length) => inTenant(`first: ${textLiteral(text, length)}`))],
  ['in place of a filter', ({ text }) => longDocument((length) => inTenant(`filter: ${textLiteral(text, length)}`))],
  ['in place of an order', ({ text }) => longDocument((length) => inTenant(`orderBy: ${textLiteral(text, length)}`))],
  ['block text', ({ text }) => longDocument((length) => inTenant(`filter: """${fill(text.replaceAll('"', "'"), length)}"""`))],
  ['block text of lines', ({ word }) => longDocument((length) => inTenant(`filter: """${fill(`${word}\n  `, length)}"""`))],
  ['escapes', () => longDocument((length) => inTenant(`filter: "${fill('\\u0041', Math.floor(length / 6) * 6)}"`))],
  ['a number in place of a text', () => longDocument((length) => inTenant(`filter: ${fill('1', length)}`))],
  ['a number with places', () => longDocument((length) => inTenant(`first: 1.${fill('1', length)}`))],
  ['comment', ({ text }) => longDocument((length) => `#${fill(text.replaceAll(/[\r\n]/g, ' '), length)}\n${inTenant('first: 1')}`)],
  ['line breaks', (draw) => longDocument((length) => `${fill(pick(['\n', '\r', '\r\n', ',', ' ', '\ufeff'], draw), length)}${inTenant('frist: 1')}`)],
  ['no document', ({ text }) => longDocument((length) => fill(text, length))],
  ['unclosed text', ({ text }) => longDocument((length) => `{ a(b: "${fill(text.replaceAll(/["\\\r\n]/g, ' '), length)}`)],
];

const forged = (draw: Draw, parts: readonly string[]): string => request(pick(IDS, draw), { id: base64(parts.join('\n')) });
const withCursor = (draw: Draw, cursor: (length: number) => string): string =>
  atLimit((length) =>
    request(
      pick(
        [
          'query ($c: String) { sage200 { customers(first: 5, after: $c) { nodes { id } } } }',
          'query ($c: String) { sage200 { customers(last: 5, before: $c, orderBy: [{ name: ASC }]) { nodes { id } } } }',
          'query ($c: String) { sage200 { customers(first: 5) { nodes { sopOrders(first: 2, after: $c) { nodes { id } } } } } }',
        ],
        draw,
      ),
      { c: cursor(length) },
    ),
  );

const FORGED: readonly Shape[] = [
  ['an id with OData for its key', (draw) => forged(draw, ['s2', 'site', '1', 'Sage200Customer', `0 or id gt 0${draw.text}`])],
  ['an id of lines', (draw) => withId(draw, (length) => base64(fill(`${draw.text}\n`, length * 0.2)))],
  ['an id of another version', (draw) => forged(draw, [draw.word, draw.text, '1', 'Sage200Customer', '1'])],
  ['an id of a type that is long', (draw) => withId(draw, (length) => base64(`s2\nsite\n1\n${fill(draw.word, length * 0.7)}\n1`))],
  ['an id of a company that is long', (draw) => withId(draw, (length) => base64(`s2\n${fill(draw.word, length * 0.7)}\n1\nSage200Customer\n1`))],
  ['a cursor that is long', (draw) => withCursor(draw, (length) => fill(draw.text, length))],
  ['a cursor of nested lists', (draw) => withCursor(draw, (length) => base64(deep(Math.floor(length * 0.36), '[', '', ']')))],
  ['a cursor of many values', (draw) => withCursor(draw, (length) => base64(`["${draw.word}",[${fill('1,', Math.floor(length * 0.36) * 2)}1]]`))],
  ['a cursor of a long text', (draw) => withCursor(draw, (length) => base64(JSON.stringify([draw.word, [fill(draw.text, length * 0.12)]])))],
  ['a cursor of unclosed text', (draw) => withCursor(draw, (length) => base64(`["${fill(draw.word, length * 0.7)}`))],
];

const DEEP_JSON: readonly Shape[] = [
  ['lists', () => atLimit((length) => deep(Math.floor(length / 2), '[', '', ']'))],
  ['open lists', () => atLimit((length) => fill('[', length))],
  ['objects', ({ word }) => atLimit((length) => deep(Math.floor(length / (word.length + 5)), `{"${word}":`, '1', '}'))],
  ['extensions', (draw) => atLimit((length) => `{"query":"{ __typename }","extensions":{"x":${deep(Math.floor(length / 2), '[', '', ']')}}}`)],
  ['extensions as deep as may be', () => atLimit((length) => `{"query":"{ __typename }","extensions":{"x":[${many(length / 810, () => deep(400, '[', '', ']'), ',')}]}}`)],
  ['a document that is a list', () => atLimit((length) => `{"query":${deep(Math.floor(length / 2), '[', '', ']')}}`)],
  ['variables that are a list', () => atLimit((length) => `{"query":"{ __typename }","variables":[${many(length / 2, () => '1', ',')}]}`)],
  ['a batch', () => atLimit((length) => `[${many(length / 26, () => '{"query":"{ __typename }"}', ',')}]`)],
  ['members of one name', ({ word }) => atLimit((length) => `{"query":"{ __typename }",${many(length / (word.length + 5), () => `"${word}":1`, ',')}}`)],
  ['many members', ({ word }) => atLimit((length) => `{"query":"{ __typename }","extensions":{${many(length / (word.length + 12), (index) => `"${word}${index}":1`, ',')}}}`)],
  ['a prototype', () => atLimit((length) => `{"__proto__":{"query":"{ a }"},"constructor":{"prototype":${deep(200, '{"__proto__":', '1', '}')}},"query":"{ __typename }","x":"${fill('x', length - 3_000)}"}`)],
  ['a number', () => atLimit((length) => `{"query":"{ __typename }","variables":{"a":${fill('1', length)}}}`)],
  ['an operation name', ({ text }) => atLimit((length) => JSON.stringify({ query: 'query a { __typename }', operationName: fill(text, length) }))],
  ['blanks', () => atLimit((length) => `${fill(' \t\r\n', length)}{"query":"{ __typename }"}`)],
  ['text that is no JSON', ({ text }) => atLimit((length) => fill(text, length / 4))],
];

const MANY_ERRORS: readonly Shape[] = [
  ['ids that are none', (draw) => request('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: Array.from({ length: VALUES }, (_, index) => `${draw.word}${index}`) })],
  ['rows that fail', ({ word }) => request(customers(`(first: 200) { nodes { ${many(ALIASES, (index) => `${word}${index}: sopOrders(first: ${-index}) { nodes { id } }`)} } }`))],
  ['long aliases of rows that fail', aliases(ALIASES, (fields) => customers(`(first: 200) { nodes { ${fields} } }`), 'sopOrders(first: 0) { nodes { id } }')],
  ['tenant fields that fail', ({ text }) => longDocument((length) => `{ xtremMasterData { customer { ${many(ALIASES, (index) => `a${index}: query(filter: ${textLiteral(text, length / ALIASES - 40)}) { totalCount }`)} } } }`)],
  ['tenant fields that fail under long aliases', aliases(ALIASES, (fields) => `{ xtremMasterData { customer { ${fields} } } }`, 'query(filter: "nothing") { totalCount }')],
  ['arguments that are missing', ({ word }) => request(`{ sage200 { ${many(ALIASES, (index) => `${word}${index}: customer { id }`)} } }`)],
  ['operations of one name', ({ word }) => request(many(TOKENS / 5, () => `query ${word} { nothing }`))],
  ['fragments of one name', ({ word }) => request(`{ ...${word} } ${many(TOKENS / 7, () => `fragment ${word} on Query { nothing }`)}`)],
  ['operations over fragments', ({ share }) => request(`${many(400 * share + 100, (index) => `query q${index} { ...f0 }`)} ${many(150, (index) => `fragment f${index} on Query { ...f${index + 1} }`)} fragment f150 on Query { sage200(site: $a) { id } }`)],
  ['variables nobody uses', manyNames(TOKENS / 4, (names) => `query (${names}) { __typename }`, (name) => `$${name}: Int`)],
  ['variables of one name', ({ word }) => request(`query (${many(TOKENS / 4, () => `$${word}: Int`)}) { __typename }`)],
  ['one argument again and again', () => request(inList(many(TOKENS / 3, () => 'first: 1')))],
  ['one field of a literal again and again', () => request(inList(`filter: { ${many(TOKENS / 5, () => 'name: {}')} }`))],
  ['leaves with selections', () => request(customers(`{ nodes { ${many(TOKENS / 6, () => 'name { a }')} } }`))],
  ['lists without selections', () => request(`{ sage200 { ${many(TOKENS, () => 'customers')} } }`)],
  ['writes that fail', ({ text }) => longDocument((length) => `mutation { sage200 { ${many(ALIASES, (index) => `a${index}: createCustomer(input: { reference: ${textLiteral(text, length / ALIASES / 2 - 80)}, name: ${textLiteral(text, length / ALIASES / 2 - 80)} }) { userErrors { message } }`)} } }`)],
];

const SAME_FIELDS: readonly Shape[] = [
  ['one leaf', ({ share }) => request(customers(`{ nodes { ${many(TOKENS * (share + 1) / 2, () => 'id')} } }`))],
  ['one leaf at the root', ({ share }) => request(`{ ${many(TOKENS * (share + 1) / 2, () => '__typename')} }`)],
  ['one object', ({ share }) => request(`{ ${many(TOKENS / 4, () => 'sage200 { __typename }')} ${share < 0.5 ? TENANT : ''} }`)],
  ['one list', () => request(`{ sage200 { ${many(TOKENS / 7, () => 'customers { nodes { id } }')} } }`)],
  ['one list with other arguments', () => request(`{ sage200 { ${many(TOKENS / 9, (index) => `customers(first: ${index}) { totalCount }`)} } }`)],
  ['one tenant field', () => request(`{ ${many(TOKENS / 10, () => 'xtremMasterData { customer { query { totalCount } } }')} }`)],
  ['one tenant field with other arguments', () => request(`{ xtremMasterData { customer { ${many(TOKENS / 9, (index) => `query(first: ${index}) { totalCount }`)} } } }`)],
  ['one alias for two fields', () => request(customers(`{ nodes { ${many(49, (index) => `a: name a: id x${index}: id`)} } }`))],
  ['inline fragments', () => request(customers(`{ nodes { ${many(TOKENS / 7, () => '... on Sage200Customer { id name }')} } }`))],
  ['fragments that all spread all', ({ share }) => {
    const count = Math.floor(20 + share * 40);
    const spreads = many(count, (index) => `...f${index}`);
    return request(`{ sage200 { customers { nodes { ${spreads} } } } } ${many(count, (index) => `fragment f${index} on Sage200Customer { id ${many(count - index - 1, (other) => `...f${index + 1 + other}`)} }`)}`);
  }],
  ['fragments that spread the next', ({ share }) => {
    const count = Math.floor(100 + share * 300);
    return request(`${many(count, (index) => `fragment f${index} on Sage200Customer { name ...f${index + 1} }`)} fragment f${count} on Sage200Customer { id } { sage200 { customers { nodes { ${many(count, (index) => `...f${index}`)} } } } }`);
  }],
  ['fragments that spread in a circle', ({ share }) => {
    const count = Math.floor(10 + share * 500);
    return request(`{ ...f0 } ${many(count, (index) => `fragment f${index} on Query { __typename ...f${(index + 1) % count} }`)}`);
  }],
  ['fragments that double', ({ share }) => {
    const count = Math.floor(10 + share * 200);
    return request(`{ ...f0 } ${many(count, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)} fragment f${count} on Query { __typename }`);
  }],
  ['fragments nobody spreads', () => request(`{ __typename } ${many(TOKENS / 7, (index) => `fragment f${index} on Query { __typename }`)}`)],
  ['nested pairs', () => request(`{ sage200 { customers { nodes ${deep(11, '{ sopOrders { nodes { id customer ', '{ id }', ' id } } }')} } } }`)],
  ['fields of introspection', () => request(`{ __schema { types ${deep(5, '{ fields { type ', '{ name }', '} }')} } ${many(600, () => '__schema { types { name } }')} }`)],
];

const KINDS: Readonly<Record<string, readonly Shape[]>> = {
  'long names': LONG_NAMES,
  'deep values': DEEP_VALUES,
  'wrong fields': WRONG_FIELDS,
  'huge ids': HUGE_IDS,
  'aliases of lists': LIST_ALIASES,
  'long text for the tenant': TENANT_TEXTS,
  'forged ids and cursors': FORGED,
  'deep JSON': DEEP_JSON,
  'many errors': MANY_ERRORS,
  'the same fields': SAME_FIELDS,
};

export interface AttackOptions {
  /** The same number, the same attacks. */
  readonly seed: number;
  readonly eachKind: number;
}

/** Attacks of every kind, each as large as a request may be in one way or another; made one by one, since together they are large. */
export function* makeAttacks({ seed, eachKind }: AttackOptions): Generator<Attack> {
  for (const [kind, shapes] of Object.entries(KINDS)) {
    const drawn = fc.sample(draws, { seed, numRuns: eachKind });
    // Of more shapes than attacks, another seed takes others.
    const from = Math.abs(seed) % shapes.length;
    for (const [index, draw] of drawn.entries()) {
      const [name, make] = shapes[(from + index) % shapes.length] as Shape;
      yield { kind, name, body: make(draw) };
    }
  }
}
