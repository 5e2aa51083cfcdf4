import { afterAll, describe, expect, test } from 'vitest';
import { WEB_CLIENT } from '../../../src/sandbox/sage-id/index.ts';
import { startSandbox } from '../../../src/sandbox/start-sandbox.ts';
import { first, second, seed, startWorld } from './world.ts';

const world = await startWorld();
const { sandbox, call, list, post } = world;
afterAll(() => world[Symbol.asyncDispose]());

describe('rights', () => {
  test('a missing or unknown token is 401 with a Message', async () => {
    for (const token of ['', 'expired']) {
      const answer = await call('/customers', { token });
      expect(answer.status).toBe(401);
      expect(answer.json).toEqual({ Message: expect.any(String) });
    }
  });

  test('sites need no site and company; everything else is 401 without them or with a wrong pair', async () => {
    expect((await call('/sites', { site: '', company: '' })).json).toEqual(seed.sites);
    expect((await call('/customers', { site: '', company: '' })).status).toBe(401);
    expect((await call('/customers', { company: 999 })).status).toBe(401);
    expect((await call('/customers', { site: '00000000-0000-0000-0000-000000000000' })).status).toBe(401);
  });

  test('a user sees only the companies that are open to them', async () => {
    expect((await call('/sites', { token: 'token-one' })).json).toEqual([first]);
    const { site_id: site, company_id: company } = second;
    expect((await call('/customers', { token: 'token-one', site, company })).status).toBe(401);
    expect((await call('/customers?$top=1', { token: 'token-a', site, company })).status).toBe(200);
  });

  test('a role without the feature is 403', async () => {
    sandbox.setAccess(({ resource, user }) => !(resource === 'suppliers' && user.subject === 'b'));
    expect((await call('/suppliers', { token: 'token-b' })).status).toBe(403);
    expect((await call('/suppliers', { token: 'token-a' })).status).toBe(200);
    sandbox.setAccess(undefined);
  });

  test('two companies have different rows under the same id', async () => {
    const { site_id: site, company_id: company } = second;
    const select = { select: 'id,name', top: 1, orderby: 'id asc' };
    const [here] = (await list('products', select)).json;
    const [there] = (await list('products', select, { site, company })).json;
    const customers = await list('customers', { select: 'id,name', filter: 'id eq 27828' });
    const others = await list('customers', { select: 'id,name', filter: 'id eq 27828' }, { site, company });

    expect(here.id).toBe(there.id);
    expect(customers.json).toHaveLength(1);
    expect(others.text).not.toBe(customers.text);
  });

  test('a path, a verb or an id that does not exist is 404', async () => {
    for (const path of ['/stock_items', '/customers/1', '/customers/abc', '/customers/1/sop_orders']) {
      expect((await call(path)).status).toBe(404);
    }
    expect((await post('/product_groups', {})).status).toBe(404);
    expect((await call('/customers', { base: `${sandbox.url}/v1` })).status).toBe(404);
  });

  test('Standard has neither the resources nor the fields that are Professional only', async () => {
    const base = sandbox.standardUrl;
    expect((await call('/finance_charges')).status).toBe(200);
    expect((await call('/finance_charges', { base })).status).toBe(404);
    const [row] = (await call('/customers?$top=1', { base })).json;
    expect(row).not.toHaveProperty('analysis_code_6');
    expect(row).toHaveProperty('analysis_code_5');
    expect((await call('/customers?$select=office_type', { base })).status).toBe(400);
  });
});

test('the control doors work: faults answer in the vendor’s shape and requests are logged', async () => {
  sandbox.clearRequests();
  sandbox.fault({ match: '/customers', kind: 'status', status: 503, times: 1 });
  const answer = await call('/customers?$top=1');
  expect(answer.status).toBe(503);
  expect(answer.json).toEqual({ Message: expect.any(String) });
  expect((await call('/customers?$top=1')).status).toBe(200);
  expect(sandbox.requests().map((request) => request.status)).toEqual([503, 200]);
  expect(JSON.stringify(sandbox.requests())).not.toContain('token-a');
});

test('a token of the Sage ID sandbox opens exactly the companies of its person', async () => {
  await using whole = await startSandbox({ customers: 5 });
  const tokenOf = async (user: string): Promise<string> => {
    const fields = {
      grant_type: 'refresh_token',
      refresh_token: await whole.refreshToken(user),
      client_id: WEB_CLIENT.id,
      client_secret: WEB_CLIENT.secret,
    };
    const response = await fetch(whole.credentials.sageId.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    const { access_token: token } = (await response.json()) as { access_token: string };
    return token;
  };
  const base = whole.credentials.sage200.baseUrl;
  const bob = await tokenOf('bob');
  const sites = (await call('/sites', { base, token: bob })).json;

  expect(sites).toEqual([second]);
  expect((await call('/customers', { base, token: bob })).status).toBe(401);
  const { site_id: site, company_id: company } = second;
  expect((await call('/customers', { base, token: bob, site, company })).json).toHaveLength(5);
  expect((await call('/sites', { base, token: await tokenOf('carol') })).json).toEqual([]);
});
