import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CallerName, CREATE_BATCH, startWorld, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

const READ = '{ paymentsOut { consumerApi { localInstruments { id } } } gateway { me { id } } }';
const WRITE =
  'mutation { paymentsOut { consumerMessagingApi { creditorPut(message: { data: { subscriptionId: 1 } }) { accepted } } } }';

test('callers with each right, at the same time and repeatedly: nobody gets more than theirs', async () => {
  const callers = ['nobody', 'reader', 'writer'] as const satisfies readonly CallerName[];
  for (const _ of [1, 2, 3]) {
    const answers = await Promise.all(
      callers.map(async (as) => [await world.ask(READ, { as }), await world.ask(WRITE, { as })]),
    );
    const codes = answers.map((pair) => pair.map(({ errors }) => errors?.[0]?.extensions['code']));
    expect(codes).toEqual([
      ['FORBIDDEN', 'FORBIDDEN'],
      [undefined, 'FORBIDDEN'],
      [undefined, undefined],
    ]);
    expect(answers.map(([read]) => read?.data.gateway.me.id)).toEqual(callers.map((name) => `key:${name}`));
    expect(answers.map(([read]) => read?.data.paymentsOut?.consumerApi.localInstruments.length)).toEqual([
      undefined,
      3,
      3,
    ]);
  }
});

test('introspection and the printed schema show it only to callers with the right', async () => {
  const shownTo = async (as: CallerName) =>
    JSON.stringify(
      await world.ask('{ __schema { types { name fields { name } } } __type(name: "PaymentsOut") { name } }', { as }),
    );

  const [nobody, reader, again] = await Promise.all([shownTo('nobody'), shownTo('reader'), shownTo('nobody')]);

  expect(reader).toContain('PaymentsOutBatchPayment');
  expect(reader).toContain('"__type":{"name":"PaymentsOut"}');
  for (const answer of [nobody, again]) {
    expect(answer).not.toMatch(/paymentsOut/i);
    expect(answer).toContain('Sage200Customer');
  }
});

test('a read-only key writes nothing, whatever its other rights', async () => {
  await using readOnly = await startWorld(
    (file) => {
      const keys = file['callers']?.['apiKeys'] as Record<string, unknown>[];
      for (const key of keys) key['readOnly'] = true;
    },
    { sandbox: world.sandbox },
  );

  const { errors } = await readOnly.ask(WRITE);

  expect(errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
});

test('2,000 large payments are accepted from a caller who may write, and are too large from others', async () => {
  const payments = Array.from({ length: 2_000 }, (_, index) => ({
    amount: '1.00',
    reference: `INV-${index}`,
    note: 'x'.repeat(2_000),
    parts: Array.from({ length: 60 }, () => 1),
  }));
  const variables = { input: { externalId: 'large', providerId: world.sandbox.paymentsOut.ids.provider, payments } };
  expect(JSON.stringify(variables).length).toBeGreaterThan(4_000_000);

  const written = await world.ask(CREATE_BATCH.replace('payments { status json }', 'payments { status }'), {
    variables,
  });
  const refused = [
    await world.ask(CREATE_BATCH, { variables, as: 'reader' }),
    await world.ask(CREATE_BATCH, { variables, as: 'nobody' }),
  ];

  expect(written.errors).toBeUndefined();
  expect(written.data.paymentsOut.consumerApi.createBatchPayment.batchPayment.payments).toHaveLength(2_000);
  for (const { errors } of refused) expect(errors).toMatchObject([{ extensions: { code: 'COST_EXCEEDED' } }]);
});

test('writes are recorded with the new batch, but without its contents', async () => {
  const input = {
    externalId: 'recorded',
    providerId: world.sandbox.paymentsOut.ids.provider,
    payments: [{ to: 'Somebody' }],
  };
  const { data } = await world.ask(CREATE_BATCH, { variables: { input } });
  await world.ask(CREATE_BATCH, { variables: { input: { ...input, providerId: 'unknown' } } });

  const { openVault } = await import('../../../src/tokens/index.ts');
  const vault = await openVault(world.gateway.config.vault);
  const lines = await vault.audit.list({ kinds: ['mutation'] } as object);
  await vault.close();

  const { batchId } = data.paymentsOut.consumerApi.createBatchPayment.batchPayment;
  const ours = lines.filter(({ action }) => action === 'paymentsOut.consumerApi.createBatchPayment');
  expect(ours.slice(0, 2)).toMatchObject([
    { caller: 'key:writer', outcome: 'UPSTREAM_REJECTED' },
    { caller: 'key:writer', outcome: 'DONE', key: batchId },
  ]);
  expect(JSON.stringify(lines)).not.toContain('Somebody');
});
