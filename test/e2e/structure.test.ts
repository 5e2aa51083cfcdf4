import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { hostile } from '../support/hostile-text.ts';
import { literalsOf, parseFilter } from '../support/odata-tree.ts';
import { erpShape, sentShape } from '../support/sent-shape.ts';
import { type Answer, ERP_CUSTOMER_LINK, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

/** Values tried at each place, beside those that are always tried. */
const CASES = 25;

let sandbox: Sandbox;
let gateway: TestGateway;
let place: { readonly site: string; readonly company: string };

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 10 });
  const [company] = sandbox.companies;
  place = { site: company?.siteId ?? '', company: String(company?.companyId) };
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      const entries = { from: 'Sage200Customer.currencyId', to: 'xtremMasterData.customer', key: 'id' };
      Object.assign(file, { links: [ERP_CUSTOMER_LINK, { name: 'erpByCurrency', ...entries, reverse: 'byCurrency' }] });
    },
  });
  await warmUp(gateway);
});

const clear = () => {
  for (const server of [sandbox.sage200, sandbox.erp]) {
    server.clearRequests();
    server.clearFaults();
  }
};
beforeEach(clear);
afterEach(clear);

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const sage200Shapes = () =>
  sandbox.sage200
    .requests()
    .filter(({ path }) => !path.endsWith('/sites'))
    .map(sentShape);

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const idOf = (key: string, typeName: string) =>
  Buffer.from(['s2', place.site, place.company, typeName, key].join('\n')).toString('base64url');

interface Place {
  readonly document: string;
  /** Variables and headers with the value where it goes. */
  readonly give: (value: string) => { variables?: object; headers?: Record<string, string> };
  /** Values that are right, or at least sent. */
  readonly harmless: readonly string[];
  /** Tried in any case. */
  readonly always?: readonly string[];
  /** What is asked of the rest of the document when the value is refused, or stands for none. */
  readonly without?: string;
}

const asVariable = (value: string) => ({ variables: { v: value } });
const KEYS = ['0 or id gt 0', '.', '..', 'null', '"text"', '1/../2', '27828 or 1 eq 1', '-1', 'id', '%2e'];

const id = (fields: string, typeName = 'Sage200Customer', kind = 'query'): Place => ({
  document: `${kind} ($v: ID!) { sage200 { ${fields} } }`,
  give: asVariable,
  harmless: ['27828', idOf('27828', typeName)],
  always: [...KEYS, ...KEYS.map((key) => idOf(key, typeName))],
});
const text = (fields: string, kind = 'query'): Place => ({
  document: `${kind} ($v: String!) { sage200 { ${fields} } }`,
  give: asVariable,
  harmless: ['x', "it's"],
  always: [
    "' or id gt 0 or name eq '",
    "x') or contains(name,'",
    '","id":1,"x":"',
    'x&$filter=id gt 0',
    'x\r\nX-Company: 9',
  ],
});

