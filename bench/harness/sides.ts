import type { ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createApiKey } from '../../src/cli/keys-create.ts';
import type { HonestProxySetUp } from '../honest-proxy.ts';
import type { Operation } from '../operations.ts';
import { CALLERS, START_ENVIRONMENT, START_FLAGS } from './gateway.ts';
import { GATEWAY_SIDES } from './gateway-sides.ts';
import { HIVE_QUERIES, readHiveAnswer } from './hive-operations.ts';
import { type LoadRequest, post } from './load.ts';
import { firstLine, type Processes } from './processes.ts';
import type { Stub } from './stub.ts';

/** What is measured: a process that answers the operations. */
export interface Side {
  readonly id: string;
  readonly title: string;
  readonly origin: string;
  readonly child: ChildProcess;
  /** ms from the start of its process until it said that it listens. */
  readonly readyAfterMs: number;
  /** What is sent for an operation: each of these in turn. */
  requestsOf(operation: Operation): readonly LoadRequest[];
  /** Stored connections behind its requests, in their order; only of those that have callers. */
  readonly connections?: readonly string[];
  /** Undefined for those that know no GraphQL; else what an answer must hold is checked. */
  readonly readAnswer?: (answer: unknown, operation: Operation) => unknown;
}

export interface SideParts {
  readonly processes: Processes;
  readonly stub: Stub;
  /** For files of this run. */
  readonly folder: string;
  /** For Node, when it runs the gateway. */
  readonly gatewayFlags: readonly string[];
}

/** What a caller's key looks like, for those who look at none. */
const NOBODY = `Bearer sgk_${'0'.repeat(43)}`;

/** Each comes from a process of its own. `stub` is the load generator against the stub alone: the most that can be measured here. */
export const SIDES: Readonly<Record<string, (parts: SideParts) => Promise<Side>>> = {
  proxy: async ({ processes, stub }) => {
    const started = await startScript(processes, 'bench/bare-proxy.ts', await stub.upstreams());
    return {
      ...started,
      id: 'proxy',
      title: 'bare proxy',
      requestsOf: (operation) => [{ ...postOf(operation, { authorization: NOBODY }), path: `/${operation.id}` }],
    };
  },
  honest: startHonestProxy,
  stub: async ({ stub }) => {
    const { sage200Headers } = await stub.upstreams();
    const base = new URL(stub.sage200BaseUrl).pathname;
    return {
      id: 'stub',
      title: 'stub alone',
      origin: stub.sage200,
      child: stub.child,
      readyAfterMs: Number.NaN,
      requestsOf(operation) {
        const [call] = operation.upstream[0]?.([]) ?? [];
        const path = `${base}/${call?.to === 'sage200' ? call.path : 'sites'}`;
        return [{ path, method: 'GET', headers: sage200Headers, body: null }];
      },
    };
  },
  yoga: (parts) => startPeer(parts, 'yoga', 'Yoga + stitch', 'bench/peers/yoga-stitch.ts'),
  mercurius: (parts) => startPeer(parts, 'mercurius', 'Mercurius + JIT', 'bench/peers/mercurius-jit.ts'),
  'mercurius-select': (parts) =>
    startPeer(parts, 'mercurius-select', 'Mercurius + JIT, with $select', 'bench/peers/mercurius-jit.ts', ['select']),
  apollo: (parts) => startPeer(parts, 'apollo', 'Apollo Server + datasource-rest', 'bench/peers/apollo-datasource.ts'),
  hive: async (parts) => {
    const { processes, stub, folder } = parts;
    const upstreams = JSON.stringify(await stub.upstreams());
    await mkdir(folder, { recursive: true });
    await firstLine(processes.start(['bench/peers/mesh-compose.ts', upstreams, folder]));
    const supergraph = join(folder, 'supergraph.graphql');
    const side = await startPeer(parts, 'hive', 'Hive Gateway over Mesh', 'bench/peers/hive-gateway.ts', [supergraph]);
    return {
      ...side,
      requestsOf: ({ id }) => [HIVE_QUERIES[id] ?? []].flat().map((query) => post({ query })),
      readAnswer: readHiveAnswer,
    };
  },
  ...GATEWAY_SIDES,
};

/** With a hundred callers in turn, as the gateway has them, and started as it is. */
async function startHonestProxy({ processes, stub, folder }: SideParts): Promise<Side> {
  const own = join(folder, 'honest');
  await mkdir(own, { recursive: true });
  const names = Array.from({ length: CALLERS }, (_, index) => `${basename(folder)}-honest-${index}`);
  const keys = names.map((name) => ({ name, ...createApiKey(name) }));
  const erpHeaders = (await stub.upstreams()).erpHeaders;
  const callers = await Promise.all(
    keys.map(async ({ name, sha256 }) => ({
      name,
      sha256,
      // The tenant knows no callers: its token is everybody's, as behind the gateway.
      upstreams: { ...(await stub.signIn(name)), erpHeaders },
    })),
  );
  const setUp: HonestProxySetUp = { callers, logFile: join(own, 'proxy.log') };
  const file = join(own, 'set-up.json');
  await writeFile(file, JSON.stringify(setUp), { mode: 0o600 });
  const startedAt = performance.now();
  const env = { NODE_ENV: 'production', ...START_ENVIRONMENT };
  const child = processes.start([...START_FLAGS, 'bench/honest-proxy.ts', file], { env });
  return {
    id: 'honest',
    title: 'honest proxy',
    origin: await firstLine(child),
    child,
    readyAfterMs: performance.now() - startedAt,
    connections: names,
    requestsOf: (operation) =>
      keys.map(({ key }) => ({ ...postOf(operation, { authorization: `Bearer ${key}` }), path: `/${operation.id}` })),
  };
}

async function startPeer(
  { processes, stub }: SideParts,
  id: string,
  title: string,
  script: string,
  flags: readonly string[] = [],
): Promise<Side> {
  const started = await startScript(processes, script, await stub.upstreams(), flags);
  // None of them has links between the two systems.
  const requestsOf: Side['requestsOf'] = (operation) => (operation.join ? [] : [postOf(operation)]);
  return { ...started, id, title, requestsOf, readAnswer: (answer) => answer };
}

const postOf = ({ query }: Operation, headers?: Readonly<Record<string, string>>) => post({ query }, headers);

async function startScript(processes: Processes, script: string, argument: object, flags: readonly string[] = []) {
  const startedAt = performance.now();
  // Several of the libraries check more, and are slower, without it.
  const env = { NODE_ENV: 'production' };
  const child = processes.start([script, JSON.stringify(argument), ...flags], { env });
  const origin = await firstLine(child);
  return { child, origin, readyAfterMs: performance.now() - startedAt };
}
