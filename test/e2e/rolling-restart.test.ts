import { Agent, get } from 'node:http';
import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { readyLine, startMain } from '../cli/run-main.ts';
import { restartInTurn } from '../soak/rolling-restart.ts';
import { writeTestConfig } from '../support/test-gateway.ts';

test('two instances behind a load balancer are restarted one after the other, and no request fails', async () => {
  await using sandbox = await startSandbox({ customers: 5, companies: 1 });

  const { answered, failed } = await restartInTurn({
    sandbox,
    instances: 2,
    rounds: 1,
    drainDelay: '1500ms',
    clients: 2,
  });

  expect(failed).toEqual([]);
  expect(answered).toBeGreaterThan(50);
});

/** Asks on the agent's one connection. */
const ask = (url: string, agent: Agent) =>
  new Promise<{ readonly status: number | undefined; readonly isKept: boolean; readonly ends: boolean }>(
    (resolve, reject) => {
      const asked = get(`${url}/healthz`, { agent }, (response) => {
        response.resume();
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode: status, headers } = response;
          resolve({ status, isKept: asked.reusedSocket, ends: headers.connection === 'close' });
        });
      });
      asked.on('error', reject);
    },
  );

test('idle connections of a stopping gateway are answered at any moment of the drain, and then end', async () => {
  await using sandbox = await startSandbox({ customers: 5, companies: 1 });
  // Longer than the test takes.
  const edit = (yaml: Record<string, Record<string, unknown>>) =>
    void Object.assign(yaml['server'] ?? {}, { drainDelay: '60s' });
  await using file = await writeTestConfig({ sandbox, edit });
  const main = startMain(['serve', '--config', file.path]);
  const url = String(readyLine(await main.says('"msg":"ready"'))['url']);
  const agents = Array.from({ length: 40 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const before = await Promise.all(agents.map((agent) => ask(url, agent)));

  process.kill(main.pid ?? 0, 'SIGTERM');
  await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
  const during = [];
  for (const agent of agents) during.push(await ask(url, agent));
  const after = await Promise.all(agents.map((agent) => ask(url, agent)));
  await main.stop('SIGKILL');

  expect(before).toEqual(agents.map(() => ({ status: 200, isKept: false, ends: false })));
  expect(during).toEqual(agents.map(() => ({ status: 200, isKept: true, ends: true })));
  expect(after).toEqual(agents.map(() => ({ status: 200, isKept: false, ends: true })));
});
