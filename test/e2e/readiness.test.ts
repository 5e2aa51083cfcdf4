import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createVaultReadiness } from '../../src/tokens/index.ts';
import { readyLine, startMain } from '../cli/run-main.ts';

// Only Linux lets somebody else change a process's limits.
test.runIf(process.platform === 'linux')('a gateway whose disk is full is not ready, and says so', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-full-'));
  const path = join(folder, 'gateway.yaml');
  await writeFile(path, `server: { port: 0 }\nvault: { url: "sqlite:${folder}/v.db" }\n`);
  const main = startMain(['serve', '--config', path]);
  const url = String(readyLine(await main.says('"msg":"ready"'))['url']);
  const limit = (size: string) => execFileSync('prlimit', [`--pid=${main.pid}`, `--fsize=${size}:unlimited`]);
  const ready = async () => {
    const response = await fetch(`${url}/readyz`);
    const { checks } = (await response.json()) as { checks: object };
    return { status: response.status, checks };
  };

  const before = await ready();
  limit('0');
  const full = await ready();
  limit('unlimited');
  const after = await ready();
  await main.stop('SIGKILL');
  await rm(folder, { recursive: true });

  const checks = { vault: 'answers', disk: 'has room' };
  expect(before).toEqual({ status: 200, checks });
  expect(full).toEqual({ status: 503, checks: { vault: 'answers', disk: 'is full' } });
  expect(after).toEqual(before);
});

test('a vault that hangs makes the gateway not ready, and nobody waits for it', async () => {
  const ready = createVaultReadiness({
    url: 'postgres://db.example/gateway',
    watch: { refresh: () => new Promise(() => {}) },
    withinMs: 10,
  });

  expect(await ready()).toEqual({ ready: false, checks: { vault: 'does not answer in time' } });
});
