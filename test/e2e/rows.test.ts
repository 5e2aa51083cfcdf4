import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 10 });
  gateway = await startTestGateway({ sandbox });
  await warmUp(gateway);
});

beforeEach(() => {
  for (const server of [sandbox.sage200, sandbox.erp]) server.clearRequests();
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

const requests = () =>
  [sandbox.sage200, sandbox.erp].flatMap((server) => server.requests()).filter(({ path }) => !path.endsWith('/sites'));

const codesOf = ({ errors = [] }: Answer) => [...new Set(errors.map(({ extensions }) => extensions['code']))];

describe('an alias', () => {
  const longest = 'a'.repeat(200);

  test.each([
    ['of a list', (alias: string) => `{ sage200 { ${alias}: customers(first: 1) { nodes { id } } } }`],
    ['at the root', (alias: string) => `{ ${alias}: sage200 { customers(first: 1) { nodes { id } } } }`],
    [
      'in a fragment',
      (alias: string) =>
        `{ sage200 { customers(first: 1) { nodes { ...F } } } } fragment F on Sage200Customer { ${alias}: id }`,
    ],
    [
      "in the tenant's own document",
      (alias: string) => `{ xtremMasterData { customer { query(first: 1) { edges { node { ${alias}: _id } } } } } }`,
    ],
  ])('has 200 characters at most: %s', async (_name, documentWith) => {
    expect(codesOf(await gateway.query(documentWith(longest)))).toEqual([]);
    sandbox.sage200.clearRequests();
    sandbox.erp.clearRequests();

    const answer = await gateway.query(documentWith(`${longest}a`));

    expect(answer.errors).toMatchObject([
      {
        message: 'An alias in this document has more than 200 characters. Take a shorter one.',
        extensions: { code: 'COST_EXCEEDED', limit: 'aliases' },
      },
    ]);
    expect(requests()).toEqual([]);
  });
});
