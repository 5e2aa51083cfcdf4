import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { Secret } from '../../src/kit/errors/index.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openVault } from '../../src/tokens/index.ts';
import { runMain, startMain } from '../cli/run-main.ts';
import { freePort } from '../support/free-port.ts';
import { VAULT_KEY } from './world.ts';

const NEW_KEY = Buffer.alloc(32, 9).toString('base64');

let folder: string;
let sandbox: Sandbox;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-commands-'));
  sandbox = await startSandbox({ customers: 1 });
});

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

const vaultUrl = () => `sqlite:${join(folder, 'vault.db')}`;

async function writeConfig(name: string, vault: object, sage200: object = {}): Promise<string> {
  const { sageId, sage200: application } = sandbox.credentials;
  const path = join(folder, name);
  await writeFile(
    path,
    stringify({ vault: { url: vaultUrl(), ...vault }, sageId, sage200: { ...application, ...sage200 } }),
  );
  return path;
}

const readConnection = async (name: string, key = VAULT_KEY, url = vaultUrl()) => {
  const vault = await openVault({ url, key });
  const row = await vault.connections.read(name);
  await vault.close();
  return row;
};

test('connect signs in from a terminal, through a local port, and a visit with a wrong state does not disturb it', async () => {
  const path = await writeConfig('connect.yaml', { key: VAULT_KEY.reveal() });
  const port = await freePort();
  const command = startMain(['connect', 'finance', '--config', path, '--port', String(port)]);

  const said = await command.says('Waiting');
  const [url = ''] = /http:\S+authorize\S+/.exec(said) ?? [];
  const callback = await sandbox.sageId.signIn(url, 'alice');
  const stranger = await fetch(`http://localhost:${port}/connect/sage200/callback?state=wrong&code=x`);
  const visit = await fetch(callback);
  const { code, stdout, stderr } = await command.ended;

  expect(callback).toContain(`http://localhost:${port}/connect/sage200/callback?`);
  expect(stranger.status).toBe(400);
  expect(await visit.text()).toContain('Connected');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('Stored connection finance');
  expect(await readConnection('finance')).toMatchObject({ subject: 'auth0|sandbox-alice', state: 'connected' });
});

test('connect says what is wrong: a refusal, another account, a port in use, an invalid name', async () => {
  const path = await writeConfig('refused.yaml', { key: VAULT_KEY.reveal() });
  const port = await freePort();
  const args = ['--config', path, '--port', String(port)];
  const signIn = async (finish: (url: string) => Promise<string>) => {
    const command = startMain(['connect', 'finance', ...args]);
    const [url = ''] = /http:\S+authorize\S+/.exec(await command.says('Waiting')) ?? [];
    await fetch(await finish(url));
    return command.ended;
  };

  const refused = await signIn((url) => sandbox.sageId.refuseSignIn(url));
  const other = await signIn((url) => sandbox.sageId.signIn(url, 'bob'));
  const blocker = createServer().listen(port, 'localhost');
  const inUse = await runMain(['connect', 'finance', ...args]);
  blocker.close();
  const badName = await runMain(['connect', 'a b', ...args]);
  const badPort = await runMain(['connect', 'finance', '--config', path, '--port', '99999']);

  expect([refused.code, other.code, inUse.code, badName.code, badPort.code]).toEqual([1, 1, 1, 1, 2]);
  expect(refused.stderr).toContain('You did not allow Sage ID');
  expect(other.stderr).toContain('belongs to another Sage ID account');
  expect(inUse.stderr).toContain('Cannot listen on port');
  expect(badName.stderr).toContain('not a name for a connection');
});

test('vault rotate-key seals everything with the new key, says so, and can be run again', async () => {
  const both = { key: NEW_KEY, previousKeys: [VAULT_KEY.reveal()] };
  const path = await writeConfig('rotate.yaml', both);

  const first = await runMain(['vault', 'rotate-key', '--config', path]);
  const second = await runMain(['vault', 'rotate-key', '--config', path]);

  expect([first.code, second.code]).toEqual([0, 0]);
  expect(first.stdout).toMatch(/^[1-9]\d* values re-encrypted/);
  expect(second.stdout).toContain('0 values re-encrypted');
  expect(first.stdout).toContain('previousKeys can be emptied');
  expect((await readConnection('finance', new Secret(NEW_KEY)))?.refreshToken).toBeDefined();
  const lost = await runMain([
    'vault',
    'rotate-key',
    '--config',
    await writeConfig('lost.yaml', { key: VAULT_KEY.reveal() }),
  ]);
  expect(lost.code).toBe(1);
  expect(lost.stderr).toContain('written with another key');
});

test("no command can use the name of a person's connection", async () => {
  const url = `sqlite:${join(folder, 'people.db')}`;
  const path = await writeConfig('people.yaml', { url, key: VAULT_KEY.reveal() });
  const name = `person-${'0'.repeat(32)}`;

  for (const args of [
    ['connect', name],
    ['connection', 'import', name],
  ]) {
    const { code, stderr } = await runMain([...args, '--config', path], { stdin: await sandbox.refreshToken('bob') });
    expect(code, args.join(' ')).toBe(1);
    expect(stderr).toContain('Names that begin with person- belong to people who sign in with a browser.');
  }
  expect(await readConnection(name, VAULT_KEY, url)).toBeUndefined();
});
