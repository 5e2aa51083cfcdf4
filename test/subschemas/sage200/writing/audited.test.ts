import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { createHttp } from '../../../../src/kit/http/index.ts';
import { startWorld } from '../world.ts';
import { createCustomer, fresh, startWriteWorld, writesOf } from './world.ts';

const world = await startWriteWorld();
const { vault, mutate, makeCustomer } = world;
afterEach(() => world.reset());
afterAll(() => world[Symbol.asyncDispose]());

describe('the record of writes', () => {
  test('says who wrote what, where, and the outcome, but not the data', async () => {
    const reference = fresh();
    const customerId = await makeCustomer();
    const caller = 'key:audited';

    const created = await mutate(createCustomer(reference, 'secret-key', 'Confidential'), { caller });
    await mutate(createCustomer(reference), { caller });
    await mutate(`updateCustomer(id: "${customerId}", input: { name: "Confidential" }) { customer { id } }`, {
      caller,
    });
    world.sandbox.sage200.fault({ kind: 'cut', cutAt: 'midBody', match: '/customers', method: 'DELETE' });
    await mutate(`deleteCustomer(id: "${customerId}") { deletedId }`, { caller });
    const posted = await mutate(
      `createSalesInvoice(input: { customerId: "${created.data.sage200.answer.customer.sageId}", documentGoodsValue: "5" }) { urn }`,
      { caller },
    );

    const noted = await vault.audit.list({ caller, limit: 1_000 });
    const [company] = world.sandbox.companies;
    const ends = noted.map(({ action, key, outcome }) => `${action} ${key} ${outcome}`).sort();
    expect(ends).toEqual(
      [
        `createCustomer ${created.data.sage200.answer.customer.sageId} DONE`,
        'createCustomer undefined UPSTREAM_REJECTED',
        `updateCustomer ${customerId} DONE`,
        `deleteCustomer ${customerId} OUTCOME_UNKNOWN`,
        `createSalesInvoice ${posted.data.sage200.answer.urn} DONE`,
      ].sort(),
    );
    expect(noted[0]).toMatchObject({ at: world.clock.now, site: company?.siteId, company: String(company?.companyId) });
    expect(JSON.stringify(noted)).not.toMatch(/Confidential|secret-key|Bearer|eyJ/);
  });

  test('is written before the request is sent', async () => {
    const seen: string[] = [];
    await using other = await startWorld({
      audit: {
        begin: async () => {
          seen.push('noted');
          return async ({ outcome }) => {
            seen.push(outcome);
          };
        },
      },
      send: async (request) => {
        if (request.method === 'POST') seen.push('sent');
        return shared.send(request);
      },
    });

    await other.run(`mutation { sage200 { ${createCustomer(fresh())} } }`);

    expect(seen).toEqual(['noted', 'sent', 'DONE']);
  });

  test('that cannot be written stops the write', async () => {
    await using other = await startWorld({ audit: { begin: () => Promise.reject(new Error('the disk is full')) } });

    const answer = await other.run(`mutation { sage200 { ${createCustomer(fresh())} } }`);

    expect(answer.errors).toMatchObject([
      { code: 'UPSTREAM_UNAVAILABLE', message: expect.stringMatching(/nothing was sent/) },
    ]);
    expect(writesOf(answer)).toEqual([]);
  });

  test('and the queue stay empty for a caller who may only read', async () => {
    const before = (await vault.audit.list({ limit: 1_000 })).length;

    const { errors, requests } = await mutate(createCustomer(fresh(), 'read-only'), { readOnly: true });

    expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
    expect(requests).toEqual([]);
    expect(await vault.audit.list({ limit: 1_000 })).toHaveLength(before);
  });
});

const shared = createHttp();
afterAll(() => shared.close());