const CUSTOMER = '{ customer { id } userErrors { message } }';
/** Each kind of place that takes a text. Made late: ids need the company. */
const PLACES: Readonly<Record<string, () => Place>> = {
  'an id in a path': () => id('customer(id: $v) { name }'),
  'an id in a filter': () => id('customers(filter: { id: { eq: $v } }) { nodes { id } }'),
  'ids in an or-chain': () => id('sopOrders(filter: { customerId: { in: ["1", $v] } }) { totalCount }'),
  'ids of several rows': () => ({
    ...id('a: customer(id: $v) { name } b: customer(id: "1") { name }'),
    without: '{ sage200 { b: customer(id: "1") { name } } }',
  }),
  'an id in a POST that reads': () => id('salesInvoicesNew(customerId: $v) { customerId }'),
  'an id in the path of a PUT': () =>
    id(`updateCustomer(id: $v, input: { analysisCode1: "a" }) ${CUSTOMER}`, 'Sage200Customer', 'mutation'),
  'an id in the path of a DELETE': () => id('deleteCustomer(id: $v) { deletedId }', 'Sage200Customer', 'mutation'),
  'an id in the path of a POST': () =>
    id(
      'createCustomerContact(customerId: $v, input: { firstName: "a" }) { customerContact { id } }',
      'Sage200Customer',
      'mutation',
    ),
  'an id in a body': () =>
    id('createSopOrder(input: { customerId: $v }) { sopOrder { id } }', 'Sage200Customer', 'mutation'),
  'an id that node takes': () => ({
    ...id('__typename'),
    document: 'query ($v: ID!) { node(id: $v) { id ... on Sage200Customer { name } } }',
    harmless: [idOf('27828', 'Sage200Customer')],
  }),
  'a text in a filter': () =>
    text('customers(filter: { or: [{ name: { eq: $v } }, { not: { name: { contains: $v } } }] }) { nodes { id } }'),
  'a text in an or-chain': () => text('customers(filter: { reference: { in: ["A", $v] } }) { totalCount }'),
  'a text in a filter under rows': () =>
    text(
      'customers(first: 3) { nodes { sopOrders(filter: { customerDocumentNo: { startsWith: $v } }) { nodes { id } } } }',
    ),
  'a text in a body': () =>
    text(`updateCustomer(id: "27828", input: { analysisCode1: $v, name: $v }) ${CUSTOMER}`, 'mutation'),
  'an idempotency key': () =>
    text(`updateCustomer(id: "27828", idempotencyKey: $v, input: { analysisCode1: "a" }) ${CUSTOMER}`, 'mutation'),
  'a cursor': () => ({
    ...text('customers(first: 2, after: $v) { nodes { id } }'),
    harmless: [encode(['Sage200Customer:id', [1]])],
    always: [...KEYS.map((key) => encode(['Sage200Customer:id', [key]])), encode(['Sage200Customer:id', [null]])],
    without: '{ sage200 { customers(first: 2) { nodes { id } } } }',
  }),
  'a value in a cursor': () => ({
    ...text('customers(first: 2, orderBy: [{ reference: ASC }], after: $v) { nodes { id } }'),
    give: (value) => asVariable(encode(['Sage200Customer:reference,id', [value, 1]])),
  }),
  'a key in a cursor': () => ({
    ...text('customers(first: 2, orderBy: [{ reference: ASC }], after: $v) { nodes { id } }'),
    give: (value) => asVariable(encode(['Sage200Customer:reference,id', ['x', value]])),
    harmless: ['27828'],
    always: KEYS,
  }),
  'a decimal': () => ({
    ...text('customers(filter: { balance: { gt: $v } }) { nodes { id } }'),
    document: 'query ($v: Sage200Decimal!) { sage200 { customers(filter: { balance: { gt: $v } }) { nodes { id } } } }',
    harmless: ['1.5'],
    always: ['1 or id gt 0', 'null', 'balance', '+1', '1e5', 'INF'],
  }),
  'an instant': () => ({
    ...text(''),
    document: 'query ($v: Sage200DateTime!) { sage200 { customers(changedSince: $v) { nodes { id } } } }',
    harmless: ['2026-03-31T09:30:00Z'],
    always: ['now()', 'null', '2026-03-31T09:30:00Z or id gt 0'],
  }),
  'the name of an order': () => ({
    ...text(''),
    document: 'query ($v: [Sage200CustomerOrder!]) { sage200 { customers(orderBy: $v) { nodes { id } } } }',
    give: (value) => ({ variables: { v: [{ [value]: 'ASC' }] } }),
    harmless: ['name'],
    always: ['__proto__', 'constructor', 'name desc', 'name,id'],
  }),
  'a site': () => ({
    ...text(''),
    document: `query ($v: ID!) { sage200(site: $v, company: ${place.company}) { customers(first: 1) { nodes { id } } } }`,
    harmless: [place.site],
    always: [`${place.site}\r\nX-Company: 9`, `${place.site} `, '.'],
  }),
  'a company': () => ({
    ...text(''),
    document: 'query ($v: ID!) { sage200(company: $v) { customers(first: 1) { nodes { id } } } }',
    harmless: [place.company],
    always: [`${place.company}\r\nX-Site: 9`, `0${place.company}`, 'one'],
  }),
};

/** Headers take visible Latin-1 only: what cannot be sent to the gateway at all is not its matter. */
const asHeader = (value: string) => value.replace(/[^\x20-\x7e\xa0-\xff]/g, '');
const HEADERS: Readonly<Record<string, () => string>> = {
  'x-site': () => place.site,
  'x-company': () => place.company,
  'x-tenant': () => 'acme',
};

describe('whatever the value of', () => {
  async function sentFor({ document, give }: Place, value: string): Promise<{ answer: Answer; shapes: string[] }> {
    sandbox.sage200.clearRequests();
    const { variables = {}, headers = {} } = give(value);
    const answer = await gateway.query(document, { variables, headers });
    return { answer, shapes: sage200Shapes() };
  }

  async function expectSameShape(of: Place): Promise<void> {
    const known = new Set<string>();
    for (const value of of.harmless) {
      const { shapes } = await sentFor(of, value);
      expect(shapes.length, value).toBeGreaterThan(0);
      for (const shape of shapes) known.add(shape);
    }
    if (of.without !== undefined) {
      const { shapes } = await sentFor({ ...of, document: of.without, give: () => ({}) }, '');
      for (const shape of shapes) known.add(shape);
    }
    const check = async (value: string) => {
      const { answer, shapes } = await sentFor(of, value);

      for (const shape of shapes) expect([...known]).toContain(shape);
      expect(answer.errors?.filter(({ extensions }) => extensions['code'] === 'INTERNAL') ?? []).toEqual([]);
    };
    for (const value of of.always ?? []) await check(value);
    await fc.assert(fc.asyncProperty(hostile, check), { numRuns: CASES });
  }

  test.each(Object.entries(PLACES))(
    '%s, what is sent has the same structure',
    async (_name, of) => {
      await expectSameShape(of());
    },
    60_000,
  );

  test.each(Object.entries(HEADERS))(
    'the header %s, what is sent has the same structure',
    async (name, right) => {
      await expectSameShape({
        document: '{ sage200 { customers(first: 1) { nodes { id } } } }',
        give: (value) => ({ headers: { 'x-company': place.company, [name]: asHeader(value) } }),
        harmless: [right()],
        always: ['9', 'a b', '..', `${right()}, ${right()}`, `${right()}?`, 'é'],
      });
    },
    60_000,
  );
});

