import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

let sandbox: Sandbox;
let gateway: TestGateway;
let place: { readonly site: string; readonly company: string };

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 10 });
  const [company] = sandbox.companies;
  place = { site: company?.siteId ?? '', company: String(company?.companyId) };
  gateway = await startTestGateway({ sandbox });
  await warmUp(gateway);
});

beforeEach(() => sandbox.sage200.clearRequests());
afterEach(() => sandbox.sage200.clearFaults());

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const forge = (text: string) => Buffer.from(text).toString('base64url');
const idOf = (key: string, typeName = 'Sage200Customer', { site, company } = place) =>
  forge(['s2', site, company, typeName, key].join('\n'));
const requests = () => sandbox.sage200.requests().filter(({ path }) => !path.endsWith('/sites'));
const codesOf = ({ errors }: Answer) => errors?.map(({ extensions: { code, source } }) => `${source} ${code}`);

/** What is not a key of a row, in Sage's spelling. */
const NOT_KEYS = [
  '0 or id gt 0',
  '1 or 1 eq 1',
  '.',
  '..',
  '../suppliers/27828',
  '27828/customer_contacts',
  '27828?$expand=emails',
  '27828#',
  '%2e%2e',
  '%32%37%38%32%38',
  'null',
  'true',
  'id',
  'reference',
  '"text"',
  "'27828'",
  '[1]',
  '{"a":1}',
  '-27828',
  '+27828',
  '027828',
  '00',
  '2.7828e4',
  '27828e0',
  '1E21',
  '27828.0',
  '0x6CB4',
  ' 27828',
  '27828 ',
  '27 828',
  '27,828',
  '27_828',
  '27828\u0000',
  '27828\r\nX-Company: 2',
  '27828\n27828',
  '٢٧٨٢٨',
  '２７８２８',
  '9223372036854775808',
  '18446744073709551616',
  '1'.repeat(400),
  'Infinity',
  'NaN',
];

/** Ids that are not what the gateway writes, though a lenient reader would take a key out of each. */
const NOT_IDS = (): [name: string, id: string][] => {
  const good = idOf('27828');
  const { site, company } = place;
  return [
    ['empty', ''],
    ['with padding', `${good}${'='.repeat((4 - (good.length % 4)) % 4) || '='}`],
    ['with a blank in it', `${good.slice(0, 8)} ${good.slice(8)}`],
    ['with a line break at its end', `${good}\n`],
    ['with more behind it', `${good}!`],
    [
      'in the other alphabet',
      Buffer.from(`s2\n${site}\n${company}\nSage200Customer\n27828\u00ff?>~`).toString('base64'),
    ],
    ['whose last bits are not zero', looseBits(good)],
    ['of another version', forge(['s3', site, company, 'Sage200Customer', '27828'].join('\n'))],
    ['with the version in another case', forge(['S2', site, company, 'Sage200Customer', '27828'].join('\n'))],
    ['with a part too few', forge(['s2', site, company, '27828'].join('\n'))],
    ['with a part too many', forge(['s2', site, company, 'Sage200Customer', '27828', ''].join('\n'))],
    ['with carriage returns', forge(['s2', site, company, 'Sage200Customer', '27828'].join('\r\n'))],
    ['with bytes that are not UTF-8', Buffer.from([0x73, 0x32, 0x0a, 0xff, 0xfe]).toString('base64url')],
    ['without a key', idOf('')],
    ['of the company', idOf('', 'Sage200')],
    ['of the company with a key', idOf('27828', 'Sage200')],
    ['of a type that is none', idOf('27828', 'Sage200Nothing')],
    ['of a type in another case', idOf('27828', 'sage200customer')],
    ['of a type out of the language', idOf('27828', '__proto__')],
    ['of an input type', idOf('27828', 'Sage200CreateCustomerInput')],
    ['with a company that is not a number', idOf('27828', 'Sage200Customer', { site, company: 'one' })],
    ['with a company written otherwise', idOf('27828', 'Sage200Customer', { site, company: `0${company}` })],
    ['with a site that could end a header', idOf('27828', 'Sage200Customer', { site: `${site}\r`, company })],
    ['with a very long site', idOf('27828', 'Sage200Customer', { site: 'a'.repeat(5_000), company })],
    ['that is an ERP id', 'eyJfaWQiOiI0MiJ9'],
    ['that is very long', 'A'.repeat(50_000)],
  ];
};

/** The same bytes with bits set behind the last one: base64 readers drop them. */
function looseBits(id: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const [bytes, last] = [Buffer.from(id, 'base64url'), id.at(-1) ?? ''];
  const loose = [...alphabet].find(
    (letter) => letter !== last && Buffer.from(id.slice(0, -1) + letter, 'base64url').equals(bytes),
  );
  return loose === undefined ? `${id}A` : id.slice(0, -1) + loose;
}

