import { Agent, request } from 'node:http';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { type RunningMain, startMain } from '../cli/run-main.ts';
import { freePort } from '../support/free-port.ts';
import { writeTestConfig } from '../support/test-gateway.ts';
import { startBalancer } from './balancer.ts';

export interface RollingRestartOptions {
  readonly sandbox: Sandbox;
  readonly instances: number;
  /** How often each is restarted. */
  readonly rounds: number;
  readonly drainDelay: string;
  readonly workers?: number;
  /** Clients that keep their connection, and as many that open one for each request. */
  readonly clients: number;
}

export interface RollingRestart {
  readonly answered: number;
  /** In words. */
  readonly failed: readonly string[];
}

const BODY = JSON.stringify({ query: '{ sage200 { customers(first: 3) { nodes { reference } } } }' });

/** Restarts instances behind a balancer one after the other, while clients ask. */
export async function restartInTurn(options: RollingRestartOptions): Promise<RollingRestart> {
  const { sandbox, instances, rounds, drainDelay, workers, clients } = options;
  await using stack = new AsyncDisposableStack();
  const file = stack.use(
    await writeTestConfig({ sandbox, edit: (yaml) => Object.assign(yaml['server'] ?? {}, { drainDelay }) }),
  );
  const ports = await Promise.all(Array.from({ length: instances }, freePort));
  const running = new Map<number, RunningMain>();
  stack.defer(async () => void (await Promise.all([...running.values()].map((main) => main.stop('SIGKILL')))));
  const start = async (port: number): Promise<void> => {
    const args = ['serve', '--config', file.path, ...(workers ? ['--workers', String(workers)] : [])];
    const main = startMain(args, { env: { PORT: String(port) } });
    running.set(port, main);
    await main.says('"msg":"ready"');
  };
  for (const port of ports) await start(port);
  const balancer = stack.use(await startBalancer(ports));
  for (const port of ports) await balancer.becomes(port, true);

  const failed: string[] = [];
  let answered = 0;
  let isOver = false;
  const askOn = async (isKept: boolean) => {
    const agent = new Agent({ keepAlive: isKept, maxSockets: 1 });
    while (!isOver) {
      await ask(balancer.url, agent).then(
        (status) => {
          answered += 1;
          if (status !== 200) failed.push(`status ${status}`);
        },
        (error: Error) => failed.push(error.message),
      );
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    agent.destroy();
  };
  const asking = Array.from({ length: 2 * clients }, (_, index) => askOn(index % 2 === 0));
  for (let round = 0; round < rounds; round += 1) {
    for (const port of ports) {
      const { code } = (await running.get(port)?.stop('SIGTERM')) ?? {};
      if (code !== 0) failed.push(`exit code ${code}`);
      await start(port);
      await balancer.becomes(port, true);
    }
  }
  isOver = true;
  await Promise.all(asking);
  return { answered, failed };
}

function ask(url: string, agent: Agent): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/graphql`, { agent, method: 'POST', headers: { 'content-type': 'application/json' } });
    asked.on('error', reject);
    asked.on('response', (response) => {
      response.on('error', reject);
      response.on('end', () => resolve(response.statusCode));
      response.resume();
    });
    asked.end(BODY);
  });
}