describe('whatever an upstream returns as', () => {
  const rows = (body: unknown[]) =>
    sandbox.sage200.fault({ match: '/customers?', kind: 'status', status: 200, body, times: 1 });

  test('the id of a row, the request with it has the same structure', async () => {
    const ask = async (id: unknown) => {
      clear();
      rows([{ id, reference: 'A', currency_id: id }]);
      const { errors } = await gateway.query(
        '{ sage200 { customers(first: 1) { nodes { currency { name } sopOrders { nodes { id } } } } } }',
      );
      expect(errors?.map(({ extensions }) => extensions['code']) ?? []).not.toContain('INTERNAL');
      return sage200Shapes();
    };
    const known = await ask(27828);
    expect(known).toHaveLength(3);

    await fc.assert(
      fc.asyncProperty(fc.oneof(hostile, fc.constantFrom(...KEYS)), async (id) => {
        for (const shape of await ask(id)) expect(known).toContain(shape);
      }),
      { numRuns: CASES },
    );
  });

  test('the key of a link into the ERP, the request has the same structure and looks for that key', async () => {
    const ask = async (reference: string) => {
      clear();
      rows([{ id: 1, reference }]);
      const { errors } = await gateway.query('{ sage200 { customers(first: 1) { nodes { erpCustomer { name } } } } }');
      expect(errors).toBeUndefined();
      return sandbox.erp.requests().filter(({ method, path }) => method === 'POST' && !path.startsWith('/v1/'));
    };
    const known = (await ask('x')).map(erpShape);
    expect(known).toHaveLength(1);

    await fc.assert(
      fc.asyncProperty(hostile, async (reference) => {
        const sent = await ask(reference);

        for (const shape of sent.map(erpShape)) expect(known).toContain(shape);
        expect(sent.length).toBe(reference.trim() !== '' && reference.isWellFormed() ? 1 : 0);
        for (const { body } of sent) expect(keysIn(body)).toContain(reference.trim());
      }),
      { numRuns: CASES },
    );
  });

  const erpRow = (name: string, id: string) => {
    const document = `{ xtremMasterData { customer { query(first: 1) { edges { node { id ${name} { name } } } } } } }`;
    clear();
    sandbox.erp.fault({
      match: '/api',
      method: 'POST',
      kind: 'status',
      status: 200,
      body: { data: { xtremMasterData: { customer: { query: { edges: [{ node: erpNode(id) }] } } } } },
    });
    return gateway.query(document);
  };

  test('the key of a link into Sage 200, the request has the same structure and looks for that key', async () => {
    await erpRow('sage200Customer', 'x');
    const known = sage200Shapes();
    expect(known).toHaveLength(1);

    await fc.assert(
      fc.asyncProperty(hostile, async (id) => {
        const { errors } = await erpRow('sage200Customer', id);

        expect(errors).toBeUndefined();
        const sent = sandbox.sage200.requests();
        for (const shape of sent.map(sentShape)) expect(oneKey(shape)).toBe(oneKey(known[0] ?? ''));
        for (const { path } of sent) {
          const filter = /\$filter=([^&]*)/.exec(path)?.[1] ?? '';
          expect(literalsOf(parseFilter(filter))).toContain(id.trim());
        }
      }),
      { numRuns: CASES },
    );
  });

  test('the key of a link to a column of ids, an impossible id finds nothing and does not affect others', async () => {
    const { data, errors } = await erpRow('byCurrency', 'ABS001');

    expect(errors).toBeUndefined();
    expect(data.xtremMasterData.customer.query.edges[0].node.byCurrency).toBeNull();
    expect(sage200Shapes()).toEqual([]);
  });
});

/** The keys that a tenant's request looks for. */
const keysIn = (body: unknown): string[] =>
  JSON.parse((body as { variables: { gateway_filter: string } }).variables.gateway_filter).id._in;
/** A key with blanks around it is looked for with and without them. */
const oneKey = (shape: string) => shape.replace(/OrExpression\((EqualsExpression\([^()]*\)),\1\)/, '$1');
/** A record under whichever aliases the gateway gives its fields. */
const erpNode = (id: string) => ({ id, gateway_key_id_sage200Customer: id });
