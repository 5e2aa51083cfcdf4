import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { pino } from 'pino';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { startGateway } from '../../src/gateway.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openVault } from '../../src/tokens/index.ts';
import { readyLine, startMain } from '../cli/run-main.ts';
import { type CookieBrowser, createCookieBrowser, type Visit } from '../support/cookie-browser.ts';
import { type Answer, type TestConfig, writeTestConfig } from '../support/test-gateway.ts';

/** Who asks: a program with a key, one with a token of an issuer, and a person with a cookie. */
export type Caller = { readonly bearer: string } | { readonly browser: CookieBrowser };

export interface Asked {
  readonly status: number;
  readonly answer: Answer;
  /** `performance.now()` when it was asked. */
  readonly from: number;
  /** `performance.now()` when the answer was there. */
  readonly at: number;
}

export interface ConsentWorldOptions {
  /** Where the vault is; left out: SQLite. */
  readonly vaultUrl?: string;
  /** Gateways in this process, or one with so many workers. @default 2 gateways */
  readonly workers?: number;
  readonly staleAfter?: string;
  readonly users?: Readonly<Record<string, string>>;
}

/** Alice sees both companies and Bob the second one, so that is where everybody asks. */
export const WHO = '{ sage200 { currentUser { logonName } sites { nodes { companyName } } } }';
export const ROWS = '{ sage200 { currentUser { logonName } customers(first: 2) { nodes { name } } } }';

/** Gateways before one sandbox and one vault, with callers of every kind for the connection `finance`. */
export async function startConsentWorld({ vaultUrl, workers, staleAfter }: ConsentWorldOptions = {}) {
  await using opened = new AsyncDisposableStack();
  const sandbox = opened.adopt(await startSandbox({ customers: 5 }), (each) => each.close());
  const issuer = opened.use(await startIssuer());
  const [boss, shop] = [createApiKey('boss'), createApiKey('shop')];
  const [, second] = sandbox.companies;
  const rights = { connection: 'finance', companies: 'all', tenants: ['acme'], readOnly: false };
  const config = opened.use(
    await writeTestConfig({
      sandbox,
      edit: (file) => {
        file['vault'] = { ...file['vault'], ...(vaultUrl && { url: vaultUrl }), ...(staleAfter && { staleAfter }) };
        file['sage200'] = { ...file['sage200'], site: second?.siteId, company: String(second?.companyId) };
        file['callers'] = {
          sessions: { allow: ['@hallam.example'], tenants: [], readOnly: false },
          apiKeys: [
            { name: 'boss', sha256: boss.sha256, ...rights, admin: true },
            { name: 'shop', sha256: shop.sha256, ...rights },
          ],
          jwt: [{ ...issuer.settings, connectionClaim: 'connection', companies: 'all', readOnly: false }],
        };
      },
    }),
  );
  const started = await startGateways(config, workers);
  opened.defer(started.close);
  const running = opened.move();
  const { urls } = started;
  const bossKey = { authorization: `Bearer ${boss.key}` };

  return {
    sandbox,
    config,
    urls,
    /** What the gateways logged so far. */
    output: started.output,
    gateways: started.gateways,
    boss: { bearer: boss.key },
    callers: { key: { bearer: shop.key }, jwt: { bearer: await issuer.token({ connection: 'finance' }) } },
    openVault: () => openVault({ ...config.config.vault, makeKey: undefined }),
    ask,
    /** Signs that person in for `finance`, by leave of the administrator. @returns their browser */
    async connect(user: string, at = 0, browser = createCookieBrowser()): Promise<CookieBrowser> {
      const visit = await signIn(sandbox, urls[at] ?? '', user, browser, bossKey);
      if (visit.status !== 303) throw new Error(`${user} was not signed in: ${visit.text}`);
      return browser;
    },
    signIn: (user: string, browser: CookieBrowser, headers: Record<string, string> = {}, query?: string) =>
      signIn(sandbox, urls[0] ?? '', user, browser, headers, query),
    async disconnect(at = 0): Promise<unknown> {
      const body = JSON.stringify({ connection: 'finance' });
      const response = await fetch(`${urls[at]}/connect/sage200/disconnect`, {
        method: 'POST',
        headers: { ...bossKey, 'content-type': 'application/json', connection: 'close' },
        body,
      });
      return response.json();
    },
    async [Symbol.asyncDispose]() {
      await running.disposeAsync();
    },
  };
}

export type ConsentWorld = Awaited<ReturnType<typeof startConsentWorld>>;

async function startGateways({ config, path }: TestConfig, workers: number | undefined) {
  if (workers !== undefined) {
    const main = startMain(['serve', '--config', path, '--workers', String(workers)]);
    const url = toLocal(String(readyLine(await main.says('"msg":"ready"'))['url']));
    return { urls: [url], output: main.output, gateways: [], close: async () => void (await main.stop('SIGTERM')) };
  }
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const gateways = [await startGateway(config, { log, env: {} }), await startGateway(config, { log, env: {} })];
  return {
    urls: gateways.map(({ url }) => toLocal(url)),
    output: () => lines.join(''),
    gateways,
    close: async () => {
      for (const gateway of gateways) await gateway.close();
    },
  };
}

/** Cookies belong to a name, and Sage ID sends browsers back to this one. */
const toLocal = (url: string) => `http://localhost:${new URL(url).port}`;

/** Each request by a connection of its own, so that any worker may get it. */
export async function ask(url: string, caller: Caller, query: string): Promise<Asked> {
  const from = performance.now();
  const init = {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      connection: 'close',
      'x-sage-gateway': '1',
      ...('bearer' in caller && { authorization: `Bearer ${caller.bearer}` }),
    },
    body: JSON.stringify({ query }),
  };
  if ('browser' in caller) {
    const { status, text } = await caller.browser.open(`${url}/graphql`, init);
    return { status, answer: JSON.parse(text), from, at: performance.now() };
  }
  const response = await fetch(`${url}/graphql`, init);
  const answer = (await response.json()) as Answer;
  return { status: response.status, answer, from, at: performance.now() };
}

async function signIn(
  sandbox: Sandbox,
  url: string,
  user: string,
  browser: CookieBrowser,
  headers: Record<string, string>,
  query = '?connection=finance',
): Promise<Visit> {
  const begun = await browser.open(`${url}/connect/sage200${query}`, { headers });
  if (begun.location === undefined) return begun;
  return browser.open(await sandbox.sageId.signIn(begun.location, user));
}

/** An issuer of callers' tokens. */
async function startIssuer() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }] };
  const server = createServer((_request, response) => void response.end(JSON.stringify(keys)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  const settings = { issuer: url, audience: 'gateway', jwksUri: `${url}/keys` };
  return {
    settings,
    token: (claims: Record<string, string>) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setIssuer(url)
        .setAudience('gateway')
        .setSubject('user-1')
        .setExpirationTime('1h')
        .sign(privateKey),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Whether anything of Sage 200 is in an answer. */
export const hasData = ({ answer }: Asked): boolean =>
  /Hallam|@hallam|"name":"/.test(JSON.stringify(answer.data ?? {}));

export const codesOf = ({ answer }: Asked): string[] =>
  (answer.errors ?? []).map(({ extensions }) => String(extensions['code']));
