import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startWorld, type World } from './world.ts';

const page = await readFile(new URL('../../../docs/payments-out.md', import.meta.url), 'utf8');

interface Step {
  readonly document: string;
  readonly variables: string;
}

/** The steps of a recipe as readers see them: a document, and its variables below. */
function stepsOf(title: string): readonly Step[] {
  const section = page.split('\n## ').find((each) => each.startsWith(title)) ?? '';
  return [...section.matchAll(/```graphql\n([\s\S]*?)```\s+```json\n([\s\S]*?)```/g)].map(
    ([, document = '', variables = '{}']) => ({
      document,
      variables,
    }),
  );
}

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.[Symbol.asyncDispose]());

async function run(step: Step | undefined, ids: Readonly<Record<string, string>> = {}) {
  const variables = Object.entries(ids).reduce((text, [name, id]) => text.replaceAll(name, id), step?.variables ?? '');
  const { data, errors } = await world.ask(step?.document ?? '', { variables: JSON.parse(variables) });
  expect(errors).toBeUndefined();
  return data.paymentsOut;
}

test('a bank file, from submit to download', async () => {
  const [formats, submit, progress] = stepsOf('Recipe: a bank file');
  const [format] = (await run(formats)).consumerApi.fileFormats;
  const { batchPayment, userErrors } = (await run(submit, { FILE_FORMAT_ID: format.fileFormatId })).consumerApi
    .createBatchPayment;
  const look = async () => (await run(progress, { BATCH_ID: batchPayment.batchId })).consumerApi.batchPayment;

  const seen = [batchPayment.status];
  for (const skewMs of [1_000, 2_000]) {
    world.sandbox.paymentsOut.clock.set({ skewMs });
    seen.push((await look()).status);
  }
  const { paymentFile } = await look();
  const file = await (await fetch(paymentFile)).text();
  world.sandbox.paymentsOut.clock.set({ skewMs: 6 * 60_000 });
  const dead = await fetch(paymentFile);
  const fresh = await fetch((await look()).paymentFile);
  world.sandbox.paymentsOut.clock.set({ skewMs: 0 });

  expect(userErrors).toEqual([]);
  expect(seen).toEqual(['Received', 'Processing', 'PaymentFileAvailable']);
  expect(file).toMatch(/INV-1001 +125\.50/);
  expect([dead.status, fresh.status]).toEqual([403, 200]);
});

test('an electronic batch, through a provider', async () => {
  const [pay, work, report] = stepsOf('Recipe: an electronic batch');
  const [, , progress] = stepsOf('Recipe: a bank file');
  const ids = { PROVIDER_ID: world.sandbox.paymentsOut.ids.provider };
  const { batchPayment } = (await run(pay, ids)).consumerApi.createBatchPayment;
  const ofBatch = { BATCH_ID: batchPayment.batchId };

  const received = (await run(work, ofBatch)).providerApi.batchPayment;
  const { batchPayment: changed, userErrors } = (await run(report, ofBatch)).providerApi.updateBatchPayment;
  const seen = (await run(progress, ofBatch)).consumerApi.batchPayment;

  expect(received).toMatchObject({
    externalId: 'run-2026-04',
    status: 'Received',
    payments: [{ json: { reference: 'INV-2001' } }, { json: { reference: 'INV-2002' } }],
  });
  expect(userErrors).toEqual([]);
  expect(changed).toEqual({
    status: 'Processing',
    payments: [
      { status: 'Processing', extendedStatus: null, paymentCompletedDate: null },
      { status: 'Completed', extendedStatus: 'paid by the bank', paymentCompletedDate: '2026-04-02' },
    ],
  });
  expect(seen).toEqual({ status: 'Processing', paymentFile: null });
});
