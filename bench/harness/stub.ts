import type { ChildProcess } from 'node:child_process';
import { request } from 'undici';
import type { StubState } from '../stub/control.ts';
import { firstRefreshToken, STUB_ACCOUNT } from '../stub/tokens.ts';
import type { Upstreams } from '../upstreams.ts';
import { firstLine, type Processes } from './processes.ts';

interface StubAddresses {
  readonly sage200: string;
  readonly erp: string;
  readonly sage200BaseUrl: string;
  readonly erpGraphqlUrl: string;
}

export interface StubCount {
  readonly sage200: number;
  readonly erp: number;
  readonly tokens: number;
  readonly introspections: number;
  readonly faults: number;
}

export interface Stub extends StubAddresses {
  readonly child: ChildProcess;
  set(state: Partial<StubState>): Promise<void>;
  count(): Promise<StubCount>;
  /** Addresses and valid headers, for those who keep no tokens themselves. */
  upstreams(): Promise<Upstreams>;
  /** The same for a connection of its own. Each can be signed in once. */
  signIn(connection: string): Promise<Upstreams>;
}

export async function startStub(processes: Processes): Promise<Stub> {
  const child = processes.start(['bench/stub.ts']);
  const addresses = JSON.parse(await firstLine(child)) as StubAddresses;
  // Its refresh token works once.
  let upstreams: Promise<Upstreams> | undefined;
  return {
    ...addresses,
    child,
    async set(state) {
      await askJson(`${addresses.sage200}/__control`, 'PUT', JSON.stringify(state));
    },
    count: () => askJson(`${addresses.sage200}/__count`, 'GET') as Promise<StubCount>,
    upstreams: () => (upstreams ??= signIn(addresses, 'proxy')),
    signIn: (connection) => signIn(addresses, connection),
  };
}

async function signIn(addresses: StubAddresses, connection: string): Promise<Upstreams> {
  const refreshToken = firstRefreshToken(connection);
  const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
  const sage = (await askJson(`${addresses.sage200}/oauth/token`, 'POST', form.toString())) as Record<string, string>;
  const erp = (await askJson(`${addresses.erp}/v1/token`, 'POST', '{}')) as Record<string, string>;
  return {
    sage200: addresses.sage200BaseUrl,
    erp: addresses.erpGraphqlUrl,
    sage200Headers: {
      authorization: `Bearer ${sage['access_token']}`,
      'x-site': STUB_ACCOUNT.site,
      'x-company': STUB_ACCOUNT.company,
    },
    erpHeaders: { authorization: `Bearer ${erp['accessToken']}` },
  };
}

async function askJson(url: string, method: 'GET' | 'PUT' | 'POST', body?: string): Promise<unknown> {
  const { body: answer } = await request(url, { method, body: body ?? null });
  return answer.json();
}
