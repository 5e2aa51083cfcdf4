import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { SANDBOX_CONNECTION } from '../../src/cli/sandbox-config.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { type RawAnswer, type Speech, speak } from '../support/raw-http.ts';
import { startTestGateway, type TestGateway, tenantsOf, warmUp } from '../support/test-gateway.ts';
import {
  addressOf,
  type Behaviour,
  isOfOperation,
  type OddUpstream,
  startOddUpstream,
  type UpstreamRequest,
} from './odd-upstream.ts';
import { numberOf } from './operations/choices.ts';

/** Who asks. `owner` may do all there is; each of the others lacks something. */
export const CALLERS = ['owner', 'reader', 'clerk', 'stranger', 'storeman', 'impostor', 'nobody'] as const;
export type Caller = (typeof CALLERS)[number];

export interface GatewayRequest {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

/** One request's answer, and all that could be seen of how it came about. */
export interface Exchange {
  readonly status: number;
  /** Without those that are another each time. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** The request's id is written `[id]`, and the gateway's port `[port]`. */
  readonly body: string;
  /** Its lines in the log, without times. */
  readonly log: readonly string[];
  readonly upstream: readonly UpstreamRequest[];
}

/** One of the two gateways with the upstreams it alone asks. */
export interface Lane {
  readonly gateway: TestGateway;
  readonly upstream: OddUpstream;
  send(request: GatewayRequest, behaviour?: Behaviour): Promise<Exchange>;
  /** The answer alone: may be asked for while others are under way. */
  ask(request: GatewayRequest): Promise<Pick<Exchange, 'status' | 'headers' | 'body'>>;
  /** Says bytes of one's own. @param lines about requests, waited for in the log; left out: one an answer. */
  speak(speech: Speech, lines?: number): Promise<Conversation>;
}

/** What a connection brought. */
export interface Conversation extends Pick<Exchange, 'log'> {
  /** Without what is another each time. */
  readonly answers: readonly RawAnswer[];
  /** What was asked of whom. */
  readonly upstream: readonly string[];
}

export interface Pair extends AsyncDisposable {
  readonly sandbox: Sandbox;
  /** Runs plans. */
  readonly planned: Lane;
  /** Runs every operation the general way. */
  readonly general: Lane;
  /** `Authorization` of a caller; undefined for `nobody`. */
  readonly authorization: Readonly<Record<Caller, string | undefined>>;
  /** Failures that nobody waited for since the last call: in a process of their own, each would be its end. */
  takeStrays(): Promise<readonly string[]>;
}

export interface PairOptions {
  readonly customers?: number;
  /** Milliseconds that each upstream has for an operation; short, where upstreams hang. */
  readonly deadlineMs?: number;
  /** A sandbox for each gateway, equal at the start: for operations that change something. */
  readonly apart?: boolean;
}

/**
 * Ids in one or-chain: few, so that several chains are needed; and too few for a gateway to halve them when they are
 * refused and remember it, which would make its next request depend on all before it.
 */
const MAX_TERMS = 7;

/** Two gateways of the same configuration over one sandbox, one with plans and one without. */
export async function startPair({
  customers = 60,
  deadlineMs = 30_000,
  apart = false,
}: PairOptions = {}): Promise<Pair> {
  await using opened = new AsyncDisposableStack();
  const sandbox = opened.use(await startSandbox({ customers }));
  const keys = new Map(CALLERS.slice(0, -1).map((caller) => [caller, createApiKey(caller)]));
  const startLane = async (plans: boolean, behind: Sandbox): Promise<Lane> => {
    const upstream = opened.use(await startOddUpstream({ sage200: behind.sage200.url, erp: behind.erp.url }));
    const lines: string[] = [];
    const gateway = opened.use(
      await startTestGateway({
        sandbox: behind,
        plans,
        onLine: (line) => void lines.push(line),
        edit: (file) => configure(file, { sandbox: behind, upstream, keys, deadlineMs }),
      }),
    );
    return createLane({ gateway, upstream, lines, defer: (close) => opened.defer(close) });
  };
  const planned = await startLane(true, sandbox);
  const general = await startLane(false, apart ? opened.use(await startSandbox({ customers })) : sandbox);
  const authorization = Object.fromEntries(
    CALLERS.map((caller) => [caller, keys.has(caller) ? `Bearer ${keys.get(caller)?.key}` : undefined]),
  ) as Record<Caller, string | undefined>; // each of CALLERS is there
  for (const { gateway, upstream } of [planned, general]) {
    await warmUp(gateway, { authorization: String(authorization.owner) });
    upstream.takeRequests();
  }
  const strays = watchStrays((close) => opened.defer(close));
  const running = opened.move();
  return {
    sandbox,
    planned,
    general,
    authorization,
    takeStrays: strays,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function watchStrays(defer: (close: () => void) => void): () => Promise<readonly string[]> {
  const strays: string[] = [];
  const note = (reason: unknown) => void strays.push(reason instanceof Error ? String(reason.stack) : String(reason));
  process.on('unhandledRejection', note);
  defer(() => process.off('unhandledRejection', note));
  return async () => {
    // They are told of when the promises that are ready have run.
    await new Promise((resolve) => setImmediate(resolve));
    return strays.splice(0);
  };
}

interface Configuring {
  readonly sandbox: Sandbox;
  readonly upstream: OddUpstream;
  readonly keys: ReadonlyMap<Caller, { readonly sha256: string }>;
  readonly deadlineMs: number;
}

function configure(
  file: Record<string, Record<string, unknown>>,
  { sandbox, upstream, keys, deadlineMs }: Configuring,
): void {
  const deadline = `${deadlineMs}ms`;
  const [, second] = sandbox.companies;
  const { professionalUrl, url } = sandbox.sage200;
  // A breaker remembers: what a gateway answers would depend on the faults before it.
  const breaker = 'off';
  file['sage200'] = {
    ...file['sage200'],
    breaker,
    baseUrl: professionalUrl.replace(url, upstream.url),
    maxFilterTerms: MAX_TERMS,
    deadline,
  };
  file['erp'] = { ...file['erp'], breaker, deadline };
  for (const tenant of tenantsOf(file)) {
    tenant['tokenUrl'] = String(tenant['tokenUrl']).replace(sandbox.erp.url, upstream.url);
  }
  file['server'] = { ...file['server'], cors: ['https://shop.example'], trustProxy: true };
  const all = {
    connection: SANDBOX_CONNECTION,
    companies: 'all',
    tenants: ['acme', 'globex'],
    defaultTenant: 'acme',
    readOnly: false,
  };
  const rights: Readonly<Record<string, object>> = {
    owner: { ...all, admin: true },
    reader: { ...all, readOnly: true },
    clerk: { ...all, companies: [{ site: second?.siteId, company: String(second?.companyId) }] },
    // No tenant, and no connection.
    stranger: { companies: 'all', tenants: [], readOnly: false },
    storeman: { ...all, connection: undefined, tenants: ['globex'], defaultTenant: undefined },
  };
  const apiKeys = Object.entries(rights).map(([name, right]) => ({
    name,
    sha256: keys.get(name as Caller)?.sha256,
    ...right,
  }));
  file['callers'] = { apiKeys };
  const customer = { from: 'Sage200Customer.reference', to: 'xtremMasterData.customer', key: 'id' };
  const order = { ...customer, to: 'xtremSales.salesOrder', key: 'soldToCustomer.id', many: true };
  Object.assign(file, {
    links: [
      { name: 'erpCustomer', ...customer, reverse: 'sage200Customer' },
      { name: 'erpOrders', ...order, reverse: 'buyer' },
      {
        name: 'erpItem',
        from: 'Sage200Product.code',
        to: 'xtremMasterData.item',
        key: 'id',
        reverse: 'sage200Product',
      },
    ],
  });
}

interface LaneParts {
  readonly gateway: TestGateway;
  readonly upstream: OddUpstream;
  /** The gateway's log, growing. */
  readonly lines: string[];
  readonly defer: (close: () => Promise<void>) => void;
}

function createLane({ gateway, upstream, lines, defer }: LaneParts): Lane {
  const agent = new Agent({ connections: 64 });
  defer(() => agent.close());
  const { port } = new URL(gateway.url);
  /** Without what is another for each request and each gateway. */
  const lastingText = (text: string, id: string | undefined) =>
    (id === undefined ? text : text.replaceAll(id, '[id]')).replaceAll(`:${port}/`, ':[port]/');
  let asked = 0;
  const answerTo = async ({ method, path, headers, body }: GatewayRequest) => {
    // Each request comes from a network of its own: else the one with wrong credentials would soon be told to wait.
    asked += 1;
    const from = `2001:db8:${(asked >> 16).toString(16)}:${(asked & 0xffff).toString(16)}::1`;
    const response = await agent.request({
      origin: gateway.url,
      path,
      method: method as 'GET',
      headers: { 'x-forwarded-for': from, ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = unpacked(await response.body.arrayBuffer(), response.headers['content-encoding']);
    const id = String(response.headers['x-request-id']);
    const lasting = lastingHeaders(response.headers);
    return { id, answer: { status: response.statusCode, headers: lasting, body: lastingText(text, id) } };
  };
  return {
    gateway,
    upstream,
    ask: async (request) => (await answerTo(request)).answer,
    async send(request, behaviour = {}) {
      lines.length = 0;
      upstream.takeRequests();
      upstream.behave(behaviour);
      const { id, answer } = await answerTo(request);
      await recorded(lines, (line) => line.includes(id), 1);
      upstream.behave({});
      return {
        ...answer,
        log: lines.filter((line) => line.includes(id)).map(withoutMoment),
        upstream: upstream.takeRequests(),
      };
    },
    async speak(speech, wanted) {
      lines.length = 0;
      upstream.takeRequests();
      const answers = await speak(Number(port), speech);
      await recorded(lines, () => true, wanted ?? answers.filter(({ status }) => status >= 200).length);
      return {
        answers: answers.map((answer) => lastingAnswer(answer, lastingText)),
        log: lines.filter((line) => line.includes('"requestId"')).map(withoutMoment),
        upstream: upstream
          .takeRequests()
          .filter(isOfOperation)
          .map(addressOf)
          .toSorted((one, other) => one.localeCompare(other)),
      };
    },
  };
}

function unpacked(body: ArrayBuffer, coding: unknown): string {
  if (coding === 'br') return brotliDecompressSync(body).toString();
  return (coding === 'gzip' ? gunzipSync(body) : Buffer.from(body)).toString();
}

function lastingAnswer(
  { status, headers, body }: RawAnswer,
  lastingText: (text: string, id: string | undefined) => string,
): RawAnswer {
  const [, id] = /^x-request-id: (.+)$/m.exec(headers.join('\n')) ?? [];
  const lasting = headers.filter((header) => !header.startsWith('date:'));
  // Pages with all their scripts would only make what is printed long.
  const shown = body.length > 100_000 ? `${body.length} bytes, ${numberOf(body)}` : body;
  const text = JSON.stringify({ headers: lasting, body: shown });
  return { status, ...JSON.parse(lastingText(text, id)) };
}

/** The line about a request is written when its answer is out, which the client may know a moment before. */
async function recorded(lines: readonly string[], isMeant: (line: string) => boolean, wanted: number): Promise<void> {
  const isThere = () => lines.filter((line) => line.includes('"msg":"request"') && isMeant(line)).length >= wanted;
  const until = performance.now() + 2_000;
  while (!isThere() && performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
}

function withoutMoment(line: string): string {
  const {
    time: _time,
    ms: _ms,
    // A plan has chosen its company before it knows that nothing is left to be asked.
    company: _company,
    // Of reads that are shared, one of those who wait has made the call.
    upstreamCalls: _upstreamCalls,
    upstreamMs: _upstreamMs,
    requestId: _id,
    pid: _pid,
    hostname: _host,
    remote: _remote,
    err,
    errors,
    ...rest
  } = JSON.parse(line);
  // Fields fail side by side, so which error comes first says nothing.
  const codes = errors && { errors: errors.toSorted() };
  return JSON.stringify({ ...rest, ...codes, ...(err && { err: { type: err.type, message: err.message } }) });
}

const CHANGING = new Set(['date', 'x-request-id', 'keep-alive']);

const lastingHeaders = (headers: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !CHANGING.has(name)));
