import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differenceOf } from './compare.ts';
import type { Behaviour } from './odd-upstream.ts';
import { explore } from './operations/explore.ts';
import { type Case, generateCase, type World } from './operations/generate-case.ts';
import { type Pair, startPair } from './pair.ts';
import { findDifference, toRequest } from './run-case.ts';

/** Operations. The full number is `npm run differential`. */
const RUNS = Number(process.env['DIFFERENTIAL_RUNS'] ?? 250);
/** Short, since some upstreams never answer; long enough for a loaded machine. */
const DEADLINE_MS = 1_000;
/** Each is made small, which takes a while. */
const MOST_FINDINGS = 3;

let pair: Pair;
let world: World;

beforeAll(async () => {
  pair = await startPair({ deadlineMs: DEADLINE_MS });
  world = await explore(pair);
});

afterAll(async () => {
  await pair[Symbol.asyncDispose]();
});

test(`${RUNS} operations are answered the same with a plan and without`, {
  timeout: RUNS * 1_000 + 60_000,
}, async () => {
  const findings: string[] = [];

  for (const number of fc.sample(fc.noBias(fc.nat(2 ** 31)), RUNS)) {
    const found = await findDifference(pair, generateCase(number, world));
    if (found !== undefined) findings.push(`case ${number}: ${found}`);
    if (findings.length === MOST_FINDINGS) break;
  }

  expect(findings.join('\n\n')).toBe('');
});

test.each([
  ['Sage 200', '{ sage200 { customers(first: 2) { nodes { id name creditLimit currency { name } } } } }'],
  ['the ERP', '{ xtremMasterData { customer { query(first: 2) { edges { node { id name } } } } } }'],
  [
    'both',
    '{ sage200 { customers(first: 2) { nodes { name } } } xtremMasterData { item { query(first: 2) { edges { node { name } } } } } }',
  ],
])('a planned operation about %s returns changed data, and data that has changed back', async (_, source) => {
  const request = toRequest({ source, method: 'POST', headers: {}, caller: 'owner', behaviour: {}, again: [] }, pair);
  const bodies: string[] = [];

  for (const changed of [undefined, undefined, undefined, 1, 1, 2, 3, undefined]) {
    const [planned, general] = await Promise.all([
      pair.planned.send(request, { changed }),
      pair.general.send(request, { changed }),
    ]);
    expect(differenceOf(planned, general)).toBeUndefined();
    bodies.push(planned.body);
  }

  const [stored, second, third, one, oneAgain, two, three, back] = bodies;
  expect([second, third, back]).toEqual([stored, stored, stored]);
  expect(oneAgain).toBe(one);
  expect(new Set([stored, one, two, three]).size).toBe(4);
});

/** Answers that upstreams give in place of their own. */
const answered = (match: string, body: string): Behaviour => ({ fault: { match, kind: 'garbage', body } });

describe('a former difference is gone', () => {
  test.each<[string, Partial<Case> & Pick<Case, 'source'>]>([
    [
      'an object all of whose fields are left out',
      { source: 'query ($no: Boolean = false) { sage200 { id @include(if: $no) } }' },
    ],
    [
      'rows all of whose fields are left out',
      {
        source:
          'query ($yes: Boolean!) { sage200 { banks { edges { node { balance @skip(if: $yes) } } } currencies { nodes { name @skip(if: $yes) } pageInfo { endCursor @skip(if: $yes) } } } }',
        variables: { yes: true },
      },
    ],
    [
      'rows below others beside a count that never comes',
      {
        source:
          '{ sage200 { salesPostedTransactions(first: 7) { nodes { salesPostedTransactionMemos { edges { cursor } } } totalCount } } }',
        behaviour: { fault: { match: 'sales_posted_transactions?$count', kind: 'hang' } },
      },
    ],
    ['an operation name that is empty', { source: '{ sage200 { id } }', operationName: '' }],
    [
      'two places of a list that cannot be written',
      {
        source:
          '{ sage200 { sopOrderLineViews { nodes { sopOrderLineCostPrice warehouse { bomSettings { sageId } } } edges { node { taxCodeRate } } } } }',
        behaviour: answered(
          '/sop_order_line_views',
          '[{"id":1,"tax_code_rate":{},"sop_order_line_cost_price":true,"warehouse_id":601}]',
        ),
      },
    ],
    [
      'a list below rows that fails beside rows that cannot be written',
      {
        source:
          '{ sage200 { popOrders { nodes { popOrderLineViews { totalCount } } edges { node { memos { sageId } } } } } }',
        behaviour: answered('/pop_orders?', '[{"id":"Aé\ud83d\ude00"}]'),
      },
    ],
    [
      'a tenant that answers another member on the way to a link that is left out',
      {
        source:
          'query ($yes: Boolean!) { xtremMasterData { customer { query(first: 1) { edges { node { id sage200Customer @skip(if: $yes) { name } } } } } } }',
        variables: { yes: true },
        behaviour: answered(
          '/api',
          '{"data":{"xtremMasterData":{"customer":{"query":{"edges":[{"node":{"idx":"ABS001"}}]}}}}}',
        ),
      },
    ],
    [
      'a linked record whose type is a number in the answer of its tenant',
      {
        source: '{ sage200 { customers { nodes { erpCustomer { __typename } } } } }',
        again: [
          {
            headers: {},
            caller: 'clerk',
            behaviour: { oddness: { seed: 904087, values: 20, rows: 0, bodies: 0, bytes: 0 } },
          },
        ],
      },
    ],
    ...['6//170', '6101é', '89\\ud800250', '\\00001', '611/**/66', '01', '1.', '-'].map(
      (number): [string, Partial<Case> & Pick<Case, 'source'>] => [
        `a number nobody asked for, written ${number}`,
        {
          source: '{ sage200 { sopOrderLineViews(first: 3) { edges { node { __typename } } } } }',
          behaviour: answered('/sop_order_line_views', `[{"sop_order_id":${number}},{"sop_order_id":61170}]`),
        },
      ],
    ),
    ...['{"__typename":"Query","xtremSystem":null,"extra":1}', '{"sage200":{},"xtremSystem":null}', '{}'].map(
      (data): [string, Partial<Case> & Pick<Case, 'source'>] => [
        `a tenant that answers ${data}`,
        {
          source: '{ sage200 { __typename } xtremSystem { company { query { totalCount } } } __typename }',
          behaviour: answered('/api', `{"data":${data},"extensions":{"diagnoses":[]}}`),
        },
      ],
    ),
  ])('%s', async (_, asked) => {
    const found = await findDifference(pair, {
      method: 'POST',
      headers: {},
      caller: 'owner',
      behaviour: {},
      again: [],
      ...asked,
    });

    expect(found).toBeUndefined();
  });
});
