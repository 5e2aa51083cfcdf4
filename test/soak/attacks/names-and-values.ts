import {
  atLimit,
  customers,
  type Draw,
  deep,
  FILTERS,
  fill,
  inList,
  inTenant,
  longDocument,
  manyNames,
  nameOf,
  pick,
  request,
  type Shape,
  TENANT,
  TOKENS,
  VALUES,
} from './parts.ts';

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
  ['alias of a field that fails', (name) => `{ sage200 { ${name}: customers(first: -1) { nodes { id } } } }`],
  ['alias of a tenant field', (name) => `{ ${name}: ${TENANT} }`],
];

export const LONG_NAMES: readonly Shape[] = NAMED.map(([name, document]) => [
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

export const DEEP_VALUES: readonly Shape[] = [
  ['list literals', literal('[', '', ']')],
  ['list literals around a number', literal('[', '1', ']')],
  ['object literals', literal('{not:', '{}', '}')],
  [
    'a megabyte of brackets',
    (draw) => longDocument((length) => inList(`first: ${fill(pick(['[', '{a:'], draw), length)}`)),
  ],
  ['a megabyte of braces', ({ word }) => longDocument((length) => fill(`{${word} `, length))],
  ['a default value', (draw) => request(`query ($f: Int = ${deep(draw.share * 2_400, '[', '', ']')}) { __typename }`)],
  ['a type', ({ share }) => request(`query ($f: ${deep(share * 2_400, '[', 'Int!', ']')}) { __typename }`)],
  ['a directive', ({ share }) => request(`{ __typename @include(if: ${deep(share * 2_400, '[', '', ']')}) }`)],
  ['inline fragments', ({ share }) => request(deep(share * 1_600, '{ ... ', '{ __typename }', '}'))],
  ['fields', ({ word, share }) => request(`{ sage200 ${deep(share * 2_400, `{ ${word} `, '', '}')} }`)],
  ...['[', '{"or":[', '{"not":', '{"x":'].map(
    (open): Shape => [
      `a variable made of ${open}`,
      (draw) =>
        atLimit((length) => {
          const close = [...open]
            .reverse()
            .map((sign) => ({ '[': ']', '{': '}' })[sign] ?? '')
            .join('');
          const value = deep(Math.floor(length / (open.length + close.length)), open, '1', close);
          return `{"query":${JSON.stringify(pick(FILTERS, draw))},"variables":{"f":${value}}}`;
        }),
    ],
  ),
  [
    'a variable as deep as allowed, and wide',
    (draw) => {
      const inside = { or: Array.from({ length: VALUES }, () => ({ name: { eq: draw.text } })) };
      let f: object = inside;
      for (let level = 0; level < 9; level += 1) f = { and: [f] };
      return request(pick(FILTERS, draw), { f });
    },
  ],
  [
    'spellings of one text',
    (draw) => request(pick(FILTERS, draw), { f: { name: { in: Array.from({ length: VALUES }, spelling) } } }),
  ],
  [
    'conditions that are negated together',
    (draw) => {
      const or = Array.from({ length: VALUES }, () => ({ name: { contains: draw.word } }));
      return request(pick(FILTERS, draw), { f: { not: { or: [{ or }, { name: { eq: draw.text } }] } } });
    },
  ],
  [
    'as many values as some callers may send elsewhere',
    (draw) => request(pick(FILTERS, draw), { f: { not: { name: { in: Array(190_000).fill('1') } } } }),
  ],
];

/** Texts that databases find equal: the digits of each number in upper and lower case. */
const spelling = (_: unknown, index: number): string =>
  index.toString(2).padStart(15, '0').replaceAll('0', 'a').replaceAll('1', 'A');

/** So many wrong members of a variable, as long as a body may be. */
const wrongVariable = (
  draw: Draw,
  count: number,
  make: (index: number, length: number) => readonly [string, unknown],
) =>
  atLimit((length) => {
    const each = Math.floor(length / count) - 8;
    const f = Object.fromEntries(Array.from({ length: count }, (_, index) => make(index, each)));
    return request(pick(FILTERS, draw), { f });
  });

export const WRONG_FIELDS: readonly Shape[] = [
  [
    'unknown fields of a variable',
    (draw) => wrongVariable(draw, VALUES, (index, length) => [nameOf(draw.word, length, index), 1]),
  ],
  [
    'unknown fields of a variable, more than may be',
    (draw) => wrongVariable(draw, 80_000, (index) => [`x${index}`, 1]),
  ],
  [
    'wrong values in a variable',
    (draw) => request(pick(FILTERS, draw), { f: { or: Array.from({ length: VALUES }, () => ({ name: { eq: 1 } })) } }),
  ],
  [
    'wrong names in a variable',
    (draw) => request(pick(FILTERS, draw), { f: { or: Array.from({ length: VALUES }, () => ({ nmae: draw.text })) } }),
  ],
  ['wrong members of a list', (draw) => request(pick(FILTERS, draw), { f: { name: { in: Array(VALUES).fill({}) } } })],
  [
    'undeclared variables',
    ({ word }) =>
      request(
        '{ __typename }',
        Object.fromEntries(Array.from({ length: VALUES }, (_, index) => [nameOf(word, 20, index), index])),
      ),
  ],
  ['unknown fields', manyNames(TOKENS, (names) => customers(`{ nodes { ${names} } }`))],
  ['unknown fields of the tenant', manyNames(TOKENS, (names) => `{ xtremMasterData { ${names} } }`)],
  [
    'unknown fields on both sides',
    manyNames(TOKENS / 2, (names) => `{ sage200 { ${names} } xtremMasterData { ${names} } }`),
  ],
  ['unknown arguments', manyNames(TOKENS / 3, inList, (name) => `${name}: 1`)],
  ['unknown arguments of the tenant', manyNames(TOKENS / 3, inTenant, (name) => `${name}: 1`)],
  [
    'unknown fields of a literal',
    manyNames(
      TOKENS / 3,
      (names) => inList(`filter: { ${names} }`),
      (name) => `${name}: 1`,
    ),
  ],
  [
    'unknown enumeration values',
    manyNames(
      TOKENS / 5,
      (names) => inList(`orderBy: [${names}]`),
      (name) => `{ name: ${name} }`,
    ),
  ],
  [
    'unknown directives',
    manyNames(
      TOKENS / 2,
      (names) => `{ __typename ${names} }`,
      (name) => `@${name}`,
    ),
  ],
  [
    'unknown types',
    manyNames(
      TOKENS / 6,
      (names) => `{ ${names} }`,
      (name) => `... on ${name} { a }`,
    ),
  ],
  [
    'unknown types of variables',
    manyNames(
      TOKENS / 4,
      (names) => `query (${names}) { __typename }`,
      (name) => `$${name}: ${name}`,
    ),
  ],
  [
    'unknown fragments',
    manyNames(
      TOKENS / 2,
      (names) => `{ ${names} }`,
      (name) => `...${name}`,
    ),
  ],
  [
    'unknown variables',
    manyNames(
      TOKENS / 2,
      (names) => inList(`filter: { or: [${names}] }`),
      (name) => `$${name}`,
    ),
  ],
];
