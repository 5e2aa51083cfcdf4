import { spawnSync } from 'node:child_process';
import * as oidc from 'openid-client';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type SageIdSandbox, startSageIdSandbox } from '../../src/sandbox/sage-id/index.ts';

const COMPANIES = [
  { siteId: 'site-a', companyId: 1 },
  { siteId: 'site-a', companyId: 2 },
];
const WEB = { client_id: 'sandbox-web', client_secret: 'sandbox-web-secret' };
const NETWORK = { client_id: 'sandbox-network', client_secret: 'sandbox-network-secret' };
const AUDIENCE = 's200ukipd/sage200';
const REDIRECT = 'http://localhost:4000/connect/sage200/callback';

let sageId: SageIdSandbox;
beforeAll(async () => {
  sageId = await startSageIdSandbox({ companies: COMPANIES });
});
afterAll(() => sageId.close());
beforeEach(() => {
  sageId.clearRenewals();
  sageId.clearFaults();
  sageId.setOverlapSeconds(0);
  sageId.clock.set({ skewMs: 0, accessTokenSeconds: null });
});

// biome-ignore lint/suspicious/noExplicitAny: answers are whatever JSON the simulator sends.
type Answer = { status: number; body: any };

async function post(
  fields: Record<string, string>,
  encoding: 'form' | 'json' = 'form',
  path = '/oauth/token',
): Promise<Answer> {
  const response = await fetch(sageId.url + path, {
    method: 'POST',
    ...(encoding === 'form'
      ? { body: new URLSearchParams(fields) }
      : { body: JSON.stringify(fields), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const renew = (token: string, fields: Record<string, string> = {}, encoding?: 'form' | 'json') =>
  post({ grant_type: 'refresh_token', refresh_token: token, redirect_uri: REDIRECT, ...WEB, ...fields }, encoding);

const UNKNOWN_TOKEN = { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' };

async function authorizeUrl(changes: Record<string, string | undefined> = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const params = {
    audience: AUDIENCE,
    client_id: WEB.client_id,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope: 'openid profile email offline_access',
    state: 'state-1',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...changes,
  };
  const url = new URL('/authorize', sageId.url);
  for (const [name, value] of Object.entries(params)) if (value !== undefined) url.searchParams.set(name, value);
  return { url: url.href, verifier };
}

test('the library that the gateway uses signs a person in, with PKCE, nonce and issuer check', async () => {
  const config = new oidc.Configuration(
    {
      issuer: sageId.issuer,
      authorization_endpoint: `${sageId.url}/authorize`,
      token_endpoint: `${sageId.url}/oauth/token`,
      jwks_uri: `${sageId.url}/.well-known/jwks.json`,
    },
    WEB.client_id,
    {},
    oidc.ClientSecretPost(WEB.client_secret),
  );
  oidc.allowInsecureRequests(config);
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT,
    scope: 'openid profile email offline_access',
    audience: AUDIENCE,
    state: 'state-1',
    nonce: 'nonce-1',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });

  const back = new URL(await sageId.signIn(url.href, 'bob'));
  const tokens = await oidc.authorizationCodeGrant(config, back, {
    pkceCodeVerifier,
    expectedState: 'state-1',
    expectedNonce: 'nonce-1',
  });

  expect(back.origin + back.pathname).toBe(REDIRECT);
  expect(tokens.expires_in).toBe(28_800);
  expect(tokens.scope).toContain('offline_access');
  expect(tokens.refresh_token).toBeDefined();
  expect(tokens.claims()).toMatchObject({ sub: 'auth0|sandbox-bob', email: 'bob@hallam.example', name: 'Bob Barker' });
  expect(await sageId.verifyAccessToken(tokens.access_token)).toMatchObject({
    subject: 'auth0|sandbox-bob',
    companies: [COMPANIES[1]],
  });
});

test('discovery names the endpoints as Sage ID spells them, and the issuer with its slash', async () => {
  const metadata = await (await fetch(`${sageId.url}/.well-known/openid-configuration`)).json();

  expect(metadata).toMatchObject({
    issuer: `${sageId.url}/`,
    authorization_endpoint: `${sageId.url}/authorize`,
    token_endpoint: `${sageId.url}/oauth/token`,
    revocation_endpoint: `${sageId.url}/oauth/revoke`,
    userinfo_endpoint: `${sageId.url}/userinfo`,
    jwks_uri: `${sageId.url}/.well-known/jwks.json`,
  });
});

test('a person who refuses comes back with an error, and state', async () => {
  const back = new URL(await sageId.refuseSignIn((await authorizeUrl()).url));

  expect(back.searchParams.get('error')).toBe('access_denied');
  expect(back.searchParams.get('state')).toBe('state-1');
});

test('a code that is used twice ends its tokens', async () => {
  const { url, verifier } = await authorizeUrl();
  const code = new URL(await sageId.signIn(url, 'alice')).searchParams.get('code') ?? '';
  const exchange = { grant_type: 'authorization_code', code, redirect_uri: REDIRECT, code_verifier: verifier, ...WEB };
  const first = await post(exchange, 'json');

  const second = await post(exchange);

  expect(first.status).toBe(200);
  expect(second).toMatchObject({ status: 403, body: { error: 'invalid_grant' } });
  expect(await renew(first.body.refresh_token)).toEqual({ status: 403, body: UNKNOWN_TOKEN });
});

test('the public client needs no secret, and cannot do without PKCE', async () => {
  const { url, verifier } = await authorizeUrl({
    client_id: 'sandbox-desktop',
    redirect_uri: 'http://127.0.0.1:5123/cb',
  });
  const code = new URL(await sageId.signIn(url, 'alice')).searchParams.get('code') ?? '';
  const tokens = await post({
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'http://127.0.0.1:5123/cb',
    code_verifier: verifier,
    client_id: 'sandbox-desktop',
  });
  const bare = await authorizeUrl({
    client_id: 'sandbox-desktop',
    code_challenge: undefined,
    code_challenge_method: undefined,
  });

  expect(tokens.status).toBe(200);
  const refused = await fetch(bare.url, { redirect: 'manual' });
  expect(refused.headers.get('location')).toContain('error=invalid_request');
});

test('a redirect address that is neither loopback nor listed is refused', async () => {
  const { url } = await authorizeUrl({ redirect_uri: 'https://evil.example/cb' });

  const answer = await fetch(url, { redirect: 'manual' });

  expect(answer.status).toBe(400);
  expect(answer.headers.get('location')).toBeNull();
});

test('every renewal brings a new pair, by form and by JSON', async () => {
  const first = await sageId.issueRefreshToken();

  const byForm = await renew(first);
  const byJson = await renew(byForm.body.refresh_token, {}, 'json');

  for (const { status, body } of [byForm, byJson]) {
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 28_800 });
    expect(await sageId.verifyAccessToken(body.access_token)).toMatchObject({ companies: COMPANIES });
  }
  expect(new Set([first, byForm.body.refresh_token, byJson.body.refresh_token]).size).toBe(3);
});

test('a refresh token used again ends the whole family, the newest token too', async () => {
  const first = await sageId.issueRefreshToken();
  const { body } = await renew(first);

  const reuse = await renew(first);

  expect(reuse).toEqual({ status: 403, body: UNKNOWN_TOKEN });
  expect(await renew(body.refresh_token)).toEqual({ status: 403, body: UNKNOWN_TOKEN });
  expect(sageId.renewals().map(({ reused, overlapping }) => ({ reused, overlapping }))).toEqual([
    { reused: false, overlapping: false },
    { reused: true, overlapping: false },
    { reused: false, overlapping: false },
  ]);
});

test('of two concurrent renewals with one token only one succeeds, and the overlap is recorded', async () => {
  const token = await sageId.issueRefreshToken();

  const answers = await Promise.all([renew(token), renew(token)]);

  expect(answers.map(({ status }) => status).sort()).toEqual([200, 403]);
  expect(sageId.renewals().map(({ overlapping }) => overlapping)).toEqual([true, true]);
});

test('concurrent renewals of different consents are not an overlap', async () => {
  const tokens = await Promise.all([sageId.issueRefreshToken(), sageId.issueRefreshToken({ user: 'bob' })]);

  const answers = await Promise.all(tokens.map((token) => renew(token)));

  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(sageId.renewals().some(({ overlapping }) => overlapping)).toBe(false);
});

test('an answer lost after the rotation leaves an invalid token, unless the server allows an overlap', async () => {
  const lose = async (token: string) => {
    sageId.fault({ kind: 'cut', cutAt: 'afterProcessing' });
    await expect(renew(token)).rejects.toThrow();
    return renew(token);
  };
  const strict = await lose(await sageId.issueRefreshToken());
  sageId.setOverlapSeconds(30);
  const lenient = await lose(await sageId.issueRefreshToken());

  expect(strict.status).toBe(403);
  expect(lenient.status).toBe(200);
  expect(sageId.renewals().map(({ reused }) => reused)).toEqual([false, false, false, false]);
});

test('the refresh token ends a fixed time after consent, however often it was renewed', async () => {
  await using short = await startSageIdSandbox({ companies: COMPANIES, refreshTokenSeconds: 3_600 });
  const send = async (token: string): Promise<Answer> => {
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, ...WEB });
    const response = await fetch(`${short.url}/oauth/token`, { method: 'POST', body });
    return { status: response.status, body: await response.json() };
  };
  const { body } = await send(await short.issueRefreshToken());
  short.clock.set({ skewMs: 59 * 60_000 });
  const late = await send(body.refresh_token);
  short.clock.set({ skewMs: 61 * 60_000 });

  const after = await send(late.body.refresh_token);

  expect(late.status).toBe(200);
  expect(after).toEqual({ status: 403, body: UNKNOWN_TOKEN });
});

