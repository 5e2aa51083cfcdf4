import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import type { Sandbox } from '../../src/sandbox/index.ts';
import type { SoakCrew, SoakProcessReport } from './soak.ts';

const KEY = 'sgk_soak';
const MAIN = process.env['SOAK_MAIN'] ?? fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface GatewayCrewSettings {
  readonly sandbox: Sandbox;
  readonly vaultUrl: string;
  readonly vaultKey: string;
  readonly callers: number;
}

interface Member {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Whole gateways, each a process and a port of its own, and callers that ask any of them over HTTP. */
export async function createGatewayCrew({
  sandbox,
  vaultUrl,
  vaultKey,
  callers,
}: GatewayCrewSettings): Promise<SoakCrew> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-soak-'));
  const members = new Set<Member>();
  const children = new Set<ChildProcess>();
  const failures: Record<string, number> = {};
  let calls = 0;
  let kills = 0;
  let log = '';
  let stopping = false;

  const { sageId, sage200 } = sandbox.credentials;
  const [first] = sandbox.companies;
  const company = first && { site: first.siteId, company: String(first.companyId) };
  const sha256 = createHash('sha256').update(KEY).digest('hex');
  const path = join(folder, 'gateway.yaml');
  const file = {
    vault: { url: vaultUrl, key: vaultKey },
    sageId,
    sage200: { ...sage200, ...company },
    erp: { snapshots: join(folder, 'schemas') },
    callers: {
      apiKeys: [
        { name: 'soak', sha256, connection: 'finance', companies: 'all', tenants: [], readOnly: true, admin: false },
      ],
    },
  };
  await writeFile(path, stringify(file));

  const start = async (): Promise<void> => {
    const port = await freePort();
    const child = spawn(process.execPath, [MAIN, 'serve', '--config', path], {
      cwd: folder,
      env: { ...process.env, PORT: String(port), NODE_COMPILE_CACHE: join(folder, 'cache') },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        log += String(chunk);
      });
    }
    children.add(child);
    child.once('exit', () => children.delete(child));
    const member = { child, url: `http://127.0.0.1:${port}` };
    for (let times = 0; times < 200 && child.exitCode === null && !stopping; times += 1) {
      const isUp = await fetch(`${member.url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isUp) break;
      await pause(100);
    }
    if (!stopping) members.add(member);
  };

  const call = async (): Promise<void> => {
    while (!stopping) {
      const all = [...members];
      const member = all[Math.floor(Math.random() * all.length)];
      if (member) await ask(member);
      await pause(100 + Math.random() * 200);
    }
  };

  const ask = async ({ child, url }: Member): Promise<void> => {
    try {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
        body: JSON.stringify({ query: '{ sage200 { customers(first: 1) { nodes { reference } } } }' }),
      });
      const { errors = [] } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
      calls += 1;
      for (const { extensions } of errors) failures[extensions.code] = (failures[extensions.code] ?? 0) + 1;
    } catch {
      // A gateway that was killed under the request answers nothing; one that runs always does.
      if (!child.killed && !stopping) failures['NO_ANSWER'] = (failures['NO_ANSWER'] ?? 0) + 1;
    }
  };

  let calling: Promise<unknown> | undefined;
  return {
    async start() {
      await start();
      calling ??= Promise.all(Array.from({ length: callers }, call));
    },
    async killOne() {
      const all = [...members];
      const member = all[Math.floor(Math.random() * all.length)];
      if (!member) return;
      members.delete(member);
      const exit = once(member.child, 'exit');
      member.child.kill('SIGKILL');
      await exit;
      kills += 1;
      void start();
    },
    async stop(): Promise<readonly SoakProcessReport[]> {
      stopping = true;
      await calling;
      await Promise.all(
        // Those that are just starting too.
        [...children].map(async (child) => {
          const exit = once(child, 'exit');
          child.kill('SIGTERM');
          await exit;
        }),
      );
      await rm(folder, { recursive: true, force: true });
      return [{ calls, spent: 0, failures }];
    },
    kills: () => kills,
    log: () => log,
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
