import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WRITING } from '../graph/corpus-documents.ts';
import { differenceOf } from './compare.ts';
import type { Behaviour } from './odd-upstream.ts';
import type { Case } from './operations/generate-case.ts';
import { type Exchange, type Pair, startPair } from './pair.ts';
import { toRequest } from './run-case.ts';

/** Each gateway has a sandbox of its own, equal at the start: whatever is sent is sent once to each. */
let pair: Pair;

beforeAll(async () => {
  pair = await startPair({ customers: 40, apart: true });
});

afterAll(async () => {
  await pair?.[Symbol.asyncDispose]();
});

interface Asked extends Partial<Case> {
  readonly source: string;
}

async function compared(asked: Asked): Promise<Exchange> {
  const request = toRequest({ method: 'POST', headers: {}, caller: 'owner', behaviour: {}, again: [], ...asked }, pair);
  const [planned, general] = await Promise.all(
    [pair.planned, pair.general].map(async ({ send }) => withoutMoments(await send(request, asked.behaviour))),
  );
  if (!planned || !general) throw new Error('There are two of them.');
  expect(differenceOf(planned, general)).toBeUndefined();
  return planned;
}

/** Stamps, numbers of jobs and the tenant's address are another in each sandbox. */
const withoutMoments = ({ body, upstream, ...exchange }: Exchange): Exchange => ({
  ...exchange,
  upstream: upstream.map((request) => ({ ...request, path: request.path.replace(/^\/[\w-]{24}\//, '/tenant/') })),
  body: body
    .replaceAll(/"20\d\d-\d\d-\d\dT[\d:.]+Z?"/g, '"[moment]"')
    .replaceAll(/("trackingId":)"[^"]*"/g, '$1"[job]"'),
});

const CREATE = `mutation Create($input: Sage200CreateCustomerInput!, $key: String) { sage200 {
  createCustomer(input: $input, idempotencyKey: $key) {
    customer { id sageId reference name balance currency { symbol } sopOrders { totalCount } }
    userErrors { code message field }
  } } }`;
const UPDATE = `mutation ($id: ID!, $name: String!) { sage200 {
  one: updateCustomer(id: $id, input: { name: $name }) { customer { name contacts { name } } userErrors { message } }
  two: updateCustomer(id: $id, input: { shortName: $name }) { customer { name shortName } userErrors { message } }
} }`;
const READ = 'query ($id: ID!) { sage200 { customer(id: $id) { name shortName reference } } }';
const MIXED = `mutation ($name: String!) {
  sage200 { updateCustomer(id: "27829", input: { name: $name }) { customer { name } } }
  xtremMasterData { customer { update(data: { _id: "1" }) { _id } } }
  again: sage200 { updateCustomer(id: "27829", input: { name: "Last Ltd" }) { customer { name } } }
}`;

describe('writes are answered the same, the document known or not', () => {
  test.each<[string, Asked[]]>([
    [
      'creating, refused and repeated',
      [
        { source: CREATE, variables: { input: { reference: 'NEW1', name: 'One' } } },
        { source: CREATE, variables: { input: { reference: 'NEW2', name: 'Größe “Two”' } } },
        { source: CREATE, variables: { input: { reference: 'NEW2', name: 'Taken' } } },
        { source: CREATE, variables: { input: { reference: 'MUCHTOOLONG', name: 'x' } } },
        { source: CREATE, variables: { input: {} } },
        { source: CREATE, variables: { input: { reference: 'NEW3', name: 'Once' }, key: 'k' } },
        { source: CREATE, variables: { input: { reference: 'NEW3', name: 'Once' }, key: 'k' } },
        { source: CREATE, variables: { input: { reference: 'NEW4', name: 'Other' }, key: 'k' } },
      ],
    ],
    [
      'changing, and reading what was changed',
      ['First Ltd', 'Second Ltd', ''].flatMap((name) => [
        { source: READ, variables: { id: '27828' } },
        { source: UPDATE, variables: { id: '27828', name } },
        { source: READ, variables: { id: '27828' } },
      ]),
    ],
    [
      'deleting what is not there',
      Array.from({ length: 3 }, () => ({
        source: 'mutation { sage200 { deleteCustomer(id: "999999") { deletedId userErrors { code } } } }',
      })),
    ],
    ['both systems in order', ['A', 'B', 'C'].map((name) => ({ source: MIXED, variables: { name } }))],
    [
      'by a caller who may only read',
      Array.from({ length: 3 }, () => ({
        source: UPDATE,
        variables: { id: '27828', name: 'x' },
        caller: 'reader' as const,
      })),
    ],
    [
      'a mutation by GET',
      Array.from({ length: 2 }, () => ({ source: UPDATE, variables: { id: '1', name: 'x' }, method: 'GET' as const })),
    ],
  ])('%s', async (_, all) => {
    for (const asked of all) await compared(asked);
  });

  const faults: readonly Behaviour[] = [
    { fault: { match: '/customers', method: 'PUT', kind: 'status', status: 503 } },
    { fault: { match: '/customers', method: 'PUT', kind: 'cutBody' } },
    { fault: { match: '/customers', method: 'PUT', kind: 'cut' } },
    { fault: { match: '/customers', method: 'PUT', kind: 'garbage' } },
    { fault: { match: '/customers', method: 'PUT', kind: 'status', status: 400, body: '{"Message":"No."}' } },
    { fault: { match: '/customers', method: 'GET', kind: 'status', status: 500 } },
  ];

  test.each(faults.map((behaviour) => [JSON.stringify(behaviour.fault), behaviour] as const))(
    '%s',
    async (_, behaviour) => {
      for (const name of ['Lost Ltd', 'Found Ltd']) {
        await compared({ source: UPDATE, variables: { id: '27830', name }, behaviour });
        await compared({ source: READ, variables: { id: '27830' } });
      }
    },
  );

  test.each(WRITING.map((document) => [document.name, document] as const))('the ERP: %s', async (_, document) => {
    await compared(document);
  });
});
