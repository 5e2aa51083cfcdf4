// Longer than most, and one thing: the kinds of operations, of their requests and of what goes wrong meanwhile.
import type { GraphQLObjectType, GraphQLSchema } from 'graphql';
import { READING, WRONG } from '../../graph/corpus-documents.ts';
import type { Behaviour, UpstreamFault } from '../odd-upstream.ts';
import type { Caller } from '../pair.ts';
import { type Choices, createChoices } from './choices.ts';
import {
  FAVOURITES,
  finish,
  startWriting,
  type Writing,
  type WrittenOperation,
  writeFlatList,
  writeSelection,
  writeValue,
} from './write-operation.ts';
import type { Supplies } from './write-values.ts';

/** One operation as a client sends it, who the client is, and what the upstreams do meanwhile. */
export interface Case {
  readonly source: string;
  readonly variables?: unknown;
  readonly operationName?: string | null;
  /** More members of the request. */
  readonly more?: Readonly<Record<string, unknown>>;
  readonly method: 'POST' | 'GET';
  readonly headers: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly behaviour: Behaviour;
  /** The same document once more, when it is known: by others, with other values, with other upstreams. */
  readonly again: readonly Again[];
}

export type Again = Pick<Case, 'variables' | 'headers' | 'caller' | 'behaviour'>;

export interface World {
  /** As a caller with a tenant sees it. */
  readonly schema: GraphQLSchema;
  readonly supplies: Supplies;
}

/** The case of that number: the same each time. */
export function generateCase(number: number, { schema, supplies }: World): Case {
  const choices = createChoices(number);
  const writing = startWriting(schema, choices, supplies);
  const { source, variables, others, operationName } = withSiblings(writeDocument(writing), choices);
  const caller = chooseCaller(choices);
  const again = (): Again => ({
    variables: choices.percent(70) ? others : variables,
    headers: headersOf(choices, supplies),
    caller: choices.percent(60) ? caller : chooseCaller(choices),
    behaviour: behaviourOf(choices),
  });
  const given = choices.percent(0.7) ? choices.one<unknown>([null, [], 'text', { v0: {} }]) : variables;
  const isEmpty = Object.keys(variables).length === 0;
  return {
    source,
    ...(isEmpty && given === variables && choices.percent(70) ? {} : { variables: given }),
    ...(operationName !== undefined && { operationName }),
    ...(choices.percent(2) && { more: choices.one([{ extensions: {} }, { extensions: null }, { id: 'x' }]) }),
    method: choices.percent(8) ? 'GET' : 'POST',
    headers: headersOf(choices, supplies),
    caller,
    behaviour: behaviourOf(choices),
    again: Array.from({ length: choices.below(3) }, again),
  };
}

const chooseCaller = (choices: Choices): Caller =>
  choices.weighted<Caller>([
    [80, 'owner'],
    [4, 'reader'],
    [6, 'clerk'],
    [3, 'stranger'],
    [4, 'storeman'],
    [1, 'impostor'],
    [1, 'nobody'],
  ]);

function writeDocument(writing: Writing): WrittenOperation {
  const { choices } = writing;
  const kind = choices.weighted([
    [40, 'sage200'],
    [10, 'flat'],
    [6, 'nodes'],
    [6, 'two companies'],
    [12, 'erp'],
    [6, 'corpus'],
    [16, 'mixed'],
    [50, 'linked'],
    [3, 'own'],
    [2, 'mutation'],
    [3, 'broken'],
  ] as const);
  if (kind === 'corpus') return fromCorpus(choices);
  if (kind === 'mutation') return writeMutation(writing);
  const roots = rootsOf(kind === 'broken' ? 'sage200' : kind, writing);
  const head = choices.one(['query', 'query', 'query Generated']);
  const written = finish(roots, writing, head);
  return kind === 'broken' ? { ...written, source: broken(written.source, choices) } : written;
}

type Kind = 'sage200' | 'flat' | 'nodes' | 'two companies' | 'erp' | 'mixed' | 'linked' | 'own';

