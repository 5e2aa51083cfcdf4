import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { startErpSandbox } from '../../src/sandbox/erp/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createSeed, type ErpData } from '../../src/sandbox/seed/index.ts';
import { inTurns, timesOf } from '../support/in-turns.ts';
import { ERP_CUSTOMER_LINK, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

const RUNS = timesOf('ISOLATION_RUNS', 2_000);
const AT_ONCE = 60;

/** Three tenants on one release, whose rows say whose they are. */
const TENANTS = ['one', 'two', 'three'] as const;
/** Three callers who may ask them all; each has its own connection, so that Sage 200 answers each for another person. */
const CALLERS = ['alice', 'bob', 'alice-too'] as const;
const keys = CALLERS.map((name) => createApiKey(name));

interface Asked {
  readonly query: string;
  readonly variables?: object;
  readonly operationName?: string;
}

const row = (id: string) => `xtremMasterData { customer { read(_id: "${id}") { id name } } }`;
const BY_ID =
  'query ($id: Id!) { xtremMasterData { customer { read(_id: $id) { id name businessEntity { name } } } } }';
const TWO = `query First { ${row('#ABS001')} } query Second { ${row('#OBR001')} }`;

/** What is asked at the same moment: one document each, some of them with other variables or for another operation. */
const DOCUMENTS: readonly (readonly Asked[])[] = [
  [{ query: `{ ${row('#ABS001')} }` }],
  [{ query: '{ xtremMasterData { customer { query(first: 3) { totalCount edges { node { _id id name } } } } } }' }],
  [
    {
      query: `{ sage200 { sites { nodes { companyName } } customers(first: 1) { nodes { name } } } ${row('#ABS001')} }`,
    },
  ],
  [
    {
      query: '{ xtremMasterData { customer { read(_id: "#ABS001") { id name sage200Customer { reference name } } } } }',
    },
  ],
  [{ query: '{ sage200 { customers(first: 3) { nodes { reference erpCustomer { id name } } } } }' }],
  ['#ABS001', '#OBR001'].map((id) => ({ query: BY_ID, variables: { id } })),
  ['First', 'Second'].map((operationName) => ({ query: TWO, operationName })),
];

const opened = new AsyncDisposableStack();
let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = opened.use(await startSandbox({ customers: 5 }));
  const erp = opened.use(
    await startErpSandbox({
      seed: sandbox.seed,
      tenants: TENANTS.map((name) => ({ name, tenantId: `tenant-${name}`, data: () => rowsOf(name) })),
    }),
  );
  gateway = opened.use(
    await startTestGateway({
      sandbox,
      connections: { alice: 'alice', bob: 'bob', 'alice-too': 'alice' },
      edit: (file) => {
        const { tokenUrl, clientId, clientSecret } = erp;
        const tenants = erp.tenants.map(({ name, tenantId }) => ({ name, tenantId, tokenUrl, clientId, clientSecret }));
        const apiKeys = CALLERS.map((name, index) => ({
          name,
          sha256: keys[index]?.sha256,
          connection: name,
          companies: 'all',
          tenants: TENANTS,
        }));
        Object.assign(file, { erp: { ...file['erp'], tenants }, callers: { apiKeys }, links: [ERP_CUSTOMER_LINK] });
      },
    }),
  );
  await warmUp(gateway, { authorization: `Bearer ${keys[0]?.key}` });
});

afterAll(() => opened.disposeAsync());

function rowsOf(tenant: string): ErpData {
  const data = createSeed({ customers: 5 }).erp();
  return {
    ...data,
    businessEntities: data.businessEntities.map((row) => ({ ...row, name: `${row.name} (${tenant})` })),
  };
}

interface Case extends Asked {
  readonly caller: number;
  readonly tenant: (typeof TENANTS)[number];
}

/** Every caller at every tenant with each document; documents change slowest, so that those at once ask the same. */
const CASES: readonly (readonly Case[])[] = DOCUMENTS.map((asked) =>
  asked.flatMap((each) => CALLERS.flatMap((_name, caller) => TENANTS.map((tenant) => ({ ...each, caller, tenant })))),
);
/** Times that all cases of a document come round before the next one does. */
const ROUNDS = 12;

async function ask({ caller, tenant, ...body }: Case): Promise<string> {
  const response = await gateway.post(body, { authorization: `Bearer ${keys[caller]?.key}`, 'x-tenant': tenant });
  return response.text();
}

test(`${TENANTS.length} tenants, ${CALLERS.length} callers, one document ${RUNS} times at once: nobody sees another's row`, async () => {
  const alone = new Map<Case, string>();
  for (const each of CASES.flat()) alone.set(each, await ask(each));
  const turns = CASES.flatMap((cases) => Array.from({ length: ROUNDS }, () => cases).flat());

  const wrong = await inTurns(RUNS, AT_ONCE, async (index) => {
    const each = turns[index % turns.length];
    return each && (await ask(each)) !== alone.get(each) ? each : undefined;
  });

  expect(wrong.filter((each) => each !== undefined)).toEqual([]);
  // They differ, or nothing could be mixed up.
  for (const [{ tenant }, answer] of alone) {
    expect(answer).toContain(`(${tenant})`);
    for (const other of TENANTS.filter((name) => name !== tenant)) expect(answer).not.toContain(`(${other})`);
  }
  const mixed = CASES[2]?.map((each) => alone.get(each));
  expect(new Set(mixed).size, 'by tenant, and by person where Sage 200 is asked').toBe(6);
  for (const cases of CASES.slice(5)) expect(new Set(cases.map((each) => alone.get(each))).size).toBe(6);
});

test('they share one schema, and no row', async () => {
  const { data } = await gateway.query('{ gateway { tenants { name schemaDigest } } }', {
    headers: { authorization: `Bearer ${keys[0]?.key}` },
  });

  const tenants: { name: string; schemaDigest: string }[] = data.gateway.tenants;
  expect(tenants.map(({ name }) => name)).toEqual([...TENANTS]);
  expect(new Set(tenants.map(({ schemaDigest }) => schemaDigest)).size).toBe(1);
  expect(tenants[0]?.schemaDigest).toEqual(expect.any(String));
});