interface Place {
  /** With the id as `$id`. */
  readonly document: string;
  /** The type that the id must belong to. */
  readonly typeName: string;
}

const query = (fields: string, typeName = 'Sage200Customer'): Place => ({
  document: `query ($id: ID!) { sage200 { ${fields} } }`,
  typeName,
});
const mutation = (fields: string, typeName = 'Sage200Customer'): Place => ({
  document: `mutation ($id: ID!) { sage200 { ${fields} } }`,
  typeName,
});

const PLACES: Readonly<Record<string, Place>> = {
  'a row by its id': query('customer(id: $id) { name }'),
  'a row beside another': query('customer(id: $id) { name } supplier(id: "1") { name }'),
  'two rows by their ids': query('a: customer(id: $id) { id } b: customer(id: $id) { sopOrders { nodes { id } } }'),
  'a filter by id': query('customers(filter: { id: { eq: $id } }) { nodes { id } }'),
  'a filter by a larger id': query('customers(filter: { id: { gt: $id } }) { nodes { id } }'),
  'a filter by many ids': query('customers(filter: { id: { in: ["1", $id] } }) { totalCount }'),
  'a filter by a reference': query('sopOrders(filter: { or: [{ customerId: { ne: $id } }] }) { nodes { id } }'),
  'a filter under a row': query(
    'customers(first: 1) { nodes { sopOrders(filter: { customerId: { eq: $id } }) { nodes { id } } } }',
  ),
  'a filter by a name that no row has': query(
    'sopConfirmDespatchList(filter: { traderId: { eq: $id } }) { totalCount }',
  ),
  'a read by POST': query('salesInvoicesNew(customerId: $id) { customerId }'),
  node: { document: 'query ($id: ID!) { node(id: $id) { id } }', typeName: 'Sage200Customer' },
  nodes: { document: 'query ($id: ID!) { nodes(ids: [$id]) { id } }', typeName: 'Sage200Customer' },
  'a change': mutation('updateCustomer(id: $id, input: { name: "X" }) { customer { id } }'),
  'a change under a lock': mutation(
    'updateSopOrder(id: $id, input: { customerDocumentNo: "X" }) { sopOrder { id } }',
    'Sage200SopOrder',
  ),
  'a removal': mutation('deleteCustomer(id: $id) { deletedId }'),
  'the parent of a new row': mutation(
    'createCustomerContact(customerId: $id, input: { firstName: "X" }) { customerContact { id } }',
  ),
  'a reference in a body': mutation('createSopOrder(input: { customerId: $id }) { sopOrder { id } }'),
  'a row in a body': mutation(
    'updateDepartments(input: [{ sageId: $id, name: "X" }]) { departments { sageId } }',
    'Sage200Department',
  ),
  'a lock in a body': mutation(
    'updateSopOrder(id: "1", input: { lockId: $id }) { sopOrder { id } }',
    'Sage200SopOrder',
  ),
  'an action by PUT': mutation('sopOrdersStatus(id: $id, status: "Live") { sopOrder { id } }', 'Sage200SopOrder'),
};

describe.each(Object.entries(PLACES))('%s', (_name, { document, typeName }) => {
  const expectRefused = async (id: string, name: string) => {
    const answer = await gateway.query(document, { variables: { id } });

    expect(new Set(codesOf(answer)), name).toEqual(new Set(['gateway BAD_USER_INPUT']));
    for (const { message } of answer.errors ?? []) {
      expect(message).toMatch(/\bid\b/);
      expect(message.length).toBeLessThan(300);
    }
  };
  /** What else the documents ask for: another row, and rows that lists stand under. */
  const expectNothingSent = () => {
    for (const { method, path, body } of requests()) {
      expect([method, body]).toEqual(['GET', undefined]);
      expect(path).toMatch(/\/suppliers\/1\?|\/customers\?\$select=id&\$orderby=id%20asc&\$top=1$/);
    }
  };

  test('accepts an invalid key neither as a sageId nor in an id', async () => {
    for (const key of NOT_KEYS)
      await Promise.all([expectRefused(key, key), expectRefused(idOf(key, typeName), `an id of ${key}`)]);

    expectNothingSent();
  });

  test('accepts no id that the gateway would not write', async () => {
    const ids = NOT_IDS().filter(([name]) => !(name === 'of the company' && /node/.test(_name)));
    for (const [name, id] of ids) await expectRefused(id, name);

    expectNothingSent();
  });

  test('accepts a sageId and the id of the row', async () => {
    for (const id of ['27828', '0', '9223372036854775807', idOf('27828', typeName)]) {
      if (/^\d/.test(id) && /node/.test(_name)) continue;
      const codes = codesOf(await gateway.query(document, { variables: { id } })) ?? [];

      expect(codes.filter((code) => code.startsWith('gateway'))).toEqual([]);
    }
  });
});
