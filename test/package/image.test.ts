import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { freePort } from '../support/free-port.ts';
import { writeTestConfig } from '../support/test-gateway.ts';
import { buildImage } from './build-image.ts';

test('the image of the Dockerfile starts as its user, is healthy, stops, and writes only to its volume', async () => {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'gateway-image-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const sandbox = opened.use(await startSandbox({ customers: 2 }));
  const { path } = opened.use(await writeTestConfig({ sandbox }));
  const image = await buildImage({ folder, installs: false });
  // Node adds to what it compiled, and goes on without where it cannot.
  const own = async () => [...(await image.files())].filter(([name]) => !/\/\.compiled\/|^var\/lib\//.test(name));
  const before = await own();
  const env = { ...image.env, HOST: '127.0.0.1', PORT: String(await freePort()) };
  const start = ([program = '', ...args]: readonly string[]) =>
    spawn(program, args, { cwd: image.workdir, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const endOf = (child: ReturnType<typeof start>) => new Promise((resolve) => child.once('exit', resolve));

  const gateway = start(image.command.map((word) => (word.endsWith('gateway.yaml') ? path : word)));
  opened.defer(() => void gateway.kill('SIGKILL'));
  const ended = endOf(gateway);
  await new Promise<void>((resolve, reject) => {
    gateway.stdout.on('data', (chunk) => String(chunk).includes('"msg":"ready"') && resolve());
    void ended.then(() => reject(new Error('the image ended before it was ready')));
  });
  const health = await endOf(start(image.healthCheck));
  gateway.kill('SIGTERM');

  expect(image.user).toBe('node');
  expect(image.command).toContain(join(folder, 'etc/sage-gateway/gateway.yaml'));
  expect(health).toBe(0);
  expect(await ended).toBe(0);
  expect(await own()).toEqual(before);
  expect(before.length).toBeGreaterThan(500);
});
