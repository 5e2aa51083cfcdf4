import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { sandboxConfigText } from '../../src/cli/sandbox-config.ts';
import { storeConnection } from '../../src/cli/store-connection.ts';
import { loadConfig } from '../../src/config/index.ts';
import { Secret } from '../../src/kit/errors/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { openVault } from '../../src/tokens/index.ts';
import { runMain } from './run-main.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gateway-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** What bash offers at the end of a line. */
async function completeInBash(script: string, line: string): Promise<string[]> {
  const words = line.split(' ');
  const at = words.length === 1 ? 1 : words.length - 1;
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const run = `. ${script}; COMP_WORDS=(${quoted}); COMP_CWORD=${at}; _gateway; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await promisify(execFile)('bash', ['-c', run]);
  return stdout.trim().split('\n');
}

describe('the command line', () => {
  test.each(['schema', 'keys', 'connection', 'connections'])(
    '%s --help lists the commands with that beginning, and exits with 0',
    async (group) => {
      const { code, stdout } = await runMain([group, '--help']);

      expect(code).toBe(0);
      const listed = stdout.split('\n').filter((line) => /^ {2}[a-z]/.test(line));
      expect(listed.length).toBeGreaterThan(0);
      for (const line of listed) expect(line).toMatch(new RegExp(`^ {2}${group} `));
    },
  );

  test('--help and -h list every command and exit with 0', async () => {
    for (const args of [['--help'], ['-h']]) {
      const { code, stdout } = await runMain(args);

      expect(code).toBe(0);
      for (const name of ['serve', 'sandbox', 'connection import', 'keys create', 'schema print', 'config schema']) {
        expect(stdout).toContain(`  ${name}`);
      }
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    }
  });

  test('a command explains itself with --help', async () => {
    const { code, stdout } = await runMain(['keys', 'create', '--help']);

    expect(code).toBe(0);
    expect(stdout).toContain('gateway keys create [--name NAME]');
  });

  test('a shell completes commands, their second words and their options', async () => {
    const script = await write('completion.bash', (await runMain(['completion', 'bash'])).stdout);
    const words = ['gateway', 'gateway sch', 'gateway schema ', 'gateway schema diff --', 'gateway check --config '];
    const completed = await Promise.all(words.map((line) => completeInBash(script, line)));

    expect(completed[0]).toEqual(expect.arrayContaining(['serve', 'connections', 'schema', '--help']));
    expect(completed.slice(1, 4)).toEqual([
      ['schema'],
      ['print', 'save', 'diff', 'history', 'refresh', 'write'],
      ['--tenant', '--config', '--file', '--json', '--help'],
    ]);
    const others = await Promise.all(['zsh', 'fish', 'powershell'].map((shell) => runMain(['completion', shell])));
    for (const { code, stdout } of others) {
      expect(code).toBe(0);
      for (const word of ['rotate-key', 'write-config']) expect(stdout).toContain(word);
    }
    expect(await runMain(['completion', 'tcsh'])).toMatchObject({ code: 2 });
  });

  // PowerShell runs on none of the machines that run these tests, so its script is read for what it needs.
  test('the PowerShell script completes a program, with a line for each command', async () => {
    const { stdout } = await runMain(['completion', 'powershell']);

    expect(stdout).toContain('Register-ArgumentCompleter -Native -CommandName gateway, sage-gateway -ScriptBlock {');
    expect(stdout).toContain('param($word, $command, $position)');
    expect(stdout).toContain('[System.Management.Automation.CompletionResult]::new(');
    const table = new Map(
      [...stdout.matchAll(/^ {4}'([a-z -]*)' = @\(('[\w-]+'(?:, '[\w-]+')*)\)$/gm)].map(([, name = '', words = '']) => [
        name,
        words.slice(1, -1).split("', '"),
      ]),
    );
    const groups = Object.keys(COMMANDS).flatMap((name) => name.split(' ').slice(0, -1));
    expect([...table.keys()].sort()).toEqual([...new Set(['', ...groups, ...Object.keys(COMMANDS)])].sort());
    expect(table.get('schema')).toEqual(expect.arrayContaining(['print', 'save', 'diff']));
    expect(table.get('connect-link')).toContain('--return-to');
    for (const [open, close] of ['{}', '()', '[]'])
      expect(stdout.split(open ?? '').length).toBe(stdout.split(close ?? '').length);
    expect(stdout.split("'").length % 2).toBe(1);
  });

  test('every command with a result takes --json, except those that print a document or talk to a person', () => {
    const without = Object.entries(COMMANDS).filter(([, { usage }]) => !usage.includes('[--json]'));

    expect(without.map(([name]) => name)).toEqual([
      'serve',
      'sandbox',
      'connect',
      'schema print',
      'schema save',
      'schema write',
      'config schema',
      'completion',
    ]);
  });

  test('--version prints the version of package.json', async () => {
    expect((await runMain(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.each([
    [['serv'], 'Unknown command "serv". Did you mean serve?'],
    [['banana'], 'Unknown command "banana". The commands are serve, sandbox'],
    [['keys'], '"keys" needs another word: keys create.'],
    [['--config', 'x.yaml'], '--config must come after the command, as in serve --config.'],
    [['serve', '--confg', 'x.yaml'], 'Unknown option --confg. Did you mean --config?'],
    [['serve', '--config'], '--config needs a value: --config VALUE.'],
    [['serve', 'gateway.yaml'], 'Unexpected argument "gateway.yaml".'],
    [['config', 'schema', '--nonsense'], 'Unknown option --nonsense. This command has no options.'],
    [['connection', 'import'], 'Missing argument NAME at the end of the command.'],
    [['connection', 'import', 'finance'], 'Use --config FILE, or set GATEWAY_CONFIG.'],
    [['keys', 'create', '--name', 'a b'], '--name may contain letters, digits, dots, dashes and underscores'],
    [['serve', '--workers', '0'], '--workers must be a number from 1 to 64, or auto, not "0".'],
    [['serve', '--workers', '65'], '--workers must be a number from 1 to 64, or auto, not "65".'],
    [['serve', '--port', 'x'], '--port must be a number from 1 to 65535, or 0 for any free port, not "x".'],
    [['sandbox', '--port', 'x'], '--port must be a number from 0 to 65532, not "x".'],
    [['sandbox', '--customers', '0'], '--customers must be a number from 1 to 1000000, not "0".'],
  ])('%j exits with 2 and says what to write', async (args, message) => {
    const { code, stdout, stderr } = await runMain(args);

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('npm run gateway -- --help');
  });
});

describe('serve', () => {
  test('a faulty configuration exits with 1 and lists every fault, and nothing is started', async () => {
    const path = await write('faulty.yaml', 'server: { prot: 1 }\nlog: { level: loud }\n');

    const { code, stderr } = await runMain(['serve', '--config', path]);

    expect(code).toBe(1);
    expect(stderr).toContain(`The configuration has 2 mistakes:\n  ${path}:1:11: server.prot is not a setting`);
    expect(stderr).toContain(`${path}:2:15: log.level "loud"`);
  });

  test('GATEWAY_CONFIG can name the file too', async () => {
    const { code, stderr } = await runMain(['serve'], { env: { GATEWAY_CONFIG: '/nowhere.yaml' } });

    expect(code).toBe(1);
    expect(stderr).toContain('/nowhere.yaml: there is no such file');
  });
});

describe('keys create', () => {
  test('the printed line allows the printed key', async () => {
    const { code, stdout } = await runMain(['keys', 'create', '--name', 'web-shop']);
    const key = /^ {2}(sgk_[\w-]{43})$/m.exec(stdout)?.[1] ?? '';
    const line = /^ {2}(- \{ name: .*)$/m.exec(stdout)?.[1] ?? '';

    expect(code).toBe(0);
    const { callers } = loadConfig({ text: `callers:\n  apiKeys:\n    ${line}\n`, env: {} });
    expect(callers.apiKeys).toEqual([
      {
        name: 'web-shop',
        sha256: createHash('sha256').update(key).digest('hex'),
        companies: 'all',
        tenants: [],
        readOnly: true,
        admin: false,
        paymentsOut: 'none',
      },
    ]);
  });

  test('companies are printed as given, and refused if they are neither all nor pairs', async () => {
    const { stdout } = await runMain(['keys', 'create', '--companies', 'a1-b2:1,a1-b2:2']);
    const [, line = ''] = /^ {2}(- \{.*\})$/m.exec(stdout) ?? [];
    const wrong = await runMain(['keys', 'create', '--companies', 'a1-b2']);

    const { callers } = loadConfig({ text: `callers:\n  apiKeys:\n    ${line}\n`, env: {} });
    expect(callers.apiKeys[0]?.companies).toEqual([
      { site: 'a1-b2', company: '1' },
      { site: 'a1-b2', company: '2' },
    ]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--companies SITE:1,SITE:2') });
  });

  test('every key is different', async () => {
    const [one, two] = await Promise.all([runMain(['keys', 'create']), runMain(['keys', 'create'])]);

    expect(one.stdout).not.toBe(two.stdout);
  });
});

describe('connection import', () => {
  const config = () =>
    `vault: { url: "sqlite:${folder}/vault.db" }\nsage200: { clientId: app, refreshLifetime: 10d }\n`;
  const readStored = async (path: string, name: string) => {
    const { vault: settings } = loadConfig({ path, env: {} });
    const vault = await openVault({ ...settings, makeKey: settings.keyFile });
    const stored = await vault.connections.read(name);
    await vault.close();
    return stored;
  };

  test('the refresh token from standard input is tried at Sage ID, and its successor is stored encrypted and never printed', async () => {
    await using sandbox = await startSandbox({ customers: 1 });
    const vaultFile = `${folder}/proven.db`;
    const path = await write('proven.yaml', sandboxConfigText(sandbox, { vaultFile, snapshots: `${folder}/schemas` }));
    const token = await sandbox.refreshToken('alice');
    const args = ['connection', 'import', 'finance', '--config', path];

    const result = await runMain(args, { stdin: `${token}\n` });
    const again = await runMain(['connection', 'import', 'other', '--config', path], { stdin: 'marker-token\n' });
    await sandbox.close();
    const away = await runMain(['connection', 'import', 'other', '--config', path], { stdin: 'marker-token\n' });

    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('finance is stored');
    expect(result.stdout).not.toContain(token);
    const stored = await readStored(path, 'finance');
    expect(stored?.accessToken?.expiresAt).toBeGreaterThan(Date.now());
    expect(stored?.refreshToken?.reveal()).toMatch(/./);
    expect(stored?.refreshToken?.reveal()).not.toBe(token);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(
      /^Sage ID does not accept this refresh token \(invalid_grant\)[\s\S]*Nothing was stored\.$/m,
    );
    expect(away.stderr).toMatch(
      /^Sage ID cannot be reached[\s\S]*cause: nothing listens at its address \(ECONNREFUSED\)/,
    );
    expect(`${again.stderr}${away.stderr}`).not.toContain('marker-token');
    expect(await readStored(path, 'other')).toBeUndefined();
  });

  test('empty standard input and a wrong vault key are reported', async () => {
    const path = await write('import.yaml', config());
    const other = await write('other.yaml', config().replace('vault: {', `vault: { key: ${'A'.repeat(43)}=,`));
    await storeConnection(loadConfig({ path, env: {} }), 'one', new Secret('x'));

    const empty = await runMain(['connection', 'import', 'two', '--config', path], { stdin: '\n' });
    const wrongKey = await runMain(['connection', 'import', 'two', '--config', other], { stdin: 'x' });

    expect(empty).toMatchObject({ code: 1, stderr: 'The refresh token is empty.\n' });
    expect(wrongKey.code).toBe(1);
    expect(wrongKey.stderr).toContain('key');
    expect(wrongKey.stderr).not.toContain('    at ');
  });

  test('a configuration without Sage 200 has nowhere to connect to', async () => {
    const path = await write('no-sage200.yaml', 'log: {}\n');

    const { code, stderr } = await runMain(['connection', 'import', 'finance', '--config', path], { stdin: 'x' });

    expect(code).toBe(1);
    expect(stderr).toContain('Add the section sage200 to the file');
  });
});

test('config schema prints the JSON Schema of the file', async () => {
  const { code, stdout } = await runMain(['config', 'schema']);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ title: 'gateway.yaml', additionalProperties: false });
});

test('schema/gateway.graphql is what schema print prints (npm run schema writes it)', async () => {
  const { code, stdout } = await runMain(['schema', 'print']);

  expect(code).toBe(0);
  expect(await readFile(new URL('../../schema/gateway.graphql', import.meta.url), 'utf8')).toBe(stdout);
});
