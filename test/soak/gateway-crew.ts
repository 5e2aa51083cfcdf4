import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { createApiKey } from '../../src/cli/keys-create.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { marker } from '../support/test-gateway.ts';
import { startStubServer } from '../tokens/stub-server.ts';
import { createMembers, type Member, readPlaces, type SoakCrew } from './crew.ts';
import type { Failure } from './judge.ts';
import type { Place } from './marker-search.ts';

const MAIN = process.env['SOAK_MAIN'] ?? fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface GatewayCrewSettings {
  readonly sandbox: Sandbox;
  readonly vaultUrl: string;
  readonly vaultKey: string;
  readonly callers: number;
  readonly tokenUrlOf: (process: string) => string;
}

export interface GatewayCrew extends SoakCrew {
  /** What was planted beside the tokens, and may show up nowhere. */
  readonly secrets: ReadonlyMap<string, string>;
}

interface Gateway extends Member {
  readonly url: string;
}

const READ =
  'query Read($name: String) { sage200 { customers(first: 1, filter: { name: { ne: $name } }) { nodes { reference } } } }';
const FAIL =
  'query Fail($name: String) { sage200 { customers(first: 1, filter: { name: { eq: $name } }) { nodes { name } } } }';
const WRITE =
  'mutation Write($reference: String!, $name: String!) { sage200 { createCustomer(input: { reference: $reference, name: $name }) { customer { sageId } userErrors { message } } } }';
const STATE = '{ gateway { me { id } connections { name state lastError { code at } } } }';

/** Whole gateways, each a process and a port of its own, and callers that ask any of them over HTTP. */
export async function createGatewayCrew(settings: GatewayCrewSettings): Promise<GatewayCrew> {
  const { sandbox, callers } = settings;
  const folder = await mkdtemp(join(tmpdir(), 'gateway-soak-'));
  const members = createMembers<Gateway>(folder);
  const events = await startStubServer(() => ({ status: 204 }));
  const keys = { caller: createApiKey('caller'), operator: createApiKey('operator') };
  const planted = {
    subscriptionKey: marker('subscription-key'),
    eventsSecret: marker('events-secret'),
    customer: marker('customer'),
    failing: marker('failing-customer'),
    wrongKey: `sgk_${marker('wrong-key')}`,
  };
  // Sage 200 repeats in its error what it was asked for, as some do.
  const body = { Message: `Nothing known of ${planted.failing}`, ExceptionMessage: planted.failing };
  sandbox.sage200.fault({ match: planted.failing, kind: 'status', status: 500, body, times: 0 });
  const failures: Failure[] = [];
  /** Error answers, metrics and the like, by kind; each text once. */
  const answers = new Map<string, Set<string>>();
  let calls = 0;
  let cut = 0;
  let stopping = false;

  const start = async (): Promise<void> => {
    const name = members.nextName();
    const path = join(folder, `${name}.yaml`);
    await writeFile(path, stringify(toConfigFile(settings, { keys, planted, folder, name, eventsUrl: events.url })));
    const cache = { NODE_COMPILE_CACHE: join(folder, 'cache'), PORT: '0' };
    const child = await members.spawn(name, [MAIN, 'serve', '--config', path], cache);
    for (let times = 0; times < 300 && child.exitCode === null && !stopping; times += 1) {
      const url = /"url":"([^"]+)"[^\n]*"msg":"ready"/.exec(await readFile(join(folder, `${name}.out`), 'utf8'))?.[1];
      if (url !== undefined) return members.add({ name, child, url });
      await pause(100);
    }
  };

  const post = (url: string, key: string, query: string, variables: object = {}) =>
    fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query, variables }),
    });

  const keep = (kind: string, text: string) => {
    const texts = answers.get(kind) ?? new Set();
    answers.set(kind, texts.add(text));
  };

  const call = async (): Promise<void> => {
    while (!stopping) {
      const gateway = members.any();
      if (gateway) await ask(gateway);
      await pause(100 + Math.random() * 200);
    }
  };

  const ask = async ({ child, url }: Gateway): Promise<void> => {
    const from = Date.now();
    const fail = (code: string) => failures.push({ code, from, to: Date.now() });
    try {
      const text = await (await post(url, keys.caller.key, READ, { name: planted.customer })).text();
      calls += 1;
      const { errors = [] } = JSON.parse(text) as { errors?: { extensions: { code: string } }[] };
      if (errors.length > 0) keep('error answers', text);
      for (const { extensions } of errors) fail(extensions.code);
    } catch {
      // A gateway that was killed under the request answers nothing; one that runs always does.
      if (child.killed) cut += 1;
      else fail('NO_ANSWER');
    }
  };

  /** Asks for what is searched later: metrics, errors of several kinds, a write that the audit notes. */
  const probe = async (): Promise<void> => {
    const asked: Promise<void>[] = [];
    for (let round = 0; !stopping; round += 1) {
      const url = members.any()?.url;
      const metrics = { headers: { authorization: `Bearer ${keys.operator.key}` } };
      const reference = `S${Math.random().toString(36).slice(2, 9)}`.toUpperCase();
      const probes: readonly [string, (url: string) => Promise<Response>][] = [
        ['metrics', (to) => fetch(`${to}/metrics`, metrics)],
        ['error answers', (to) => post(to, planted.wrongKey, READ)],
        ['error answers', (to) => post(to, keys.caller.key, FAIL, { name: planted.failing })],
        ['answers about the gateway', (to) => post(to, keys.operator.key, STATE)],
        ['answers to writes', (to) => post(to, keys.operator.key, WRITE, { reference, name: planted.customer })],
      ];
      const [kind, send] = probes[round % probes.length] ?? [];
      // Nobody waits for an answer, since one that stands still would hold up the others; and who is asked may be killed over it.
      if (url && kind && send)
        asked.push(
          send(url)
            .then(async (response) => keep(kind, await headAndBody(response)))
            .catch(() => {}),
        );
      await pause(200);
    }
    await Promise.all(asked);
  };

  let calling: Promise<unknown> | undefined;
  return {
    secrets: new Map([
      ...Object.entries(planted),
      ...Object.entries(keys).map(([name, { key }]): [string, string] => [`key of the ${name}`, key]),
      ['client secret', sandbox.credentials.sage200.clientSecret],
      ['vault key', settings.vaultKey],
    ]),
    async start() {
      await start();
      calling ??= Promise.all([probe(), ...Array.from({ length: callers }, call)]);
    },
    async killOne(process) {
      const gateway = members.find(process) ?? members.any();
      if (!gateway) return undefined;
      const kill = await members.kill(gateway);
      void start();
      return kill;
    },
    async stop() {
      stopping = true;
      await calling;
      await members.endAll((child) => void child.kill('SIGTERM'));
      await events[Symbol.asyncDispose]();
      const places: Place[] = [
        ...(await members.outputs()),
        ...(await readPlaces(join(folder, '.data'), () => true)),
        ...[...answers].map(([name, texts]) => ({ name, text: [...texts].join('\n') })),
        { name: 'posted events', text: JSON.stringify(events.requests) },
      ];
      await rm(folder, { recursive: true, force: true });
      return { calls, cut, spent: 0, failures, crashed: members.crashed(), places };
    },
    async [Symbol.asyncDispose]() {
      stopping = true;
      await members.killAll();
    },
  };
}

