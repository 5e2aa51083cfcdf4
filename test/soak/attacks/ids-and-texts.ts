import {
  ALIASES,
  atLimit,
  base64,
  type Draw,
  deep,
  fill,
  inTenant,
  longDocument,
  many,
  pick,
  request,
  type Shape,
  textLiteral,
  VALUES,
} from './parts.ts';

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

export const HUGE_IDS: readonly Shape[] = [
  ['text', (draw) => withId(draw, (length) => fill(draw.text, length))],
  ['digits', (draw) => withId(draw, (length) => fill('1', length))],
  ['base64', (draw) => withId(draw, (length) => base64(fill(draw.text, length * 0.7)))],
  [
    'a key of a megabyte',
    (draw) =>
      withId(draw, (length) =>
        base64(['s2', 'site', '1', 'Sage200Customer', fill(draw.text, length * 0.7)].join('\n')),
      ),
  ],
  ['a megabyte of lines', (draw) => withId(draw, (length) => base64(fill('s2\n', length * 0.7)))],
  [
    'a literal',
    ({ text }) => longDocument((length) => `{ node(id: ${JSON.stringify(fill(text, length).toWellFormed())}) { id } }`),
  ],
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
        ids: Array.from({ length: VALUES }, (_, index) =>
          draw.share < 0.5 ? String(index + 1) : `${draw.text}${index}`,
        ),
      }),
  ],
  [
    'aliases of them',
    (draw) =>
      longDocument(
        (length) =>
          `{ sage200 { ${many(ALIASES, (index) => `a${index}: customer(id: "${fill(draw.word, length / ALIASES - 40)}${index}") { id }`)} } }`,
      ),
  ],
];

/** Places where a text for the tenant can stand, as `$t`. */
const TEXTS: readonly string[] = ['filter: $t', 'orderBy: $t', 'after: $t', 'before: $t'].map(
  (argument) => `query ($t: String) { xtremMasterData { customer { query(first: 1, ${argument}) { totalCount } } } }`,
);

export const TENANT_TEXTS: readonly Shape[] = [
  ['variable', (draw) => atLimit((length) => request(pick(TEXTS, draw), { t: fill(draw.text, length) }))],
  [
    'variable that looks like a filter',
    (draw) => atLimit((length) => request(pick(TEXTS, draw), { t: deep(Math.floor(length / 8), '{_or:[', '', ']}') })),
  ],
  ['in place of a number', ({ text }) => longDocument((length) => inTenant(`first: ${textLiteral(text, length)}`))],
  ['in place of a filter', ({ text }) => longDocument((length) => inTenant(`filter: ${textLiteral(text, length)}`))],
  ['in place of an order', ({ text }) => longDocument((length) => inTenant(`orderBy: ${textLiteral(text, length)}`))],
  [
    'block text',
    ({ text }) => longDocument((length) => inTenant(`filter: """${fill(text.replaceAll('"', "'"), length)}"""`)),
  ],
  [
    'block text of lines',
    ({ word }) => longDocument((length) => inTenant(`filter: """${fill(`${word}\n  `, length)}"""`)),
  ],
  ['escapes', () => longDocument((length) => inTenant(`filter: "${fill('\\u0041', Math.floor(length / 6) * 6)}"`))],
  ['a number in place of a text', () => longDocument((length) => inTenant(`filter: ${fill('1', length)}`))],
  ['a number with places', () => longDocument((length) => inTenant(`first: 1.${fill('1', length)}`))],
  [
    'comment',
    ({ text }) =>
      longDocument((length) => `#${fill(text.replaceAll(/[\r\n]/g, ' '), length)}\n${inTenant('first: 1')}`),
  ],
  [
    'line breaks',
    (draw) =>
      longDocument(
        (length) => `${fill(pick(['\n', '\r', '\r\n', ',', ' ', '\ufeff'], draw), length)}${inTenant('frist: 1')}`,
      ),
  ],
  ['no document', ({ text }) => longDocument((length) => fill(text, length))],
  [
    'unclosed text',
    ({ text }) => longDocument((length) => `{ a(b: "${fill(text.replaceAll(/["\\\r\n]/g, ' '), length)}`),
  ],
];

const forged = (draw: Draw, parts: readonly string[]): string =>
  request(pick(IDS, draw), { id: base64(parts.join('\n')) });
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

export const FORGED: readonly Shape[] = [
  [
    'an id with OData for its key',
    (draw) => forged(draw, ['s2', 'site', '1', 'Sage200Customer', `0 or id gt 0${draw.text}`]),
  ],
  ['an id of lines', (draw) => withId(draw, (length) => base64(fill(`${draw.text}\n`, length * 0.2)))],
  ['an id of another version', (draw) => forged(draw, [draw.word, draw.text, '1', 'Sage200Customer', '1'])],
  [
    'an id of a type that is long',
    (draw) => withId(draw, (length) => base64(`s2\nsite\n1\n${fill(draw.word, length * 0.7)}\n1`)),
  ],
  [
    'an id of a company that is long',
    (draw) => withId(draw, (length) => base64(`s2\n${fill(draw.word, length * 0.7)}\n1\nSage200Customer\n1`)),
  ],
  ['a cursor that is long', (draw) => withCursor(draw, (length) => fill(draw.text, length))],
  [
    'a cursor of nested lists',
    (draw) => withCursor(draw, (length) => base64(deep(Math.floor(length * 0.36), '[', '', ']'))),
  ],
  [
    'a cursor of many values',
    (draw) => withCursor(draw, (length) => base64(`["${draw.word}",[${fill('1,', Math.floor(length * 0.36) * 2)}1]]`)),
  ],
  [
    'a cursor of a long text',
    (draw) => withCursor(draw, (length) => base64(JSON.stringify([draw.word, [fill(draw.text, length * 0.12)]]))),
  ],
  ['a cursor of unclosed text', (draw) => withCursor(draw, (length) => base64(`["${fill(draw.word, length * 0.7)}`))],
];