function rootsOf(kind: Kind, writing: Writing): string[] {
  const { choices } = writing;
  switch (kind) {
    case 'sage200':
      return choices.percent(15) ? [sage200(writing), sage200(writing, 'again: ')] : [sage200(writing)];
    case 'flat':
      return [flat(writing)];
    case 'nodes':
      return choices.one([[node], [nodes], [node, nodes]]).map((write) => write(writing));
    case 'two companies':
      return [sage200(writing, 'one: '), sage200(writing, 'two: ')];
    case 'erp':
      return Array.from({ length: 1 + choices.below(3) }, (_, index) => erp(writing, index));
    case 'own':
      return [
        choices.one([
          '__typename',
          'gateway { me { id kind readOnly tenants } }',
          INTROSPECTION,
          'gateway { __typename tenants { name collisions } }',
        ]),
      ];
    case 'linked': {
      writing.linkShare = 50;
      const both = choices.percent(15);
      return [linked(writing, ''), ...(both ? [linked(writing, 'l: ')] : [])];
    }
    case 'mixed': {
      const all = [
        () => sage200(writing),
        () => erp(writing, 0),
        () => erp(writing, 1),
        () => node(writing),
        () => 'gateway { me { id } }',
        () => '__typename',
      ];
      const picked = all.filter((_, index) => index < 2 || choices.percent(index === 2 || index === 5 ? 30 : 8));
      return (choices.percent(50) ? picked.toReversed() : picked).map((write) => write());
    }
  }
}

const INTROSPECTION = '__type(name: "Sage200Currency") { name fields { name type { name kind } } }';

function sage200(writing: Writing, alias = ''): string {
  const { choices, schema } = writing;
  const field = schema.getQueryType()?.getFields()['sage200'];
  const names = choices.weighted<readonly string[]>([
    [76, []],
    [18, ['site', 'company']],
    [2, ['site']],
    [4, ['company']],
  ]);
  const given = (field?.args ?? []).filter(({ name }) => names.includes(name));
  const text = given.map((argument) => `${argument.name}: ${writeValue(argument, writing)}`).join(', ');
  const selection = writeSelection(typeNamed(schema, 'Sage200'), writing, choices.one([3, 4, 4, 5]));
  return `${alias}sage200${text ? `(${text})` : ''} ${selection}`;
}

function flat(writing: Writing): string {
  const { choices, schema } = writing;
  const fields = Object.values(typeNamed(schema, 'Sage200').getFields());
  const lists = fields.filter(({ type }) => String(type).endsWith('Connection'));
  const usual = lists.filter(({ name }) => FAVOURITES.includes(name));
  return `sage200 { ${writeFlatList(choices.one(choices.percent(80) ? usual : lists), writing)} }`;
}

function node(writing: Writing): string {
  const field = writing.schema.getQueryType()?.getFields()['node'];
  const [id] = field?.args ?? [];
  const type = writing.schema.getType('Node');
  if (!id || !type || !('getFields' in type)) return '__typename';
  return `node(id: ${writeValue(id, writing)}) ${writeSelection(type as GraphQLObjectType, writing, 3)}`;
}

