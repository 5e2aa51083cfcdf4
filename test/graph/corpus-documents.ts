// One list, longer than most files: a document of our own for each fact of the vendor's documents that a tenant shows.

/** What a client in the field would send, literals as it writes them. */
export interface CorpusDocument {
  /** The fact. */
  readonly name: string;
  readonly source: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

type Entry = readonly [
  name: string,
  source: string,
  variables?: Readonly<Record<string, unknown>> | undefined,
  operationName?: string,
];

const master = (node: string, body: string) => `{ xtremMasterData { ${node} { ${body} } } }`;
const sales = (body: string) => `{ xtremSales { salesOrder { ${body} } } }`;
const change = (where: string, body: string) => `mutation { ${where.replace('.', ' { ')} { ${body} } } }`;

/** A page of items that fit a filter written as it stands in a document. */
const items = (filter: string, more = '') =>
  master('item', `query(first: 5, filter: "${filter}"${more}) { totalCount edges { node { _id id } } }`);
const customers = (filter: string) =>
  master('customer', `query(first: 5, filter: "${filter}") { totalCount edges { node { id } } }`);

const LAYOUT: readonly Entry[] = [
  ['a package, a node, read by id', master('item', 'read(_id: "1") { _id name }')],
  ['the same with a natural key', master('item', 'read(_id: "#BLT-M04-ZN") { _id name }')],
  [
    'several packages in one document',
    '{ xtremMasterData { item { read(_id: 1) { id } } } xtremSystem { site { query { totalCount } } } xtremStructure { country { query(first: 1) { edges { node { id continent } } } } } }',
  ],
  [
    'several nodes of one package',
    '{ xtremMasterData { item { query { totalCount } } customer { query { totalCount } } supplier { query { totalCount } } } }',
  ],
  [
    'aliases on every level',
    '{ a: xtremMasterData { b: item { c: read(_id: 1) { d: id e: id } f: read(_id: 2) { id } } } }',
  ],
  [
    'the same package twice, merged',
    '{ xtremMasterData { item { read(_id: 1) { id } } } xtremMasterData { item { read(_id: 1) { name } } customer { query { totalCount } } } }',
  ],
  [
    'query with its page',
    master(
      'item',
      'query { totalCount edges { cursor node { _id } } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } }',
    ),
  ],
  ['readAggregate', master('item', 'readAggregate(filter: "{isActive: true}") { basePrice { min max } }')],
  [
    'queryAggregate',
    master('item', 'queryAggregate(first: 3) { edges { node { group { status } values { basePrice { min } } } } }'),
  ],
  [
    'lookups of a new record',
    master('customer', 'lookups(data: {}) { currency { totalCount edges { node { id symbol } } } }'),
  ],
  [
    'lookups of a known record with a filter',
    master(
      'customer',
      `lookups(_id: "#ABS001") { paymentTerm(filter: "{name: {_regex: '30'}}", first: 1) { edges { node { name } } } }`,
    ),
  ],
  [
    'getDefaults',
    master('item', 'getDefaults(data: { id: "D1", stockUnit: "#EACH" }) { id status isActive salesUnit { id } }'),
  ],
  ['getDuplicate', master('item', 'getDuplicate(_id: "#BLT-M04-ZN") { id name weight }')],
  [
    'a custom query with references',
    master('unitOfMeasure', 'getUnitConversionFactor(fromUnit: "#EACH", toUnit: 1) { conversionFactor }'),
  ],
  ['a custom query answering a node', master('unitOfMeasure', 'getPurchaseUnit(item: "#BLT-M04-ZN") { id symbol }')],
  [
    'a custom query answering a list',
    '{ xtremStockData { stock { searchStock(searchCriteria: { item: "#BLT-M04-ZN" }) { stockRecord { site { id } status { id } } quantityInStockUnit } } } }',
  ],
  [
    'a custom query with a structured variable',
    'query ($c: StockSearchStockSearchCriteria_Input) { xtremStockData { stock { searchStock(searchCriteria: $c) { quantityInStockUnit } } } }',
    { c: { item: '#SCR-M04-ZN', status: '#A' } },
  ],
  [
    'a custom query that fails',
    master('unitOfMeasure', 'getUnitConversionFactor(fromUnit: "#EACH", toUnit: "#HOUR") { conversionFactor }'),
  ],
  [
    'a line’s own node',
    '{ xtremSales { salesOrderLine { query(first: 3, orderBy: "{_id: 1}") { edges { node { _id _sortValue documentNumber documentId document { number } } } } } } }',
  ],
  [
    'the track side of an asynchronous operation, unknown job',
    '{ xtremReporting { report { generateReportPdf { track(trackingId: "nothing") { status } } } } }',
  ],
  [
    'names of types',
    master(
      'item',
      '__typename read(_id: 1) { __typename itemSites { __typename query { __typename edges { __typename } } } }',
    ),
  ],
  [
    'the description of a node',
    '{ xtremMetadata { metaNodeFactory { query(filter: "{name: \'Item\'}") { edges { node { name naturalKey package { name } } } } } } }',
  ],
  [
    'properties of a node',
    '{ xtremMetadata { metaNodeProperty { query(first: 5, filter: "{factory: {name: \'SalesOrder\'}}", orderBy: "{name: 1}") { totalCount edges { node { name type isRequired targetFactory { name } } } } } } }',
  ],
  [
    'an input as a variable of its type',
    'query ($d: Item_Input) { xtremMasterData { item { getDefaults(data: $d) { id stockUnit { id } } } } }',
    { d: { id: 'D2', stockUnit: '#KILOGRAM' } },
  ],
  [
    'service fields',
    master(
      'item',
      'read(_id: 1) { _id _sourceId _updateTick _createUser { email } _updateUser { _id } _createStamp _factory { name } _access { name status } }',
    ),
  ],
  [
    'order of a line',
    '{ xtremSales { salesOrder { read(_id: 2) { lines { query { edges { node { _sortValue } } } } } } } }',
  ],
  [
    'attachments',
    '{ xtremStock { stockChange { query { totalCount edges { node { _attachments { query { totalCount } } } } } } } }',
  ],
  ['a vendor’s record', '{ xtremSystem { sysVendor { query { totalCount edges { node { name } } } } } }'],
  [
    'named fragments on a node',
    'query { xtremMasterData { item { read(_id: 1) { ...I } query(first: 1) { edges { node { ...I ...J } } } } } } fragment I on Item { id name ...J } fragment J on Item { _id stockUnit { id } }',
  ],
  [
    'inline fragments with and without a type',
    master(
      'item',
      'read(_id: 1) { ... { id } ... on Item { name } ... @include(if: true) { weight } ... @skip(if: true) { status } }',
    ),
  ],
  [
    'a fragment on the root',
    'query { ...R } fragment R on Query { xtremMasterData { item { query { totalCount } } } }',
  ],
  [
    'directives with variables',
    'query ($y: Boolean!, $n: Boolean = false) { xtremMasterData { item { read(_id: 1) { id name @include(if: $y) weight @include(if: $n) } } customer @skip(if: $y) { query { totalCount } } } }',
    { y: true },
  ],
  [
    'one of several operations',
    'query A { xtremMasterData { item { query { totalCount } } } } query B { xtremSystem { site { query { totalCount } } } }',
    undefined,
    'B',
  ],
  [
    'a comment, commas and strange blanks',
    '# find\n{,,xtremMasterData\t{ item { query(first:1,) { totalCount, edges { node { id } } } } } }\r\n# end',
  ],
];

const VALUES: readonly Entry[] = [
  ['an id as a bare number', master('item', 'read(_id: 3) { _id id }')],
  ['an id as text', master('item', 'read(_id: "3") { _id id }')],
  ['an id of nobody', master('item', 'read(_id: 999999) { id }')],
  ['an id that is none', master('item', 'read(_id: "abc") { id }')],
  ['a natural key of nobody', master('item', 'read(_id: "#NOTHING") { id }')],
  [
    'a natural key of several parts',
    master('itemSite', 'read(_id: "#BLT-M04-ZN|SHF01") { _id id site { id } item { id } }'),
  ],
  [
    'a line by order and place',
    '{ xtremSales { salesOrderLine { read(_id: "#SO000001|10") { _id documentNumber _sortValue } } } }',
  ],
  [
    'an address by owner and place',
    master('businessEntityAddress', 'read(_id: "#ABS001|10") { _id _sortValue city isPrimary }'),
  ],
  [
    'a key in a variable',
    'query ($id: Id!) { xtremMasterData { customer { read(_id: $id) { id } } } }',
    { id: '#ABS001' },
  ],
  ['a number in a variable', 'query ($id: Id!) { xtremMasterData { customer { read(_id: $id) { id } } } }', { id: 1 }],
  ['a variable left out', 'query ($id: Id!) { xtremMasterData { customer { read(_id: $id) { id } } } }', {}],
  [
    'a default of a variable',
    'query ($id: Id = "#ABS001") { xtremMasterData { customer { lookups(_id: $id) { currency { totalCount } } } } }',
  ],
  [
    'references out',
    master('item', 'read(_id: 1) { stockUnit { id } salesUnit { id symbol } category { id name } weightUnit { id } }'),
  ],
  [
    'references of references',
    sales('read(_id: 1) { soldToCustomer { businessEntity { country { id legislation { id } } currency { id } } } }'),
  ],
  ['a reference that is not set', master('customer', 'read(_id: 1) { payByCustomer { id } internalNote { value } }')],
  ['integers', master('item', 'query(first: 2) { edges { node { _updateTick } } }')],
  [
    'decimals are text',
    master('item', 'query(first: 4, orderBy: "{_id: 1}") { edges { node { basePrice weight minimumSalesQuantity } } }'),
  ],
  ['dates', sales('query(first: 3, orderBy: "{_id: 1}") { edges { node { date orderDate requestedDeliveryDate } } }')],
  [
    'enumerations out',
    sales(
      'query(first: 5, orderBy: "{_id: 1}") { edges { node { status displayStatus approvalStatus invoiceStatus } } }',
    ),
  ],
  ['booleans', master('item', 'read(_id: 1) { isBought isSold isManufactured isActive }')],
  ['long text', sales('read(_id: 1) { internalNote { value } externalNote { value } text { value } }')],
  ['binary', master('customer', 'read(_id: 1) { image { value } }')],
  ['all custom data, as text', master('customer', 'read(_id: 1) { _customData }')],
  [
    'one custom field',
    master(
      'customer',
      'query(first: 3) { edges { node { rating: _customData(selector: "rating") none: _customData(selector: "none") } } }',
    ),
  ],
  [
    'a selector in a variable',
    'query ($s: String) { xtremMasterData { customer { read(_id: 1) { _customData(selector: $s) } } } }',
    { s: 'rating' },
  ],
  ['null as an argument', master('item', 'query(first: 1, filter: null, orderBy: null) { totalCount }')],
  [
    'null in a variable',
    'query ($f: String) { xtremMasterData { item { query(first: 1, filter: $f) { totalCount } } } }',
    { f: null },
  ],
  ['text of other scripts', items(`{name: 'Ünïcödé 🚚 漢字'}`)],
  ['a block string', '{ xtremMasterData { item { query(first: 1, filter: """{isActive: true}""") { totalCount } } } }'],
  ['escapes in a literal', items('{name: \\"a\\\\u0062c\\"}')],
];

const PAGES: readonly Entry[] = [
  ['twenty without first', master('item', 'query { edges { node { id } } pageInfo { hasNextPage } }')],
  ['first', master('item', 'query(first: 3) { edges { node { id } } pageInfo { hasNextPage hasPreviousPage } }')],
  ['first nothing', master('item', 'query(first: 0) { totalCount edges { node { id } } }')],
  ['first below nothing', master('item', 'query(first: -1) { totalCount }')],
  [
    'more than there are',
    master('supplier', 'query(first: 1000) { totalCount edges { node { id } } pageInfo { hasNextPage } }'),
  ],
  ['last', master('item', 'query(last: 2) { edges { cursor node { id } } pageInfo { hasPreviousPage } }')],
  [
    'after, its quotes escaped',
    master('item', 'query(first: 2, after: "[\\"2\\"]#2") { edges { cursor node { id } } }'),
  ],
  ['after, with single quotes', master('item', `query(first: 2, after: "['2']#2") { edges { cursor node { id } } }`)],
  [
    'after in a variable',
    'query ($a: String) { xtremMasterData { item { query(first: 2, after: $a) { edges { node { id } } } } } }',
    { a: '["4"]#4' },
  ],
  [
    'before',
    'query ($b: String) { xtremMasterData { item { query(last: 2, before: $b) { edges { node { id } } pageInfo { hasPreviousPage } } } } }',
    { b: '["4"]#4' },
  ],
  ['a cursor that is none', master('item', 'query(first: 2, after: "nothing") { edges { node { id } } }')],
  [
    'a page of lines',
    sales(
      'read(_id: 2) { lines { query(first: 1) { totalCount edges { cursor node { _sortValue } } pageInfo { hasNextPage endCursor } } } }',
    ),
  ],
  [
    'pages in pages',
    sales(
      'query(first: 2, orderBy: "{_id: 1}") { edges { node { number lines { query(first: 1) { edges { node { item { itemSites { query(first: 1) { edges { node { site { id } } } } } } } } } } } } }',
    ),
  ],
  ['totalCount alone', sales('query { totalCount }')],
];

const FILTERS: readonly Entry[] = [
  ['equal, short', items(`{id: 'BLT-M04-ZN'}`)],
  ['equal, long', items(`{id: {_eq: 'BLT-M04-ZN'}}`)],
  ['equal, strict JSON', items('{\\"id\\": \\"BLT-M04-ZN\\"}')],
  ['a truth', items('{isSold: true}')],
  ['not equal', items(`{status: {_ne: 'active'}}`)],
  ['not null', items('{purchaseUnit: {_ne: null}}')],
  ['null, short', items('{category: null}')],
  ['null, long', items('{category: {_eq: null}}')],
  ['greater', items('{basePrice: {_gt: 20}}')],
  ['greater or equal', items('{basePrice: {_gte: 20}}')],
  ['less', items('{weight: {_lt: 1}}')],
  ['less or equal', items('{weight: {_lte: 1}}')],
  ['between', items('{basePrice: {_gt: 1, _lte: 10}}')],
  ['a number as text', items(`{basePrice: {_gt: '20'}}`)],
  ['a date', `{ xtremSales { salesOrder { query(filter: "{date: {_gte: '2025-01-01'}}") { totalCount } } } }`],
  ['a moment', items(`{_updateStamp: {_gt: '2020-01-31T00:00:00.000Z'}}`)],
  ['among', items(`{id: {_in: ['BLT-M04-ZN', 'SCR-M04-ZN', 'NONE']}}`)],
  ['among nothing', items('{id: {_in: []}}')],
  ['not among', customers(`{country: {id: {_nin: ['GB', 'IE']}}}`)],
  ['an expression', items(`{name: {_regex: '^Hex'}}`)],
  ['an expression with its option', items(`{name: {_regex: '^hex', _options: 'i'}}`)],
  ['an expression that is none', items(`{name: {_regex: '('}}`)],
  ['and', items('{_and: [{basePrice: {_gt: 1}}, {isSold: true}]}')],
  ['or', items(`{_or: [{id: 'BLT-M04-ZN'}, {id: 'SCR-M04-ZN'}]}`)],
  ['a list is and', items('[{isSold: true}, {isBought: true}]')],
  ['several keys are and', items('{isSold: true, isBought: false}')],
  ['and and or together', items(`{_or: [{_and: [{isSold: true}, {basePrice: {_lt: 1}}]}, {id: 'BLT-M04-ZN'}]}`)],
  ['through a reference', customers(`{currency: {id: 'EUR'}}`)],
  ['through two references', customers(`{businessEntity: {country: {id: 'GB'}}}`)],
  ['a reference’s id as a number', customers('{currency: {_id: 1}}')],
  ['a reference by its key', customers(`{currency: '#GBP'}`)],
  ['an id by its key', customers(`{_id: '#ABS001'}`)],
  ['at least', items('{itemSites: {_atLeast: 1}}')],
  ['at least, with a condition', items(`{itemSites: {_atLeast: 1, site: {id: 'SHF01'}}}`)],
  ['at most', items('{itemSites: {_atMost: 1}}')],
  [
    'every',
    `{ xtremSales { salesOrder { query(filter: "{lines: {_every: true, status: 'closed'}}") { totalCount } } } }`,
  ],
  [
    'none',
    `{ xtremSales { salesOrder { query(filter: "{lines: {_none: true, status: 'closed'}}") { totalCount } } } }`,
  ],
  ['a collection without a quantifier', items(`{itemSites: {site: {id: 'SHF01'}}}`)],
  ['a custom field', customers('{\\"_customData\\": {\\"rating\\": {\\"_gte\\": 3}}}')],
  ['a quote inside a value', customers(`{name: {_regex: 'O\\\\'B'}}`)],
  [
    'a quote in strict JSON',
    'query ($f: String) { xtremMasterData { customer { query(filter: $f) { edges { node { name } } } } } }',
    { f: '{"name":{"_regex":"O\'B"}}' },
  ],
  ['braces and dollar signs in a value', items(`{name: '{$a} #{b} $'}`)],
  ['an unknown property', items('{nothing: 1}')],
  ['an unknown operator', items('{id: {_like: 1}}')],
  ['a value of the wrong kind', items(`{basePrice: {_gt: 'much'}}`)],
  ['an unknown member of an enumeration', items(`{status: 'strange'}`)],
  ['a text that is not a filter', items('{id: ')],
  ['an empty text', items('')],
  ['an empty condition', items('{}')],
  [
    'a filter in a variable',
    'query ($f: String) { xtremMasterData { item { query(first: 2, filter: $f) { edges { node { id } } } } } }',
    { f: "{id: {_in: ['BLT-M04-ZN']}}" },
  ],
  [
    'a filter of lines',
    sales(
      `read(_id: 2) { lines { query(filter: "{_sortValue: {_gt: 10}}") { totalCount edges { node { _sortValue } } } } }`,
    ),
  ],
  ['order up', items('{}', ', orderBy: "{name: 1}"')],
  ['order down', items('{}', ', orderBy: "{name: -1}"')],
  ['order with a plus', items('{}', ', orderBy: "{name: +1}"')],
  ['order by several', customers('{}').replace('filter: "{}"', 'orderBy: "{country: {id: 1}, name: -1}"')],
  [
    'order along references',
    '{ xtremMasterData { itemSite { query(first: 4, orderBy: "{item: {description: +1, id: -1}}") { edges { cursor node { item { id } } } } } } }',
  ],
  ['order by nothing known', items('{}', ', orderBy: "{nothing: 1}"')],
  ['order in a strange direction', items('{}', ', orderBy: "{name: 2}"')],
];

const AGGREGATES: readonly Entry[] = [
  ['every function of a number', master('item', 'readAggregate { basePrice { sum avg min max distinctCount } }')],
  [
    'text and dates',
    '{ xtremSales { salesOrder { readAggregate { number { min max distinctCount } date { min max } } } } }',
  ],
  [
    'along a reference',
    master('customer', 'readAggregate { currency { id { distinctCount } } country { id { min } } }'),
  ],
  ['under a filter', master('customer', `readAggregate(filter: "{country: {id: 'GB'}}") { creditLimit { sum } }`)],
  [
    'over nothing',
    master('customer', `readAggregate(filter: "{id: 'NOBODY'}") { creditLimit { sum avg distinctCount } }`),
  ],
  [
    'groups',
    master(
      'customer',
      'queryAggregate(orderBy: "{currency: {id: 1}}") { edges { cursor node { group { currency { id } } values { creditLimit { avg max } name { min } } } } pageInfo { hasNextPage } }',
    ),
  ],
  [
    'groups of two',
    master(
      'customer',
      'queryAggregate(first: 4, orderBy: "{currency: {id: 1}, country: {id: -1}}") { edges { node { group { currency { id } country { id } } values { id { distinctCount } } } } }',
    ),
  ],
  [
    'groups by an enumeration',
    sales(
      'queryAggregate(orderBy: "{status: 1}") { edges { node { group { status } values { totalAmountExcludingTax { sum } } } } }',
    ),
  ],
  [
    'groups by a custom field',
    master(
      'customer',
      'queryAggregate { edges { node { group { rating: _customData(selector: "rating") } values { id { distinctCount } } } } }',
    ),
  ],
  [
    'of a collection',
    sales(
      'read(_id: 2) { lines { readAggregate { quantity { sum avg max } } queryAggregate { edges { node { group { item { id } } values { quantity { sum } } } } } } }',
    ),
  ],
  [
    'of a filtered collection',
    sales('read(_id: 2) { lines { readAggregate(filter: "{_sortValue: 10}") { quantity { sum } } } }'),
  ],
  ['an unknown function', master('item', 'readAggregate { basePrice { median } }')],
];

const CHANGES: readonly Entry[] = [
  [
    'create with a quoted enumeration',
    change(
      'xtremMasterData.item',
      'create(data: { id: "NEW-1", name: "New", status: "active", type: "good", stockUnit: "#EACH", basePrice: 12.5 }) { id name status type stockUnit { id } basePrice isActive }',
    ),
  ],
  [
    'create with a real enumeration',
    change(
      'xtremMasterData.item',
      'create(data: { id: "NEW-2", name: "New", status: inDevelopment, stockUnit: 1 }) { id status }',
    ),
  ],
  [
    'create with a variable',
    'mutation ($d: Item_Input!) { xtremMasterData { item { create(data: $d) { id name weight } } } }',
    { d: { id: 'NEW-3', name: 'Third', stockUnit: '#EACH', weight: '1.25' } },
  ],
  [
    'an enumeration inside a variable',
    'mutation ($d: Item_Input!) { xtremMasterData { item { create(data: $d) { id status } } } }',
    { d: { id: 'NEW-4', name: 'Fourth', stockUnit: '#EACH', status: 'notRenewed' } },
  ],
  [
    'an unknown member in a variable',
    'mutation ($d: Item_Input!) { xtremMasterData { item { create(data: $d) { id } } } }',
    { d: { id: 'NEW-5', stockUnit: '#EACH', status: 'strange' } },
  ],
  [
    'a decimal as text and as a number',
    change(
      'xtremMasterData.item',
      'a: update(data: { _id: "#NEW-1", basePrice: "50" }) { basePrice } b: update(data: { _id: "#NEW-1", basePrice: 120 }) { basePrice }',
    ),
  ],
  [
    'update changes only what is given',
    change(
      'xtremMasterData.item',
      'update(data: { _id: "#NEW-1", description: "changed" }) { id name description basePrice }',
    ),
  ],
  [
    'update to null',
    change('xtremMasterData.item', 'update(data: { _id: "#NEW-1", description: null }) { description }'),
  ],
  [
    'update by a bare number',
    change('xtremMasterData.item', 'update(data: { _id: 1, description: "first" }) { id description }'),
  ],
  ['update of nobody', change('xtremMasterData.item', 'update(data: { _id: "#NOBODY", name: "x" }) { id }')],
  ['update without an id', change('xtremMasterData.item', 'update(data: { name: "x" }) { id }')],
  [
    'a property that is not writable',
    change('xtremMasterData.item', 'update(data: { _id: "#NEW-1", _createStamp: "2020-01-01" }) { id }'),
  ],
  [
    'a key that is taken',
    change('xtremMasterData.item', 'create(data: { id: "NEW-1", name: "Again", stockUnit: "#EACH" }) { id }'),
  ],
  ['a missing property', change('xtremMasterData.customer', 'create(data: {}) { id }')],
  [
    'custom data is merged',
    change(
      'xtremMasterData.customer',
      'update(data: { _id: "#ABS001", _customData: "{\\"since\\":\\"2020-01-01\\"}" }) { _customData since: _customData(selector: "since") }',
    ),
  ],
  [
    'custom data that is not JSON',
    change('xtremMasterData.customer', 'update(data: { _id: "#ABS001", _customData: "{" }) { _customData }'),
  ],
  [
    'a stale record',
    change('xtremMasterData.customer', 'update(data: { _id: "#ABS001", isOnHold: true, _updateTick: 99 }) { _id }'),
  ],
  [
    'a record with sub-records',
    change(
      'xtremMasterData.businessEntity',
      'create(data: { id: "BE1", name: "Big", country: "#GB", currency: "#EUR", addresses: [{ isPrimary: true, name: "Head", city: "Hull", country: "#GB" }] }) { id primaryAddress { _sortValue city concatenatedAddress } isCustomer addresses { query { totalCount } } }',
    ),
  ],
  [
    'its customer',
    change(
      'xtremMasterData.customer',
      'create(data: { businessEntity: "#BE1", paymentTerm: "#Net 30 days" }) { id name currency { id } primaryAddress { city } isActive }',
    ),
  ],
  [
    'an order with lines and a long text',
    change(
      'xtremSales.salesOrder',
      'create(data: { number: "SO-N1", site: "#SHF01", soldToCustomer: "#BE1", date: "2025-02-07", internalNote: { value: "<p>\\"hi\\"</p>" }, lines: [{ item: "#BLT-M04-ZN", quantity: 2 }, { item: 2, quantity: "1.5", grossPrice: "0.333" }] }) { number status date soldToCustomer { id } internalNote { value } totalAmountExcludingTax lines { query { edges { node { _sortValue quantity grossPrice netPrice item { id } } } } } }',
    ),
  ],
  [
    'lines changed through the order',
    'mutation ($d: SalesOrder_Input!) { xtremSales { salesOrder { update(data: $d) { lines { query { totalCount edges { node { _sortValue quantity item { id } } } } } } } } }',
    {
      d: {
        _id: '#SO-N1',
        lines: [
          { _id: '#SO-N1|10', _action: 'update', quantity: 7 },
          { _id: '-1', _action: 'create', item: '#SCR-M04-ZN', quantity: '3' },
        ],
      },
    },
  ],
  [
    'a line taken out',
    change(
      'xtremSales.salesOrder',
      'update(data: { _id: "#SO-N1", lines: [{ _id: "#SO-N1|20", _action: "delete" }] }) { lines { query { totalCount edges { node { _sortValue } } } } }',
    ),
  ],
  [
    'an action that is unknown',
    change(
      'xtremSales.salesOrder',
      'update(data: { _id: "#SO-N1", lines: [{ _id: "-1", _action: "upsert" }] }) { number }',
    ),
  ],
  [
    'a line of an item that is not there',
    change(
      'xtremSales.salesOrder',
      'create(data: { number: "SO-N2", site: "#SHF01", soldToCustomer: "#BE1", lines: [{ item: "#BLT-M04-ZN", quantity: 1 }, { item: "#NOBODY", quantity: 1 }] }) { number }',
    ),
  ],
  ['what failed left nothing', sales('read(_id: "#SO-N2") { number }')],
  ['lines have no create of their own', 'mutation { xtremSales { salesOrderLine { create(data: {}) { _id } } } }'],
  [
    'an owned record as an object',
    change(
      'xtremSales.salesOrder',
      'update(data: { _id: "#SO-N1", shipToAddress: { city: "York", country: "#GB" } }) { shipToAddress { city country { id } } }',
    ),
  ],
  [
    'a warning beside data',
    change(
      'xtremSales.salesOrder',
      'create(data: { number: "SO-N3", site: 1, soldToCustomer: 3 }) { number soldToCustomer { id isOnHold } }',
    ),
  ],
  [
    'bulkUpdate answers a truth',
    change(
      'xtremSales.salesOrder',
      `bulkUpdate(filter: "{number: {_in: ['SO-N1', 'SO000001']}}", data: { customerNumber: "B" })`,
    ),
  ],
  [
    'bulkUpdate says nothing of what it left',
    sales(`query(filter: "{customerNumber: 'B'}") { edges { node { number } } }`),
  ],
  [
    'bulkUpdate under a filter that is none',
    change('xtremSales.salesOrder', 'bulkUpdate(filter: "{", data: { customerNumber: "B" })'),
  ],
  [
    'duplicate',
    change('xtremMasterData.item', 'duplicate(_id: "#NEW-1", data: { id: "NEW-1B" }) { id name stockUnit { id } }'),
  ],
  ['duplicate by number, without data', change('xtremMasterData.currency', 'duplicate(_id: 1) { id }')],
  ['delete answers a count', change('xtremMasterData.item', 'delete(_id: "#NEW-1B")')],
  ['delete of nobody', change('xtremMasterData.item', 'delete(_id: "#NEW-1B")')],
  ['delete of what is used', change('xtremMasterData.customer', 'delete(_id: "#ABS001")')],
  ['delete of a shipped order', change('xtremSales.salesOrder', 'delete(_id: "#SO000001")')],
  [
    'several changes in order',
    change(
      'xtremMasterData.item',
      'a: create(data: { id: "SEQ", name: "1", stockUnit: "#EACH" }) { name } b: update(data: { _id: "#SEQ", name: "2" }) { name } c: update(data: { _id: "#SEQ", name: "3" }) { name } d: delete(_id: "#SEQ")',
    ),
  ],
  [
    'the first of several fails',
    change(
      'xtremMasterData.item',
      'a: delete(_id: "#NOBODY") b: create(data: { id: "AFTER", name: "x", stockUnit: "#EACH" }) { id }',
    ),
  ],
  [
    'changes of two packages',
    'mutation { xtremMasterData { item { delete(_id: "#AFTER") } } xtremSales { salesOrder { update(data: { _id: "#SO-N1", customerNumber: "C" }) { customerNumber } } } }',
  ],
  [
    'a stock change',
    change(
      'xtremStock.stockChange',
      'create(data: { number: "SC1", stockSite: "#SHF01", item: "#BLT-M04-ZN" }) { number stockTransactionStatus }',
    ),
  ],
  ['an action over a list of ids', change('xtremStock.stockChange', 'postToStock(documentIds: ["#SC1"])')],
  ['the same over numbers', change('xtremStock.stockChange', 'postToStock(documentIds: [1])')],
  ['what it did', '{ xtremStock { stockChange { read(_id: "#SC1") { stockTransactionStatus } } } }'],
  ['a deprecated spelling of an argument', change('xtremMasterData.item', 'delete(id: "1")')],
  ['an unknown property in data', change('xtremMasterData.item', 'update(data: { _id: 1, nothing: 2 }) { id }')],
  ['an export begun', change('xtremMasterData.customer', 'asyncExport { start(filter: "{}") { trackingId } }')],
  [
    'a report begun',
    change(
      'xtremReporting.report',
      'generateReportPdf { start(reportName: "salesOrderQuote", reportSettings: { variables: "{\\"order\\":\\"SO1\\"}", locale: "en-US" }) { trackingId } }',
    ),
  ],
  [
    'a job that nobody began, stopped',
    change('xtremReporting.report', 'generateReportPdf { stop(trackingId: "nothing") }'),
  ],
];

const FAULTS: readonly Entry[] = [
  ['an unknown node', '{ xtremMasterData { nothing { query { totalCount } } } }'],
  ['an unknown field', master('item', 'read(_id: 1) { nothing }')],
  ['an unknown argument', master('item', 'query(top: 1) { totalCount }')],
  ['an argument left out', master('item', 'read { id }')],
  ['a leaf with a selection', master('item', 'read(_id: 1) { id { x } }')],
  ['an object without one', master('item', 'read(_id: 1)')],
  ['a fragment on an unknown type', `{ xtremMasterData { item { read(_id: 1) { ... on Nothing { id } } } } }`],
  ['an unknown fragment', master('item', 'read(_id: 1) { ...Nothing }')],
  ['an unused fragment', '{ xtremMasterData { item { query { totalCount } } } } fragment F on Item { id }'],
  ['an unused variable', 'query ($x: Int) { xtremMasterData { item { query { totalCount } } } }', { x: 1 }],
  ['an undeclared variable', master('item', 'query(first: $n) { totalCount }')],
  [
    'a variable of the wrong type',
    'query ($n: String) { xtremMasterData { item { query(first: $n) { totalCount } } } }',
    { n: '1' },
  ],
  [
    'a variable of an unknown type',
    'query ($n: Nothing) { xtremMasterData { item { query(first: $n) { totalCount } } } }',
    { n: 1 },
  ],
  [
    'a value of the wrong kind',
    'query ($n: Int) { xtremMasterData { item { query(first: $n) { totalCount } } } }',
    { n: 'many' },
  ],
  ['a literal of the wrong kind', master('item', 'query(first: "2") { totalCount }')],
  ['two fields that cannot be merged', master('item', 'read(_id: 1) { x: id x: name }')],
  ['several faults at once', master('item', 'query(top: 1) { nothing } read { id }')],
];

const toDocument = ([name, source, variables, operationName]: Entry): CorpusDocument => ({
  name,
  source,
  ...(variables && { variables }),
  ...(operationName !== undefined && { operationName }),
});

export const READING: readonly CorpusDocument[] = [...LAYOUT, ...VALUES, ...PAGES, ...FILTERS, ...AGGREGATES].map(
  toDocument,
);
/** To be sent in this order: some find what others wrote. */
export const WRITING: readonly CorpusDocument[] = CHANGES.map(toDocument);
export const WRONG: readonly CorpusDocument[] = FAULTS.map(toDocument);
