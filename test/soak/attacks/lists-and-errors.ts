import {
  ALIASES,
  aliases,
  atLimit,
  customers,
  inList,
  longDocument,
  many,
  manyNames,
  request,
  type Shape,
  TENANT,
  TOKENS,
  textLiteral,
  VALUES,
} from './parts.ts';

export const LIST_ALIASES: readonly Shape[] = [
  [
    'lists',
    aliases(ALIASES, (fields) => `{ sage200 { ${fields} } }`, 'customers(first: 5000) { nodes { id name balance } }'),
  ],
  [
    'different lists',
    ({ share }) =>
      request(
        `{ sage200 { ${many(ALIASES, (index) => `a${index}: customers(first: ${index + 1 + Math.floor(share * 100)}) { nodes { id name } }`)} } }`,
      ),
  ],
  [
    'lists with their rows',
    aliases(
      ALIASES,
      (fields) => `{ sage200 { ${fields} } }`,
      'sopOrders(first: 5000) { nodes { id customer { name currency { symbol } } } }',
    ),
  ],
  [
    'lists that fail',
    aliases(ALIASES, (fields) => `{ sage200 { ${fields} } }`, 'customers(first: -1) { nodes { id } }'),
  ],
  [
    'lists under each row',
    aliases(
      ALIASES,
      (fields) => customers(`(first: 200) { nodes { ${fields} } }`),
      'sopOrders(first: 5) { nodes { id } }',
    ),
  ],
  ['fields of each row', aliases(ALIASES, (fields) => customers(`(first: 200) { nodes { ${fields} } }`), 'name')],
  [
    'root fields',
    aliases(30, (fields) => `{ ${fields} }`, 'sage200 { customers { nodes { id } } suppliers { nodes { id } } }'),
  ],
  ['root fields of the tenant', aliases(30, (fields) => `{ ${fields} }`, TENANT)],
  [
    'lists of the tenant',
    aliases(
      ALIASES,
      (fields) => `{ xtremMasterData { customer { ${fields} } } }`,
      'query(first: 50) { edges { node { _id id name } } }',
    ),
  ],
  [
    'fields of each row of the tenant',
    aliases(
      ALIASES,
      (fields) => `{ xtremMasterData { customer { query(first: 50) { edges { node { ${fields} } } } } } }`,
      'name',
    ),
  ],
  [
    'lists under each row, as many as may be',
    () =>
      request(
        customers(
          `(first: 490) { nodes { ${many(ALIASES, (index) => `a${index}: sopOrders(first: 1) { nodes { id } }`)} } }`,
        ),
      ),
  ],
  [
    'different lists under each row',
    () =>
      request(
        customers(
          `(first: 240) { nodes { ${many(ALIASES, (index) => `a${index}: sopOrders(first: 1, filter: { documentNo: { eq: "${index}" } }) { nodes { id } }`)} } }`,
        ),
      ),
  ],
  [
    'a long filter under each row',
    ({ share }) => {
      const terms = Math.floor(1 + share * 400);
      const filter = many(terms, (index) => `{ documentNo: { eq: "${index}" } }`, ', ');
      return request(
        customers(
          `(first: ${Math.floor(49_000 / (terms + 1))}) { nodes { sopOrders(first: 1, filter: { or: [${filter}] }) { nodes { id } } } }`,
        ),
      );
    },
  ],
  [
    'pages of all fields',
    () =>
      request(
        `{ sage200 { ${many(9, (index) => `a${index}: customers(first: 5000) { nodes { id sageId reference name balance creditLimit ${many(10, (each) => `a${each}: name`)} } }`)} } }`,
      ),
  ],
  ['more than may be', aliases(1_200, (fields) => `{ sage200 { ${fields} } }`, '__typename')],
  [
    'through fragments',
    () =>
      request(
        `{ sage200 { ...f0 } } ${many(12, (index) => `fragment f${index} on Sage200 { a${index}: customers { totalCount } ...f${index + 1} ...f${index + 1} }`)} fragment f12 on Sage200 { customers { totalCount } }`,
      ),
  ],
];

