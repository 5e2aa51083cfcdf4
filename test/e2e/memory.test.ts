import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { Phase } from '../../src/server/index.ts';
import { type Answer, startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';

const ROWS = 600;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ customers: ROWS, companies: 1 });
});
afterAll(() => sandbox.close());

async function startWith(limits: object, phases: readonly Phase[] = []): Promise<TestGateway> {
  const gateway = await startTestGateway({
    sandbox,
    phases,
    edit: (file) => {
      file['limits'] = { ...file['limits'], ...limits };
    },
  });
  await warmUp(gateway);
  return gateway;
}

const codesOf = ({ errors = [] }: Answer) => errors.map(({ extensions }) => extensions['code']);

const wide = (alias: string, first: number) =>
  `${alias}: customers(first: ${first}) { nodes { id reference name shortName balance onHold creditLimit dateTimeCreated dateTimeUpdated } }`;

describe('answers in memory', () => {
  test('of one operation that exceeds the total limit are abandoned', async () => {
    await using gateway = await startWith({ memory: '100kb' });

    const answer = await gateway.query(`{ sage200 { ${wide('a', ROWS)} } }`);
    const next = await gateway.query('{ sage200 { customers(first: 1) { nodes { name } } } }');

    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
    expect(answer.errors?.[0]?.message).toContain('limits.memory');
    expect(next.errors).toBeUndefined();
  });

  test('of many operations together: the largest are abandoned, new ones get a Retry-After, writes continue', async () => {
    await using gateway = await startWith({ memory: '1500kb' });
    sandbox.sage200.fault({ match: '/customers', method: 'POST', kind: 'hold' });
    const write = gateway.query(
      'mutation { sage200 { createCustomer(input: { reference: "ROOM", name: "Room" }) { customer { reference } } } }',
    );
    // Each keeps its list until the held one has come, and of another length, so that nobody joins another's request.
    sandbox.sage200.fault({ match: '/suppliers', kind: 'hold', times: 0 });
    let answered = 0;
    const asked = Array.from({ length: 12 }, (_, index) =>
      gateway.post({
        query: `{ sage200 { ${wide('a', ROWS - index)} suppliers(first: ${index + 1}) { nodes { id } } } }`,
      }),
    );
    const count = () => {
      answered += 1;
    };
    for (const each of asked) each.then(count, count);
    // While all suppliers are held, those that are answered are those that give way.
    await expect.poll(() => answered).toBeGreaterThan(0);
    sandbox.sage200.clearFaults();

    const responses = await Promise.all(asked);
    const answers = (await Promise.all(responses.map((response) => response.json()))) as Answer[];
    const written = await write;
    const after = await gateway.query(`{ sage200 { ${wide('a', 100)} } }`);

    const refused = responses.filter(({ status }) => status === 503);
    expect(refused.length).toBeGreaterThan(0);
    for (const { headers } of refused) expect(headers.get('retry-after')).toBe('1');
    for (const answer of answers) {
      if (answer.errors) expect(codesOf(answer)).toEqual(['OVERLOADED']);
      else expect(answer.data.sage200.a.nodes.length).toBeGreaterThan(500);
    }
    expect(written.data.sage200.createCustomer.customer).toEqual({ reference: 'ROOM' });
    expect(after.errors).toBeUndefined();
  });
});

test('an operation with many rows holds only its input and output, without objects between them, even the first time', async () => {
  const seen: { readonly plan: string | undefined; readonly held: number }[] = [];
  const note: Phase = {
    onExecuted: ({ gateway: { plan }, exchange }) => void seen.push({ plan, held: exchange.flight.bytes }),
  };
  await using gateway = await startWith({}, [note]);
  const many = `{ sage200 { ${[1, 2, 3, 4].map((index) => wide(`a${index}`, ROWS)).join(' ')} } }`;
  seen.length = 0;

  const lengths = [];
  for (let times = 0; times < 2; times += 1) lengths.push((await (await gateway.post({ query: many })).text()).length);
  await gateway.query(`{ sage200 { ${wide('few', 5)} } }`);

  const [first, second, few] = seen;
  expect(first).toEqual(second);
  expect(first?.plan).toBe('sage200');
  // The four are one list, which is asked for once.
  expect(first?.held).toBeLessThan(1.5 * (lengths[0] ?? 0));
  expect(few?.plan).toBe('general');
});

test('an answer of the gateway that is too long is refused, with a plan and without, and a mutation says that it was done', async () => {
  await using gateway = await startWith({ answerBytes: '60kb' });
  const many = Array.from({ length: 60 }, (_, index) => `name${index}: name`).join(' ');
  const query = `{ sage200 { customers(first: 100) { nodes { ${many} } } } }`;

  for (let round = 0; round < 3; round += 1) {
    const answer = await gateway.query(query);
    expect(codesOf(answer)).toEqual(['COST_EXCEEDED']);
    expect(answer.data).toBeUndefined();
  }
  const schema = await gateway.query('{ __schema { types { name fields { name } } } }', {});
  const long = 'x'.repeat(50);
  const done = await gateway.query(
    `mutation { sage200 { createCustomer(input: { reference: "LONG", name: "${long}" }) { customer { sopOrders(first: 0) { totalCount } ${many} } } } }`,
  );

  expect(schema.errors).toMatchObject([{ extensions: { code: 'COST_EXCEEDED' } }]);
  expect(done.errors).toBeUndefined();
});