test('short access tokens can be issued and expire by the server’s clock', async () => {
  sageId.clock.set({ accessTokenSeconds: 2 });
  const { body } = await renew(await sageId.issueRefreshToken());
  const fresh = await sageId.verifyAccessToken(body.access_token);
  sageId.clock.set({ skewMs: 3_000 });

  const spent = await sageId.verifyAccessToken(body.access_token);

  expect(body.expires_in).toBe(2);
  expect(fresh).toBeDefined();
  expect(spent).toBeUndefined();
});

test('a server with a wrong clock stamps its tokens wrongly, but accepts them', async () => {
  sageId.clock.set({ skewMs: 120_000 });

  const { body } = await renew(await sageId.issueRefreshToken());

  const [, claims = ''] = body.id_token.split('.');
  const { iat } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  expect(iat).toBeGreaterThan(Date.now() / 1_000 + 100);
  expect(await sageId.verifyAccessToken(body.access_token)).toBeDefined();
});

test('a machine gets a token for its audience under both spellings of the grant', async () => {
  const audience = 'sandbox/payments-out';
  for (const grant_type of ['client_credentials', 'client_credential']) {
    const { status, body } = await post({ grant_type, audience, ...NETWORK }, 'json');

    expect(status).toBe(200);
    expect(body.refresh_token).toBeUndefined();
    expect(await sageId.verifyNetworkToken(body.access_token)).toBe(true);
    expect(await sageId.verifyAccessToken(body.access_token)).toBeUndefined();
  }
});