export const MANY_ERRORS: readonly Shape[] = [
  [
    'ids that are none',
    (draw) =>
      request('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
        ids: Array.from({ length: VALUES }, (_, index) => `${draw.word}${index}`),
      }),
  ],
  [
    'rows that fail',
    ({ word }) =>
      request(
        customers(
          `(first: 200) { nodes { ${many(ALIASES, (index) => `${word}${index}: sopOrders(first: ${-index}) { nodes { id } }`)} } }`,
        ),
      ),
  ],
  [
    'rows that fail, as many as may be',
    ({ share }) => {
      const fields = Math.floor(1 + share * 99);
      return request(
        customers(
          `(first: ${Math.min(5_000, Math.floor(49_000 / fields))}) { nodes { ${many(fields, (index) => `a${index}: sopOrders(first: -1) { nodes { id } }`)} } }`,
        ),
      );
    },
  ],
  [
    'a null in a long literal under each row',
    ({ text }) =>
      atLimit((length) =>
        request(
          `query ($a: String = "a") ${customers(`(first: 4900) { nodes { sopOrders(first: 1, filter: { documentNo: { in: [${textLiteral(text, length)}, $a] } }) { nodes { id } } } }`)}`,
          { a: null },
        ),
      ),
  ],
  [
    'a condition without a value under each row',
    () =>
      request(
        `query ($a: Boolean = true) ${customers(`(first: 490) { nodes { ${many(ALIASES, (index) => `a${index}: sopOrders(first: 1) { nodes { id @include(if: $a) } }`)} } }`)}`,
        { a: null },
      ),
  ],
  [
    'long aliases of rows that fail',
    aliases(
      ALIASES,
      (fields) => customers(`(first: 200) { nodes { ${fields} } }`),
      'sopOrders(first: -9) { nodes { id } }',
    ),
  ],
  [
    'tenant fields that fail',
    ({ text }) =>
      longDocument(
        (length) =>
          `{ xtremMasterData { customer { ${many(ALIASES, (index) => `a${index}: query(filter: ${textLiteral(text, length / ALIASES - 40)}) { totalCount }`)} } } }`,
      ),
  ],
  [
    'tenant fields that fail under long aliases',
    aliases(
      ALIASES,
      (fields) => `{ xtremMasterData { customer { ${fields} } } }`,
      'query(filter: "nothing") { totalCount }',
    ),
  ],
  [
    'arguments that are missing',
    ({ word }) => request(`{ sage200 { ${many(ALIASES, (index) => `${word}${index}: customer { id }`)} } }`),
  ],
  ['operations of one name', ({ word }) => request(many(TOKENS / 5, () => `query ${word} { nothing }`))],
  [
    'fragments of one name',
    ({ word }) => request(`{ ...${word} } ${many(TOKENS / 7, () => `fragment ${word} on Query { nothing }`)}`),
  ],
  [
    'operations over fragments',
    ({ share }) =>
      request(
        `${many(400 * share + 100, (index) => `query q${index} { ...f0 }`)} ${many(150, (index) => `fragment f${index} on Query { ...f${index + 1} }`)} fragment f150 on Query { sage200(site: $a) { id } }`,
      ),
  ],
  [
    'variables nobody uses',
    manyNames(
      TOKENS / 4,
      (names) => `query (${names}) { __typename }`,
      (name) => `$${name}: Int`,
    ),
  ],
  ['variables of one name', ({ word }) => request(`query (${many(TOKENS / 4, () => `$${word}: Int`)}) { __typename }`)],
  ['one argument again and again', () => request(inList(many(TOKENS / 3, () => 'first: 1')))],
  [
    'one field of a literal again and again',
    () => request(inList(`filter: { ${many(TOKENS / 5, () => 'name: {}')} }`)),
  ],
  ['leaves with selections', () => request(customers(`{ nodes { ${many(TOKENS / 6, () => 'name { a }')} } }`))],
  ['lists without selections', () => request(`{ sage200 { ${many(TOKENS, () => 'customers')} } }`)],
  [
    'writes that fail',
    ({ text }) =>
      longDocument(
        (length) =>
          `mutation { sage200 { ${many(ALIASES, (index) => `a${index}: createCustomer(input: { reference: ${textLiteral(text, length / ALIASES / 2 - 80)}, name: ${textLiteral(text, length / ALIASES / 2 - 80)} }) { userErrors { message } }`)} } }`,
      ),
  ],
];
