import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { connectionsRemove } from '../../src/cli/connections.ts';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createCookieBrowser } from '../support/cookie-browser.ts';
import { startTestGateway, type TestGateway, tenantsOf } from '../support/test-gateway.ts';

const TOTAL = '{ x3MasterData { customer { query { totalCount } } } }';
const PAGE = { headers: { accept: 'text/html' } };
const boss = createApiKey('boss');
const shop = createApiKey('shop');
const asBoss = { authorization: `Bearer ${boss.key}` };
const asShop = { authorization: `Bearer ${shop.key}` };

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.erp.x3Cloud.configure({ callback: 'form', otherRegion: undefined });
  sandbox.erp.clearFaults();
  sandbox.erp.clock.set({ skewMs: 0, accessTokenSeconds: null });
});

/** A gateway with the tenant `works`: `boss` is an administrator, `shop` may only ask. */
const startWithWorks = (changes: object = {}, more: object = {}): Promise<TestGateway> =>
  startTestGateway({
    sandbox,
    edit: (file) => {
      Object.assign(file, more);
      Object.assign(file['erp'] ?? {}, {
        tenants: [...tenantsOf(file), { ...sandbox.credentials.x3Cloud, ...changes }],
      });
      const key = { companies: 'all', tenants: ['works', 'acme'], defaultTenant: 'works' };
      file['callers'] = {
        apiKeys: [
          { ...key, name: 'boss', sha256: boss.sha256, readOnly: false, admin: true },
          { ...key, name: 'shop', sha256: shop.sha256, connection: 'sandbox' },
        ],
      };
    },
  });

/** The name that browsers are sent back to. */
const homeOf = ({ url }: TestGateway) => url.replace('127.0.0.1', 'localhost');

/** A browser of an administrator, as far as the form that the X3 has it send back. */
async function approveIn(gateway: TestGateway, change: (query: URLSearchParams) => void = () => {}) {
  const browser = createCookieBrowser();
  const begun = await browser.open(`${homeOf(gateway)}/connect/erp/works`, { headers: { ...PAGE.headers, ...asBoss } });
  expect(begun.status, begun.text).toBe(303);
  const page = new URL(begun.location ?? '');
  page.searchParams.set('auto', 'SEED');
  change(page.searchParams);
  const approved = await browser.open(page.href);
  const action = /action="([^"]+)"/.exec(approved.text)?.[1] ?? '';
  const members = new URLSearchParams(
    [...approved.text.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
  );
  return { browser, begun, action, members };
}

/** What Sage's page sends: a form of another origin, without cookies. */
const sendForm = (action: string, members: URLSearchParams) =>
  createCookieBrowser().open(action, {
    method: 'POST',
    headers: { ...PAGE.headers, origin: sandbox.erp.url, 'content-type': 'application/x-www-form-urlencoded' },
    body: members.toString(),
  });

/** The whole way. @returns the last answer */
async function signIn(gateway: TestGateway) {
  const { browser, action, members } = await approveIn(gateway);
  const sentOn = await sendForm(action, members);
  expect(sentOn.status, sentOn.text).toBe(303);
  return browser.open(sentOn.location ?? '', PAGE);
}

const disconnect = (gateway: TestGateway, headers: object) =>
  fetch(`${gateway.url}/connect/erp/works/disconnect`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
  });

const tokenRequests = () =>
  sandbox.erp.requests().filter(({ method, path }) => method === 'POST' && path === '/x3/v1/token');

