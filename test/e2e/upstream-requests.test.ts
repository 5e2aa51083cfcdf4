import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, ERP_CUSTOMER_LINK, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

const LIMIT = 8;

let sandbox: Sandbox;
/** With the default of 250. */
let gateway: TestGateway;
let narrow: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 130 });
  gateway = await startTestGateway({ sandbox });
  narrow = await startTestGateway({
    sandbox,
    edit: (file) => {
      file['limits'] = { upstreamRequests: LIMIT };
      file['sage200'] = { ...file['sage200'], maxFilterTerms: 10 };
      Object.assign(file, { links: [ERP_CUSTOMER_LINK] });
    },
  });
  await Promise.all([warmUp(gateway), warmUp(narrow)]);
});

beforeEach(() => {
  for (const server of [sandbox.sage200, sandbox.erp]) server.clearRequests();
});

afterAll(async () => {
  await Promise.all([gateway.close(), narrow.close()]);
  await sandbox.close();
});

const codesOf = ({ errors = [] }: Answer) => [...new Set(errors.map(({ extensions }) => extensions['code']))];
const asked = () => sandbox.sage200.requests().filter(({ path }) => !path.endsWith('/sites')).length;
const askedErp = () => sandbox.erp.requests().filter(({ path }) => !path.includes('token')).length;
const names = (count: number) => Array.from({ length: count }, (_, index) => `Name ${index}`);
const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join(' ');

const BY_NAME = 'query ($f: Sage200CustomerFilter) { sage200 { customers(filter: $f, first: 10) { nodes { id } } } }';

describe('reads', () => {
  test('20,000 names in one filter are refused with the limit and its setting, before the first request', async () => {
    for (let round = 0; round < 3; round += 1) {
      const answer = await gateway.query(BY_NAME, { variables: { f: { name: { in: names(19_990) } } } });

      expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
      expect(answer.errors?.[0]).toMatchObject({
        message:
          'This operation needs more than 250 requests to Sage (limits.upstreamRequests). Request fewer rows or fewer values at a time, or split it into several operations.',
        path: ['sage200', 'customers'],
        extensions: { source: 'gateway' },
      });
      expect(answer.data).toEqual({ sage200: { customers: null } });
    }
    expect(asked()).toBe(0);
  });

  test('up to the limit are made, the first time and by a plan', async () => {
    for (let round = 0; round < 3; round += 1) {
      sandbox.sage200.clearRequests();
      const answer = await narrow.query(BY_NAME, { variables: { f: { name: { in: names(10 * LIMIT) } } } });

      expect(answer.errors).toBeUndefined();
      expect(asked()).toBe(LIMIT);
    }
  });

  test('the one above the limit is not made and its field says so; the others are answered', async () => {
    const lists = many(
      LIMIT + 2,
      (index) => `a${index}: customers(first: 1, filter: { name: { contains: "${index}" } }) { nodes { id } }`,
    );
    for (let round = 0; round < 3; round += 1) {
      sandbox.sage200.clearRequests();
      const answer = await narrow.query(`{ sage200 { ${lists} } }`);

      expect(asked()).toBe(LIMIT);
      expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
      expect(answer.errors?.map(({ path }) => path?.[1])).toEqual([`a${LIMIT}`, `a${LIMIT + 1}`]);
      expect(Object.values(answer.data.sage200).filter((list) => list !== null)).toHaveLength(LIMIT);
    }
  });

  test('counts, references and nested lists count as requests too', async () => {
    const query = '{ sage200 { customers(first: 130) { totalCount nodes { sopOrders(first: 1) { nodes { id } } } } } }';
    for (let round = 0; round < 3; round += 1) {
      sandbox.sage200.clearRequests();
      const answer = await narrow.query(query);

      expect(asked()).toBeLessThanOrEqual(LIMIT);
      expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
      expect(answer.errors?.[0]?.path?.at(-1)).toBe('sopOrders');
      expect(answer.data.sage200.customers.totalCount).toBeGreaterThanOrEqual(100);
    }
  });

  test('of both systems and of links are counted together', async () => {
    const lists = many(
      LIMIT - 1,
      (index) => `a${index}: customers(first: 1, filter: { name: { contains: "${index}" } }) { nodes { id } }`,
    );
    const answer = await narrow.query(
      `{ sage200 { ${lists} b: customers(first: 3) { nodes { reference erpCustomer { name } } } } xtremMasterData { customer { query(first: 1) { totalCount } } } }`,
    );

    expect(asked() + askedErp()).toBe(LIMIT);
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
  });
});

describe('writes', () => {
  const create = (index: number) =>
    `a${index}: createCustomer(input: { reference: "LIM${index}", name: "Limited ${index}" }) { customer { sageId balance } userErrors { message } }`;

  test('more than the limit are refused before the first is sent', async () => {
    const answer = await narrow.query(`mutation { sage200 { ${many(LIMIT + 1, create)} } }`);

    expect(answer.data).toBeUndefined();
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
    expect(answer.errors?.[0]?.message).toMatch(
      /more than 8 requests .*\(limits\.upstreamRequests\)\. Send fewer mutations/,
    );
    expect(asked()).toBe(0);
  });

  test('in fragments are counted, but not those that a variable skips', async () => {
    const fields = [`...F`, create(LIMIT).replace(') {', ') @skip(if: $no) {')].join(' ');
    const fragment = `fragment F on Sage200Mutation { ${many(LIMIT, (index) => create(index).replace('LIM', 'FRA'))} }`;
    const document = `mutation ($no: Boolean!) { sage200 { ${fields} } } ${fragment}`;

    const all = await narrow.query(document, { variables: { no: false } });
    expect(codesOf(all)).toEqual(['COST_EXCEEDED']);
    expect(asked()).toBe(0);

    const fewer = await narrow.query(document, { variables: { no: true } });
    expect(sandbox.sage200.requests().filter(({ method }) => method === 'POST')).toHaveLength(LIMIT);
    expect(Object.keys(fewer.data.sage200)).toHaveLength(LIMIT);
  });

  test('up to the limit are all carried out; reads after them are refused field by field', async () => {
    const answer = await narrow.query(`mutation { sage200 { ${many(LIMIT, create)} } }`);

    const writes = sandbox.sage200.requests().filter(({ method }) => method === 'POST');
    expect(writes).toHaveLength(LIMIT);
    expect(codesOf(answer)).not.toContain('OUTCOME_UNKNOWN');
    expect(Object.keys(answer.data.sage200)).toHaveLength(LIMIT);
  });

  test('of locked documents are counted with their locks', async () => {
    const { data } = await gateway.query('{ sage200 { sopOrders(first: 3) { nodes { id } } } }');
    sandbox.sage200.clearRequests();
    const update = ({ id }: { id: string }, index: number) =>
      `a${index}: updateSopOrder(id: "${id}", input: { customerDocumentNo: "X${index}" }) { userErrors { message } }`;
    const nodes: readonly { id: string }[] = data.sage200.sopOrders.nodes;

    const three = await narrow.query(`mutation { sage200 { ${nodes.map(update).join(' ')} } }`);
    expect(codesOf(three)).toEqual(['COST_EXCEEDED']);
    expect(asked()).toBe(0);

    const two = await narrow.query(`mutation { sage200 { ${nodes.slice(0, 2).map(update).join(' ')} } }`);
    expect(codesOf(two)).not.toContain('COST_EXCEEDED');
    expect(sandbox.sage200.requests().filter(({ method }) => method === 'PUT').length).toBeGreaterThanOrEqual(2);
  });
});