function nodes(writing: Writing): string {
  return node(writing).replace(/^node\(id: (\[?)/, (_, list: string) => `nodes(ids: ${list}`);
}

/** Rows that links stand on, in any of the ways that lead to them. */
const LINKED = [
  ['sage200', 'customers', 'Sage200Customer'],
  ['sage200', 'customers', 'Sage200Customer'],
  ['sage200', 'products', 'Sage200Product'],
  ['sage200', 'sopOrders', 'Sage200SopOrder'],
  ['xtremMasterData', 'customer', 'Customer'],
  ['xtremMasterData', 'customer', 'Customer'],
  ['xtremMasterData', 'item', 'Item'],
  ['xtremSales', 'salesOrder', 'SalesOrder'],
] as const;

function linked(writing: Writing, alias: string): string {
  const { choices, schema } = writing;
  const [root, list, type] = choices.one(LINKED);
  const first = choices.one([1, 2, 3, 8, 20, 60]);
  const row = writeSelection(typeNamed(schema, type), writing, choices.one([2, 3, 4, 7]));
  if (root !== 'sage200') {
    const more = choices.percent(20) ? ' pageInfo { hasNextPage }' : '';
    return `${alias}${root} { ${list} { query(first: ${first}) { edges { node ${row} }${more} } } }`;
  }
  const rows = choices.percent(70) ? `nodes ${row}` : `edges { cursor node ${row} }`;
  return `${alias}${root} { ${list}(first: ${first}) { ${rows} } }`;
}

/** Any package of the tenant. */
function erp(writing: Writing, index: number): string {
  const { choices, schema } = writing;
  const packages = Object.values(schema.getQueryType()?.getFields() ?? {}).filter(({ name }) =>
    name.startsWith('xtrem'),
  );
  const usual = packages.filter(({ name }) => /MasterData|Sales|System|Structure/.test(name));
  const { name, type } = choices.one(choices.percent(70) ? usual : packages);
  const alias = index > 0 || choices.percent(30) ? `p${index}: ` : '';
  return `${alias}${name} ${writeSelection(type as GraphQLObjectType, writing, choices.one([4, 5, 6]))}`;
}

function fromCorpus(choices: Choices): WrittenOperation {
  const { source, variables = {} } = choices.one(choices.percent(85) ? READING : WRONG);
  return { source, variables, others: variables };
}

/** Refused before anything is sent: both gateways are to find the same rows afterwards. */
function writeMutation({ choices }: Writing): WrittenOperation {
  const { source, variables } = choices.one<Omit<WrittenOperation, 'others'>>([
    { source: 'mutation { sage200 { createCustomer(input: {}) { customer { id } } } }', variables: {} },
    {
      source:
        'mutation ($input: Sage200CreateCustomerInput!) { sage200 { createCustomer(input: $input) { customer { id } userErrors { code message } } } }',
      variables: { input: { reference: 'MUCH-TOO-LONG-A-REFERENCE', name: 'x' } },
    },
    { source: 'mutation { sage200 { nothing } }', variables: {} },
    {
      source: 'mutation { sage200(site: "x y") { deleteCustomer(id: "1") { deletedId } } }',
      variables: {},
    },
    { source: 'subscription { sage200 { id } }', variables: {} },
  ]);
  return { source, variables, others: variables };
}

function broken(source: string, choices: Choices): string {
  return choices.one([
    () => source.replace('{', '{ noSuchField '),
    () => source.slice(0, -3),
    () => `${source} }`,
    () => '',
    () => `fragment Lonely on Sage200 { id } ${source}`,
    () => source.replace('sage200', 'sage201'),
    () => `{ sage200 { ${'customers { nodes { '.repeat(1)}${'currency { '.repeat(25)}id${' }'.repeat(28)} }`,
    () => `{ sage200 { ${Array.from({ length: 101 }, (_, index) => `x${index}: id`).join(' ')} } }`,
    () => `{ ${Array.from({ length: 31 }, (_, index) => `r${index}: __typename`).join(' ')} }`,
    () => '{ sage200 { ...A } } fragment A on Sage200 { ...B } fragment B on Sage200 { ...A }',
    () => `query ($unused: Int) ${source.replace(/^query( Generated)?(\([^)]*\))?/, '')}`,
  ])();
}

/** Now and then one of several operations, chosen in any of the ways. */
function withSiblings(
  { source, ...values }: WrittenOperation,
  choices: Choices,
): WrittenOperation & { readonly operationName?: string | null | undefined } {
  const name = /^query Generated/.test(source) ? 'Generated' : undefined;
  if (name === undefined || !choices.percent(12)) {
    return {
      source,
      ...values,
      operationName: choices.percent(60)
        ? undefined
        : choices.weighted([
            [20, name],
            [1, null],
            [1, ''],
            [1, 'Other'],
          ]),
    };
  }
  const other = choices.one([
    'query Other { __typename }',
    'query Other { xtremMasterData { item { query { totalCount } } } }',
    'query Other { sage200 { id } }',
    'mutation Other { sage200 { __typename } }',
    'query Other { noSuchField }',
  ]);
  const operationName = choices.one([name, name, name, name, 'Other', undefined, null, 'Nobody']);
  return { source: choices.percent(50) ? `${source}\n${other}` : `${other}\n${source}`, ...values, operationName };
}

function headersOf(choices: Choices, { sites, companies }: Supplies): Record<string, string> {
  const accept = choices.weighted([
    [10, undefined],
    [3, 'application/json'],
    [3, 'application/graphql-response+json'],
    [1, 'application/graphql-response+json; charset=utf-8, application/json; q=0.9'],
    [0.3, 'text/plain'],
  ]);
  return {
    ...(accept !== undefined && { accept }),
    ...(choices.percent(5) && { 'x-tenant': choices.one(['globex', 'acme', 'acme', 'nobody']) }),
    ...(choices.percent(4) && { 'x-site': choices.one([...sites, 'nowhere']) }),
    ...(choices.percent(5) && { 'x-company': choices.one([...companies, '77', 'x y']) }),
    ...(choices.percent(3) && { 'accept-encoding': choices.one(['gzip', 'br', 'identity']) }),
  };
}

/** Something is wrong in a third of the cases: a failing upstream, odd rows, or both. */
function behaviourOf(choices: Choices): Behaviour {
  if (!choices.percent(34)) return {};
  const isFault = choices.percent(50);
  const much = choices.percent(30);
  return {
    ...(isFault && { fault: faultOf(choices) }),
    ...((!isFault || choices.percent(10)) && {
      oddness: {
        seed: choices.below(1_000_000),
        values: choices.one([0, 5, 20, much ? 300 : 60]),
        rows: choices.one([0, 20, much ? 300 : 50]),
        bodies: choices.one([0, 0, much ? 50 : 6]),
        bytes: choices.one([0, 0, 20, much ? 100 : 40]),
      },
    }),
  };
}

/** Parts of addresses, from the narrow to the wide. */
const PLACES = ['customers', 'sop_orders', 'currencies', '$count', '$filter', 'products', '/uk/', '/uk/', '', ''];

function faultOf(choices: Choices): UpstreamFault {
  const match = choices.one(PLACES);
  const half = choices.percent(25);
  // What the tenant says about tokens and addresses is remembered for a while, so it is not the same each time.
  const atSage200 = match === '' ? '/uk/' : match;
  return choices.weighted<UpstreamFault>([
    [5, { match, half, kind: 'status', status: choices.one([500, 502, 503]) }],
    [4, { match, half, kind: 'status', status: 429, headers: choices.one([{}, { 'retry-after': '7' }]) }],
    [3, { match: atSage200, half, kind: 'status', status: 404 }],
    [2, { match: atSage200, half, kind: 'status', status: 401 }],
    [3, { match, half, kind: 'status', status: 403 }],
    [3, { match, half, kind: 'status', status: choices.one([400, 409, 422]), body: choices.one(MESSAGES) }],
    [1, { match, half, kind: 'status', status: choices.one([504, 408, 418, 302]) }],
    [1, { match, half, kind: 'status', status: choices.one([201, 206]), body: '[]' }],
    [0.5, { match, half, kind: 'status', status: 204, body: '' }],
    [3, { match, half, kind: 'cut' }],
    [3, { match, half, kind: 'cutBody' }],
    [3, { match, half, kind: 'garbage' }],
    [1, { match, half, kind: 'garbage', body: '[{"id":1},' }],
    [2, { match, half, kind: 'empty' }],
    [0.5, { match, half, kind: 'hang' }],
    [1, { match, half, kind: 'delay', delayMs: 40 }],
  ]);
}

const MESSAGES = [
  '{"Message":"The reference is taken. See https://inner.example/x?token=1"}',
  '{"message":"no"}',
  '{"Message":""}',
  'not JSON',
  '{"$diagnoses":[{"$severity":"error","$message":"It is refused."}]}',
];

function typeNamed(schema: GraphQLSchema, name: string): GraphQLObjectType {
  const type = schema.getType(name);
  if (!type || !('getFields' in type)) throw new Error(`The schema has no type ${name}.`);
  return type as GraphQLObjectType;
}
