import { atLimit, customers, deep, fill, many, request, type Shape, TENANT, TOKENS } from './parts.ts';

export const DEEP_JSON: readonly Shape[] = [
  ['lists', () => atLimit((length) => deep(Math.floor(length / 2), '[', '', ']'))],
  ['open lists', () => atLimit((length) => fill('[', length))],
  ['objects', ({ word }) => atLimit((length) => deep(Math.floor(length / (word.length + 5)), `{"${word}":`, '1', '}'))],
  [
    'extensions',
    (_draw) =>
      atLimit(
        (length) => `{"query":"{ __typename }","extensions":{"x":${deep(Math.floor(length / 2), '[', '', ']')}}}`,
      ),
  ],
  [
    'extensions as deep as may be',
    () =>
      atLimit(
        (length) =>
          `{"query":"{ __typename }","extensions":{"x":[${many(length / 810, () => deep(400, '[', '', ']'), ',')}]}}`,
      ),
  ],
  ['a document that is a list', () => atLimit((length) => `{"query":${deep(Math.floor(length / 2), '[', '', ']')}}`)],
  [
    'variables that are a list',
    () => atLimit((length) => `{"query":"{ __typename }","variables":[${many(length / 2, () => '1', ',')}]}`),
  ],
  ['a batch', () => atLimit((length) => `[${many(length / 26, () => '{"query":"{ __typename }"}', ',')}]`)],
  [
    'members of one name',
    ({ word }) =>
      atLimit((length) => `{"query":"{ __typename }",${many(length / (word.length + 5), () => `"${word}":1`, ',')}}`),
  ],
  [
    'many members',
    ({ word }) =>
      atLimit(
        (length) =>
          `{"query":"{ __typename }","extensions":{${many(length / (word.length + 12), (index) => `"${word}${index}":1`, ',')}}}`,
      ),
  ],
  [
    'a prototype',
    () =>
      atLimit(
        (length) =>
          `{"__proto__":{"query":"{ a }"},"constructor":{"prototype":${deep(200, '{"__proto__":', '1', '}')}},"query":"{ __typename }","x":"${fill('x', length - 3_000)}"}`,
      ),
  ],
  ['a number', () => atLimit((length) => `{"query":"{ __typename }","variables":{"a":${fill('1', length)}}}`)],
  [
    'an operation name',
    ({ text }) =>
      atLimit((length) => JSON.stringify({ query: 'query a { __typename }', operationName: fill(text, length) })),
  ],
  ['blanks', () => atLimit((length) => `${fill(' \t\r\n', length)}{"query":"{ __typename }"}`)],
  ['text that is not JSON', ({ text }) => atLimit((length) => fill(text, length / 4))],
];

export const SAME_FIELDS: readonly Shape[] = [
  ['one leaf', ({ share }) => request(customers(`{ nodes { ${many((TOKENS * (share + 1)) / 2, () => 'id')} } }`))],
  ['one leaf at the root', ({ share }) => request(`{ ${many((TOKENS * (share + 1)) / 2, () => '__typename')} }`)],
  [
    'one object',
    ({ share }) => request(`{ ${many(TOKENS / 4, () => 'sage200 { __typename }')} ${share < 0.5 ? TENANT : ''} }`),
  ],
  ['one list', () => request(`{ sage200 { ${many(TOKENS / 7, () => 'customers { nodes { id } }')} } }`)],
  [
    'one list with other arguments',
    () => request(`{ sage200 { ${many(TOKENS / 9, (index) => `customers(first: ${index}) { totalCount }`)} } }`),
  ],
  [
    'one tenant field',
    () => request(`{ ${many(TOKENS / 10, () => 'xtremMasterData { customer { query { totalCount } } }')} }`),
  ],
  [
    'one tenant field with other arguments',
    () =>
      request(
        `{ xtremMasterData { customer { ${many(TOKENS / 9, (index) => `query(first: ${index}) { totalCount }`)} } } }`,
      ),
  ],
  [
    'one alias for two fields',
    () => request(customers(`{ nodes { ${many(49, (index) => `a: name a: id x${index}: id`)} } }`)),
  ],
  [
    'inline fragments',
    () => request(customers(`{ nodes { ${many(TOKENS / 7, () => '... on Sage200Customer { id name }')} } }`)),
  ],
  [
    'fragments that all spread all',
    ({ share }) => {
      const count = Math.floor(20 + share * 40);
      const spreads = many(count, (index) => `...f${index}`);
      return request(
        `{ sage200 { customers { nodes { ${spreads} } } } } ${many(count, (index) => `fragment f${index} on Sage200Customer { id ${many(count - index - 1, (other) => `...f${index + 1 + other}`)} }`)}`,
      );
    },
  ],
  [
    'fragments that spread the next',
    ({ share }) => {
      const count = Math.floor(100 + share * 300);
      return request(
        `${many(count, (index) => `fragment f${index} on Sage200Customer { name ...f${index + 1} }`)} fragment f${count} on Sage200Customer { id } { sage200 { customers { nodes { ${many(count, (index) => `...f${index}`)} } } } }`,
      );
    },
  ],
  [
    'fragments that spread in a circle',
    ({ share }) => {
      const count = Math.floor(10 + share * 500);
      return request(
        `{ ...f0 } ${many(count, (index) => `fragment f${index} on Query { __typename ...f${(index + 1) % count} }`)}`,
      );
    },
  ],
  [
    'fragments that double',
    ({ share }) => {
      const count = Math.floor(10 + share * 200);
      return request(
        `{ ...f0 } ${many(count, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)} fragment f${count} on Query { __typename }`,
      );
    },
  ],
  [
    'fragments nobody spreads',
    () => request(`{ __typename } ${many(TOKENS / 7, (index) => `fragment f${index} on Query { __typename }`)}`),
  ],
  [
    'nested pairs',
    () =>
      request(
        `{ sage200 { customers { nodes ${deep(11, '{ sopOrders { nodes { id customer ', '{ id }', ' id } } }')} } } }`,
      ),
  ],
  [
    'fields of introspection',
    () =>
      request(
        `{ __schema { types ${deep(5, '{ fields { type ', '{ name }', '} }')} } ${many(600, () => '__schema { types { name } }')} }`,
      ),
  ],
];
