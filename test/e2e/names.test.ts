import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { ERP_CUSTOMER_LINK, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

/** What every object of JavaScript has, or takes for something else. */
const ODD = ['__proto__', 'constructor', 'toString'] as const;
const PLAIN = ['first', 'second', 'third'] as const;

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => void Object.assign(file, { links: [{ ...ERP_CUSTOMER_LINK, reverse: 'sage200Customer' }] }),
  });
  await warmUp(gateway);
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

type Names = readonly [string, string, string];

/** One of each kind of operation, with three aliases, of fields, records and values, that may be anything. */
const DOCUMENTS: Readonly<Record<string, (names: Names) => string>> = {
  'of the gateway itself': ([a, b, c]) => `{ ${a}: gateway { ${b}: me { ${c}: id ${a}: kind } } ${c}: __typename }`,
  'of Sage 200': ([a, b, c]) =>
    `{ ${a}: sage200 { ${b}: customers(first: 2) { ${c}: nodes { ${a}: reference ${b}: name ${c}: currency { ${a}: name } } ${a}: totalCount } } }`,
  'of the tenant': ([a, b, c]) =>
    `{ ${a}: xtremMasterData { ${b}: customer { ${c}: query(first: 2) { ${a}: edges { ${b}: node { ${c}: id ${a}: name } } } } } ${c}: __typename }`,
  'of both': ([a, b, c]) =>
    `{ ${a}: xtremMasterData { ${b}: customer { ${c}: query(first: 2) { ${a}: totalCount } } } ${b}: sage200 { ${a}: customers(first: 2) { ${b}: nodes { ${c}: reference } } } ${c}: __typename }`,
  'of both, one of them failing': ([a, b, c]) =>
    `{ ${a}: xtremMasterData { ${b}: customer { ${c}: read(_id: "#NONE") { ${a}: name } } } ${b}: sage200 { ${a}: customers(first: 2) { ${b}: nodes { ${c}: reference } } } }`,
  'with links': ([a, b, c]) =>
    `{ ${a}: sage200 { ${b}: customers(first: 3) { ${c}: nodes { ${a}: reference ${b}: erpCustomer { ${c}: name ${a}: currency { ${b}: id } ${b}: sage200Customer { ${a}: reference } } } } } }`,
  'with links back': ([a, b, c]) =>
    `{ ${a}: xtremMasterData { ${b}: customer { ${c}: query(first: 3) { ${a}: edges { ${b}: node { ${a}: id ${c}: sage200Customer { ${b}: name } } } } } } }`,
  'with variables': ([a, b, c]) =>
    `query ($${a}: Boolean = true, $${b}: Int = 2, $${c}: Boolean = false) { ${a}: sage200 { customers(first: $${b}) { nodes { reference @include(if: $${a}) name @skip(if: $${c}) } } } xtremMasterData @include(if: $${a}) { customer { query(first: $${b}) { totalCount } } } }`,
  'with fragments': ([a, b, c]) =>
    `{ ...${a} ...${b} } fragment ${a} on Query { sage200 { customers(first: 1) { nodes { ...${c} } } } } fragment ${b} on Query { xtremMasterData { customer { query(first: 1) { totalCount } } } } fragment ${c} on Sage200Customer { reference }`,
  'that changes something there': ([a, b, c]) =>
    `mutation { ${a}: xtremMasterData { ${b}: item { ${c}: delete(_id: "999999") } } }`,
  'that changes something on both sides': ([a, b, c]) =>
    `mutation { ${b}: xtremMasterData { ${a}: item { ${c}: delete(_id: "none") } } ${a}: sage200 { ${b}: deleteCustomer(id: "none") { ${c}: deletedId } } }`,
};

/** Their places in the answer, whatever they are called. */
function toPlaces(text: string, names: readonly string[]): string {
  const places = names.reduce((changed, name, index) => changed.replaceAll(`"${name}"`, `"name ${index}"`), text);
  return places.replaceAll(/"requestId":"[^"]+"|"trackingId":"[^"]+"|"column":\d+/g, '""');
}

describe('names that every JavaScript object has are ordinary aliases', () => {
  test.each(Object.entries(DOCUMENTS))('%s', async (_name, documentOf) => {
    const ask = async (names: Names) =>
      toPlaces(await (await gateway.post({ query: documentOf(names) })).text(), names);
    const expected = await ask(PLAIN);

    // What comes again runs another way.
    for (let round = 0; round < 3; round += 1) expect(await ask(ODD)).toBe(expected);
    expect(expected).toContain('"data":{');
  });
});