test.each([
  ['a wrong secret', { ...WEB, client_secret: 'wrong' }, 401, 'access_denied'],
  ['an unknown client', { client_id: 'nobody', client_secret: 'x' }, 401, 'access_denied'],
  ['an audience not given to the client', { ...NETWORK, audience: AUDIENCE }, 403, 'access_denied'],
  ['an audience nobody knows', { ...NETWORK, audience: 'what/ever' }, 403, 'access_denied'],
  ['a grant not given to the client', { ...WEB, audience: AUDIENCE }, 403, 'unauthorized_client'],
])('%s is refused in Sage ID’s manner', async (_name, fields, status, error) => {
  const answer = await post({ grant_type: 'client_credentials', ...fields });

  expect(answer).toMatchObject({ status, body: { error } });
});

test('without an audience the token is not valid for Sage 200', async () => {
  const { url, verifier } = await authorizeUrl({ audience: undefined });
  const code = new URL(await sageId.signIn(url, 'alice')).searchParams.get('code') ?? '';
  const { body } = await post({
    grant_type: 'authorization_code',
    code,
    redirect_uri: REDIRECT,
    code_verifier: verifier,
    ...WEB,
  });

  expect(body.access_token.split('.')).toHaveLength(1);
  expect(await sageId.verifyAccessToken(body.access_token)).toBeUndefined();
});

