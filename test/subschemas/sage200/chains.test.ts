import { afterEach, expect, test } from 'vitest';
import type { LoggedRequest } from '../../../src/sandbox/index.ts';
import { startWorld, type World } from './world.ts';

let world: World | undefined;

afterEach(async () => {
  await world?.[Symbol.asyncDispose]();
});

const LIST = `query ($ids: [ID!]!, $after: String, $first: Int = 7, $orderBy: [Sage200CustomerOrder!]) { sage200 {
  customers(first: $first, after: $after, filter: { id: { in: $ids } }, orderBy: $orderBy) {
    totalCount nodes { sageId balance } pageInfo { hasNextPage endCursor } } } }`;

/** Every customer there is, by one request without a filter. */
async function allCustomers(of: World): Promise<{ sageId: string; balance: string }[]> {
  const { data } = await of.run('{ sage200 { customers(first: 5000) { nodes { sageId balance } } } }');
  return data.sage200.customers.nodes;
}

const terms = ({ path }: LoggedRequest) => (decodeURIComponent(path).match(/ eq /g) ?? []).length;

test('a list by more ids than one request accepts is complete and in order, in parallel requests', async () => {
  world = await startWorld({ maxFilterTerms: 25, maxUrlBytes: 4_000 });
  const all = await allCustomers(world);
  const ids = all.map(({ sageId }) => sageId).reverse();

  const { data, errors, requests } = await world.run(LIST, { variables: { ids, first: 5_000 } });

  expect(errors).toEqual([]);
  expect(data.sage200.customers.nodes).toEqual(all);
  expect(data.sage200.customers.totalCount).toBe(all.length);
  const lists = requests.filter(({ path }) => path.includes('$select'));
  expect(lists).toHaveLength(Math.ceil(all.length / 25));
  expect(Math.max(...requests.map(terms))).toBe(25);
});

test('its pages continue where the previous page ended, even by numbers that are not unique', async () => {
  world = await startWorld({ maxFilterTerms: 25 });
  const all = await allCustomers(world);
  const ids = all.map(({ sageId }) => sageId);
  const seen: string[] = [];
  let after: string | null = null;

  do {
    const answer: Awaited<ReturnType<World['run']>> = await world.run(LIST, {
      variables: { ids, after, first: 60, orderBy: [{ balance: 'DESC' }] },
    });
    expect(answer.errors).toEqual([]);
    const { nodes, pageInfo } = answer.data.sage200.customers;
    seen.push(...nodes.map(({ sageId }: { sageId: string }) => sageId));
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after);

  const expected = [...all].sort(
    (a, b) => Number(b.balance) - Number(a.balance) || Number(a.sageId) - Number(b.sageId),
  );
  expect(seen).toEqual(expected.map(({ sageId }) => sageId));
});

test('an order that only Sage can produce is refused with an explanation, before any request', async () => {
  world = await startWorld({ maxFilterTerms: 25 });
  const ids = Array.from({ length: 40 }, (_, index) => String(index + 1));

  const { errors, requests } = await world.run(
    `query ($ids: [ID!]!) { sage200 { customers(filter: { id: { in: $ids } }, orderBy: [{ name: ASC }]) { nodes { name } } } }`,
    { variables: { ids } },
  );

  expect(errors[0]).toMatchObject({
    code: 'BAD_USER_INPUT',
    message: expect.stringMatching(/Order by id, numbers or dates/),
  });
  expect(requests.filter(({ path }) => path.includes('/customers'))).toEqual([]);
});

test('a chain that Sage finds too long is halved, and the length that works is remembered', async () => {
  world = await startWorld({ maxFilterTerms: 60 });
  world.sandbox.sage200.setLimits({ maxFilterTerms: 20 });
  const ids = Array.from({ length: 55 }, (_, index) => String(27_828 + index));
  const list = LIST.replace('totalCount ', '');

  const first = await world.run(list, { variables: { ids } });
  const second = await world.run(list, { variables: { ids } });

  expect(first.errors).toEqual([]);
  expect(first.data.sage200.customers.nodes.map(({ sageId }: { sageId: string }) => sageId)).toEqual(ids.slice(0, 7));
  expect(second.data).toEqual(first.data);
  expect(first.requests.some(({ status }) => status === 400)).toBe(true);
  expect(second.requests.every(({ status }) => status === 200)).toBe(true);
});

test('texts that differ only in case or trailing blanks find each row once', async () => {
  world = await startWorld({ maxFilterTerms: 10 });
  const { data: some } = await world.run('{ sage200 { customers(first: 30) { nodes { reference } } } }');
  const references = some.sage200.customers.nodes.map(({ reference }: { reference: string }) => reference);
  const given = references.flatMap((reference: string) => [reference, reference.toLowerCase()]);

  const { data, errors } = await world.run(
    `query ($in: [String!]!) { sage200 { customers(filter: { reference: { in: $in } }) { totalCount nodes { reference } } } }`,
    { variables: { in: given } },
  );

  expect(errors).toEqual([]);
  expect(data.sage200.customers.nodes.map(({ reference }: { reference: string }) => reference)).toEqual(references);
  expect(data.sage200.customers.totalCount).toBe(references.length);
});