async function headAndBody(response: Response): Promise<string> {
  return `${JSON.stringify([...response.headers])}\n${await response.text()}`;
}

interface ConfigParts {
  readonly keys: Readonly<Record<'caller' | 'operator', { readonly sha256: string }>>;
  readonly planted: Readonly<Record<'subscriptionKey' | 'eventsSecret', string>>;
  readonly folder: string;
  readonly name: string;
  readonly eventsUrl: string;
}

function toConfigFile(
  { sandbox, vaultUrl, vaultKey, tokenUrlOf }: GatewayCrewSettings,
  { keys, planted, folder, name, eventsUrl }: ConfigParts,
): object {
  const { sageId, sage200 } = sandbox.credentials;
  const [first] = sandbox.companies;
  const company = first && { site: first.siteId, company: String(first.companyId) };
  const rights = { connection: 'finance', companies: 'all', tenants: [] };
  return {
    server: { drainDelay: '0s' },
    vault: { url: vaultUrl, key: vaultKey },
    sageId: { ...sageId, tokenUrl: tokenUrlOf(name) },
    sage200: { ...sage200, ...company, subscriptionKey: planted.subscriptionKey },
    erp: { snapshots: join(folder, 'schemas') },
    events: { url: eventsUrl, secret: planted.eventsSecret },
    log: { level: 'trace', format: 'json' },
    callers: {
      apiKeys: [
        { ...rights, name: 'caller', sha256: keys.caller.sha256, readOnly: true, admin: false },
        { ...rights, name: 'operator', sha256: keys.operator.sha256, readOnly: false, admin: true },
      ],
    },
  };
}
