import { afterAll, describe, expect, test } from 'vitest';
import { openVault } from '../../src/tokens/index.ts';
import { createCookieBrowser } from '../support/cookie-browser.ts';
import { boss, ERRORS, startClientsWorld } from './clients-world.ts';

const world = await startClientsWorld();
const { sandbox, config, lines, events, here, ask, administer, put } = world;
afterAll(() => world[Symbol.asyncDispose]());

describe('a connect link', () => {
  const browse = { headers: { accept: 'text/html' } };

  async function makeLink(client: string, rest = ''): Promise<string> {
    const input = `client: "${client}", returnTo: "https://portal.example/done?a=1", state: "s-1"${rest}`;
    const made = await administer(`createConnectLink(input: { ${input} }) { url ${ERRORS} }`);
    expect(made['userErrors']).toEqual([]);
    return String(made['url']);
  }

  /** From the page on to Sage ID, where that person signs in, or somebody says no. @returns where the gateway sends the browser in the end */
  async function follow(url: string, user: string | undefined, browser = createCookieBrowser()) {
    const page = await browser.open(url, browse);
    const [, onwards = ''] = /href="([^"]+)">Sign in at Sage/.exec(page.text) ?? [];
    const begun = await browser.open(new URL(onwards.replaceAll('&amp;', '&'), url).href, browse);
    const { signIn, refuseSignIn } = sandbox.sageId;
    const back = await (user ? signIn(begun.location ?? '', user) : refuseSignIn(begun.location ?? ''));
    return browser.open(back, browse);
  }

  const goal = ({ location = '' }: { readonly location?: string | undefined }): Record<string, string> => {
    const { origin, pathname, searchParams } = new URL(location);
    return { origin, pathname, ...Object.fromEntries(searchParams) };
  };
  const back = (connection: string, status: string) => ({
    origin: 'https://portal.example',
    pathname: '/done',
    a: '1',
    connection,
    status,
    state: 's-1',
  });

  test('says who asks and for whom, and opening it does not use it up', async () => {
    await put('name: "echo", title: "Echo & Sons"');
    const url = await makeLink('echo');

    const opened = await createCookieBrowser().open(url, browse);
    for (let times = 0; times < 3; times += 1) await createCookieBrowser().open(`${url}&go=1`, browse);

    expect(opened).toMatchObject({ status: 200, setCookies: [] });
    expect(opened.text).toContain('<strong>boss</strong> asks for access');
    expect(opened.text).toContain('Echo &amp; Sons');
    expect(opened.text).toContain('Afterwards, you will be sent to portal.example.');
    expect(opened.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(opened.headers.get('referrer-policy')).toBe('no-referrer');
    expect(
      (
        await createCookieBrowser().open(url, {
          headers: { ...browse.headers, 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'iframe' },
        })
      ).status,
    ).toBe(403);
    expect(lines.join('')).not.toContain(new URL(url).searchParams.get('link'));

    const visit = await follow(url, 'alice');
    expect(goal(visit)).toEqual(back('echo', 'connected'));
    // Nobody is signed in to the gateway by it.
    expect(visit.setCookies.filter((cookie) => !/max-age=0/i.test(cookie))).toEqual([]);
    const { data } = await ask(
      here,
      '{ gateway { client(name: "echo") { state connection { name state } } } }',
      boss.key,
    );
    expect(data.gateway.client).toEqual({ state: 'READY', connection: { name: 'echo', state: 'CONNECTED' } });
  });

  test('works once, in time, for its person, and not for a disabled client', async () => {
    await put('name: "fox"');
    const [once, ofAlice, early] = [
      await makeLink('fox'),
      await makeLink('fox', ', email: "ALICE@hallam.example"'),
      await makeLink('fox'),
    ];

    expect(goal(await follow(ofAlice, 'bob'))).toEqual(back('fox', 'refused'));
    expect(goal(await follow(once, 'alice'))).toEqual(back('fox', 'connected'));
    const again = await createCookieBrowser().open(once, browse);
    expect([again.status, again.text]).toEqual([403, expect.stringContaining('has already been used')]);
    // Another person's account does not take it over, and the same person's renews it.
    expect(goal(await follow(early, 'bob'))).toEqual(back('fox', 'refused'));
    expect(goal(await follow(ofAlice, 'alice'))).toEqual(back('fox', 'connected'));
    await put('name: "fox", enabled: false');
    expect((await createCookieBrowser().open(early, browse)).status).toBe(403);
    expect((await createCookieBrowser().open(`${early.slice(0, -1)}_`, browse)).text).toContain(
      'This link is not valid',
    );
    await put('name: "fox", enabled: true');
    // Of two who go out with one link at the same moment, one is connected.
    const both = await Promise.all([follow(early, 'alice'), follow(early, 'alice')]);
    expect(both.map((visit) => goal(visit)['status']).sort()).toEqual(['connected', 'refused']);
  });

  test('that replaces a connection ends the previous person’s sign-in, here and at Sage', async () => {
    await put('name: "golf"');
    await follow(await makeLink('golf'), 'alice');
    const before = await openVault({ ...config.config.vault, makeKey: undefined });
    const former = (await before.connections.read('golf'))?.refreshToken?.reveal() ?? '';
    await before.close();
    const link = await makeLink('golf', ', replace: true');

    expect(goal(await follow(link, 'bob'))).toEqual(back('golf', 'connected'));

    const vault = await openVault({ ...config.config.vault, makeKey: undefined });
    const acts = await vault.audit.list({ connection: 'golf', kind: 'act' });
    await vault.close();
    expect(
      acts
        .slice(0, 2)
        .map(({ action }) => action)
        .sort(),
    ).toEqual(['connected', 'revoked']);
    await expect
      .poll(() => sandbox.sageId.requests().filter(({ path }) => /revoke/.test(path)).length)
      .toBeGreaterThan(0);
    expect(former).not.toBe('');
  });

  test('can be used again after a person refused or Sage ID did not answer, and distinguishes the two', async () => {
    await put('name: "kilo"');
    const url = await makeLink('kilo');
    sandbox.sageId.fault({ match: '/oauth/token', kind: 'status', status: 503, times: 1 });

    const failed = goal(await follow(url, 'alice'))['status'];
    const refused = goal(await follow(url, undefined))['status'];
    const connected = goal(await follow(url, 'alice'))['status'];

    expect([failed, refused, connected]).toEqual(['failed', 'refused', 'connected']);
  });

  test('notifies the webhook only of stored connections, whatever the browser shows', async () => {
    const told = () => events.filter(({ connection }) => connection === 'juno').map(({ type }) => type);
    await put('name: "juno"');
    const [ofAlice, replacing] = [
      await makeLink('juno', ', email: "alice@hallam.example"'),
      await makeLink('juno', ', replace: true'),
    ];

    const refused = goal(await follow(ofAlice, 'bob'))['status'];
    const connected = goal(await follow(ofAlice, 'alice'))['status'];
    await expect.poll(told).toEqual(['connected']);
    // As anybody may type it.
    await createCookieBrowser().open(`${ofAlice}&go=1&status=connected`, browse);
    await follow(replacing, 'bob');
    await expect.poll(() => told().length).toBe(3);
    await administer(`removeClient(name: "juno") { ${ERRORS} }`);
    await expect.poll(() => told().length).toBe(4);

    expect([refused, connected]).toEqual(['refused', 'connected']);
    expect(told()).toEqual(['connected', 'revoked', 'connected', 'revoked']);
  });
});