describe('a Sage X3 in the cloud', () => {
  test("needs a sign-in, is then served at its folder's address, and needs another sign-in once disconnected", async () => {
    await using gateway = await startWithWorks();

    const before = await gateway.query(`{ gateway { me { id } } ${TOTAL.slice(2)}`, { headers: asShop });
    const finished = await signIn(gateway);
    const served = await vi.waitUntil(
      async () => {
        const answer = await gateway.query(TOTAL, { headers: asShop });
        return answer.errors ? undefined : answer;
      },
      { timeout: 60_000, interval: 200 },
    );

    expect(before.data?.gateway).toEqual({ me: { id: 'key:shop' } });
    expect(before.errors).toMatchObject([
      {
        extensions: {
          code: 'NEEDS_CONSENT',
          source: 'erp:works',
          connectUrl: expect.stringMatching(/\/connect\/erp\/works$/),
        },
      },
    ]);
    expect(finished).toMatchObject({ status: 303, location: '/' });
    expect(served.data.x3MasterData.customer.query.totalCount).toEqual(expect.any(Number));
    const asked = sandbox.erp.requests().filter(({ path }) => path.startsWith('/x3/v1/service/'));
    expect(new Set(asked.map(({ path }) => path))).toEqual(new Set(['/x3/v1/service/X3CLOUDV2_SEED/api']));
    expect(asked.every(({ headers }) => headers['x-xtrem-endpoint'] === undefined)).toBe(true);

    const refused = await disconnect(gateway, asShop);
    const ended = await disconnect(gateway, asBoss);
    const after = await gateway.query(TOTAL, { headers: asShop });

    expect(refused.status).toBe(403);
    expect(await ended.json()).toEqual({ tenant: 'works', disconnected: true, revoked: true });
    expect(after.errors?.[0]?.extensions).toMatchObject({ code: 'NEEDS_CONSENT', source: 'erp:works' });
    const { data } = await gateway.query('{ gateway { connections { name } } }', { headers: asBoss });
    expect(data.gateway.connections).toEqual([{ name: 'sandbox' }]);
  });

  test('accepts a sign-in only from administrators, in the browser that began it, once', async () => {
    await using gateway = await startWithWorks();
    const mayNot = await createCookieBrowser().open(`${homeOf(gateway)}/connect/erp/works`, {
      headers: { ...PAGE.headers, ...asShop },
    });
    const { browser, action, members } = await approveIn(gateway);
    const planted = await sendForm(action, members);

    // Anyone who's page sends it: another browser than the one that began gets nowhere, and the code stays good.
    const elsewhere = await createCookieBrowser().open(planted.location ?? '', PAGE);
    const otherState = new URLSearchParams(members);
    otherState.set('state', 'made-up');
    const unknown = await browser.open((await sendForm(action, otherState)).location ?? '', PAGE);
    const changed = await browser.open(`${planted.location ?? ''}`.replace(/answer=.{8}/, 'answer=AAAAAAAA'), PAGE);
    const without = await sendForm(action, new URLSearchParams({ authorizationCode: 'code' }));
    const before = tokenRequests().length;
    const cookies = browser.cookies(homeOf(gateway));
    const first = await browser.open(planted.location ?? '', PAGE);
    for (const [name, value] of cookies) browser.setCookie(homeOf(gateway), name, value);
    const second = await browser.open(planted.location ?? '', PAGE);

    expect(mayNot.status).toBe(403);
    expect(planted.setCookies).toEqual([]);
    expect(planted.location).not.toContain(members.get('authorizationCode'));
    expect(planted.location).not.toContain(members.get('state'));
    expect([elsewhere.status, unknown.status, changed.status, without.status]).toEqual([400, 400, 400, 400]);
    expect(first.status).toBe(303);
    expect(second.status).toBe(400);
    expect(tokenRequests().length - before).toBe(1);
  });

  test('sends the secret to no regional API outside allowedHosts, whatever the callback names', async () => {
    await using gateway = await startWithWorks();
    const before = tokenRequests().length;
    for (const endpoint of [
      'https://api.evil-sagex3.com/v1',
      'https://api.eu-prod-sagex3.com.evil.example/v1',
      'http://api.eu-prod-sagex3.com/v1',
      'https://user:pw@api.eu-prod-sagex3.com/x3/v1',
      `${sandbox.erp.url}/other/v1`,
      `${sandbox.credentials.x3Cloud.rootUrl}?x=1`,
      'not an address',
    ]) {
      const { browser, action, members } = await approveIn(gateway);
      members.set('endpoint', endpoint);
      const answer = await browser.open((await sendForm(action, members)).location ?? '', PAGE);
      expect(answer.text, endpoint).toContain('does not trust');
    }
    expect(tokenRequests()).toHaveLength(before);
    expect(gateway.log()).toContain('api.evil-sagex3.com');
    // Another region of the same cloud.
    await using region = await startSandbox({ customers: 1 });
    const other = region.credentials.x3Cloud.rootUrl;
    const { browser, action, members } = await approveIn(gateway);
    members.set('endpoint', other);
    await browser.open((await sendForm(action, members)).location ?? '', PAGE);
    expect(region.erp.requests().map(({ path }) => path)).toEqual(['/x3/v1/token']);
  });

  test('shows as text why it was not approved, and accepts the answer in a URL too', async () => {
    await using gateway = await startWithWorks();
    const { browser, action, members } = await approveIn(gateway, (query) =>
      query.set('customer', 'https://nobody.example'),
    );
    const refused = await browser.open((await sendForm(action, members)).location ?? '', PAGE);
    const second = await approveIn(gateway);
    const got = await second.browser.open(`${second.action}?${second.members}`, PAGE);

    expect(refused.status).toBe(403);
    expect(refused.text).toContain('Could not associate the application with a customer.');
    expect(got.status).toBe(303);
  });

  test('accepts forms of other origins only at its callback', async () => {
    await using gateway = await startWithWorks();
    const post = (path: string, type = 'application/x-www-form-urlencoded') =>
      fetch(`${gateway.url}${path}`, {
        method: 'POST',
        redirect: 'manual',
        headers: { 'content-type': type, origin: 'https://elsewhere.example', ...asBoss },
        body: 'state=1',
      }).then(({ status }) => status);

    expect(await post('/connect/erp/works/callback')).toBe(303);
    expect(await post('/connect/erp/works/disconnect', 'application/json')).toBe(403);
    expect(await post('/connect/erp/works')).toBe(403);
    expect(await post('/graphql', 'application/json')).toBe(403);
    const large = await fetch(`${gateway.url}/connect/erp/works/callback`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `state=${'x'.repeat(17_000)}`,
    });
    expect(large.status).toBe(400);
  });

  test('renews its tokens once for all, once more after a lost answer, and asks for a sign-in if needed', async () => {
    await using gateway = await startWithWorks();
    // Shorter than any test, so that each query needs a new pair.
    sandbox.erp.clock.set({ accessTokenSeconds: 1 });
    await signIn(gateway);
    const ask = () => gateway.query(TOTAL, { headers: asShop });
    const works = async () => !(await ask()).errors;
    await vi.waitUntil(works, { timeout: 60_000, interval: 200 });
    sandbox.erp.clock.set({ skewMs: 2_000, accessTokenSeconds: 300 });
    sandbox.erp.clearRequests();
    sandbox.erp.fault({ match: '/x3/v1/token', method: 'POST', kind: 'cut' });

    const answers = await Promise.all([ask(), ask(), ask()]);
    const renewals = tokenRequests();

    expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined, undefined]);
    const [lost, again, ...others] = renewals;
    expect([lost?.status, again?.status, others]).toEqual([0, 200, []]);
    expect(lost?.body).toMatchObject({ grant_type: 'refresh_token' });
    expect(again?.body).toEqual(lost?.body);

    sandbox.erp.x3Cloud.withdraw();
    const ended = await vi.waitUntil(
      async () => {
        const [error] = (await ask()).errors ?? [];
        return error?.extensions['code'] === 'NEEDS_CONSENT' ? error : undefined;
      },
      { timeout: 60_000, interval: 200 },
    );
    expect(ended.extensions).toMatchObject({
      source: 'erp:works',
      connectUrl: expect.stringMatching(/\/connect\/erp\/works$/),
    });
    await signIn(gateway);
    await vi.waitUntil(works, { timeout: 60_000, interval: 200 });
  });

  test('is misconfigured when its folder is not approved, and names those that are', async () => {
    await using gateway = await startWithWorks({ folder: 'PROD' });
    await signIn(gateway);

    const answer = await vi.waitUntil(
      async () => {
        const { errors } = await gateway.query(TOTAL, { headers: asShop });
        return errors?.[0]?.extensions['code'] === 'MISCONFIGURED' ? errors[0] : undefined;
      },
      { timeout: 60_000, interval: 200 },
    );

    expect(answer.message).toContain('approved: SEED');
  });

  test('is renewed by one of two gateways on one vault, and immediately known to the other', async () => {
    await using gateway = await startWithWorks();
    await using other = await startTestGateway({
      sandbox,
      edit: (file) => Object.assign(file, fileOf(gateway)),
    });
    sandbox.erp.clock.set({ accessTokenSeconds: 1 });
    await signIn(gateway);
    const ask = (at: TestGateway) => at.query(TOTAL, { headers: asShop });
    for (const each of [gateway, other])
      await vi.waitUntil(async () => !(await ask(each)).errors, { timeout: 60_000, interval: 200 });
    sandbox.erp.clock.set({ skewMs: 2_000, accessTokenSeconds: 300 });
    sandbox.erp.clearRequests();

    const answers = await Promise.all([ask(gateway), ask(other), ask(gateway), ask(other)]);

    expect(answers.map(({ errors }) => errors)).toEqual([undefined, undefined, undefined, undefined]);
    expect(tokenRequests()).toHaveLength(1);

    // At a terminal its refresh token goes back to where it came from, and never to Sage ID.
    sandbox.sageId.clearRequests();
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const args = ['erp@works', '--config', gateway.configPath];
    expect(await connectionsRemove({ args, env: {}, stdin, stdout, stderr })).toBe(0);
    const deleted = sandbox.erp.requests().filter(({ method }) => method === 'DELETE');
    expect(deleted.map(({ path, status }) => [path, status])).toEqual([['/x3/v1/token', 204]]);
    expect(sandbox.sageId.requests()).toEqual([]);
    const asksForPerson = async () => (await ask(other)).errors?.[0]?.extensions['code'] === 'NEEDS_CONSENT';
    await vi.waitUntil(asksForPerson, { timeout: 60_000, interval: 200 });
  });

  test('reveals none of its secrets in logs, errors and metrics', async () => {
    const secret = 'marker-of-the-cloud-secret-5d2e';
    await using gateway = await startWithWorks({ clientSecret: secret });
    const { browser, action, members } = await approveIn(gateway);
    const sentOn = await sendForm(action, members);
    const finished = await browser.open(sentOn.location ?? '', PAGE);
    const { errors } = await gateway.query(TOTAL, { headers: asShop });
    const metrics = await fetch(`${gateway.url}/metrics`, { headers: asBoss }).then((answer) => answer.text());

    expect(finished.text).toContain('Check clientId, clientSecret and rootUrl');
    const shown = [gateway.log(), finished.text, JSON.stringify(errors), metrics, sentOn.location].join('\n');
    for (const hidden of [secret, members.get('authorizationCode') ?? '-', members.get('state') ?? '-'])
      expect(shown).not.toContain(hidden);
  });
});

/** The settings of another gateway, for one that shares its vault. */
const fileOf = ({ configPath }: TestGateway) => parseYaml(readFileSync(configPath, 'utf8'));