test('revoking a refresh token ends its consent, and revoking an unknown one succeeds silently', async () => {
  const token = await sageId.issueRefreshToken();
  const { body } = await renew(token);

  const revoked = await post({ token: body.refresh_token, ...WEB }, 'json', '/oauth/revoke');
  const unknown = await post({ token: 'never-seen', ...WEB }, 'form', '/oauth/revoke');

  expect([revoked.status, unknown.status]).toEqual([200, 200]);
  expect(await renew(body.refresh_token)).toEqual({ status: 403, body: UNKNOWN_TOKEN });
});

test('an administrator ends all consents of one user and of no other', async () => {
  const [alice, bob] = [await sageId.issueRefreshToken(), await sageId.issueRefreshToken({ user: 'bob' })];

  await sageId.revokeUser('alice');

  expect((await renew(alice)).status).toBe(403);
  expect((await renew(bob)).status).toBe(200);
});

test('user info answers for a Sage 200 token', async () => {
  const { body } = await renew(await sageId.issueRefreshToken());

  const answer = await fetch(`${sageId.url}/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } });

  expect(await answer.json()).toMatchObject({ email: 'alice@hallam.example' });
  expect((await fetch(`${sageId.url}/userinfo`)).status).toBe(401);
});

test('the sign-in page offers the users and loads nothing from other servers', async () => {
  const { url } = await authorizeUrl();
  const started = await fetch(url, { redirect: 'manual' });
  const cookie = started.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const page = await (await fetch(new URL(started.headers.get('location') ?? '', url), { headers: { cookie } })).text();

  expect(page).toContain('alice@hallam.example');
  expect(page).toContain('1 company');
  expect(page).not.toMatch(/(src|href)=|url\(|<script/);
});

test('several servers in one process share nothing', async () => {
  await using other = await startSageIdSandbox({ companies: COMPANIES });
  const token = await other.issueRefreshToken();
  const { body } = await renew(await sageId.issueRefreshToken());

  expect((await renew(token)).status).toBe(403);
  expect(await other.verifyAccessToken(body.access_token)).toBeUndefined();
});

test('the whole sandbox starts and serves a token without printing anything', () => {
  const script = `
    const { startSandbox } = await import('./src/sandbox/index.ts');
    await using sandbox = await startSandbox({ customers: 20 });
    const { sageId, sage200 } = sandbox.credentials;
    const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: await sandbox.refreshToken('bob'),
      client_id: sage200.clientId, client_secret: sage200.clientSecret });
    const { access_token } = await (await fetch(sageId.tokenUrl, { method: 'POST', body })).json();
    const sites = await fetch(sage200.baseUrl + '/sites', { headers: { authorization: 'Bearer ' + access_token } });
    process.stdout.write(JSON.stringify((await sites.json()).map(({ company_id }) => company_id)));`;

  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 100_000,
  });

  expect({ stdout, stderr, status }).toEqual({ stdout: '[2]', stderr: '', status: 0 });
});
