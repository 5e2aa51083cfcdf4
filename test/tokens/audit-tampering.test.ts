import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { type AuditFault, openVault, type Vault } from '../../src/tokens/index.ts';
import { runHere } from '../cli/run-here.ts';
import { OTHER_KEY } from './vault-contract.ts';
import { makeFolder, VAULT_KEY } from './world.ts';

/** A vault of two chains, of three and four lines, and its file open to somebody else. */
async function startRecord() {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await makeFolder());
  const path = join(folder.path, 'vault.db');
  const open = async () => {
    const vault = await openVault({ url: `sqlite:${path}`, key: VAULT_KEY });
    opened.defer(() => vault.close());
    return vault;
  };
  const vaults = [await open(), await open()] as const;
  const at = Date.now();
  for (const [index, vault] of vaults.entries()) {
    const end = await vault.audit.begin({ kind: 'mutation', action: `change${index}`, caller: 'key:shop', at });
    await end({ outcome: 'DONE', key: '7' });
    await note(vault, 'third');
    if (index === 1) await note(vault, 'fourth');
  }
  const file = new DatabaseSync(path);
  opened.defer(() => file.close());
  const stack = opened.move();
  return {
    path,
    vaults,
    open,
    sql: (text: string) => void file.exec(text),
    faults: async (): Promise<readonly AuditFault[]> => (await vaults[0].audit.verify()).faults,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const note = ({ audit }: Vault, action: string) =>
  audit.note({ kind: 'act', action, caller: 'key:admin', at: Date.now(), outcome: 'DONE' });

test('an unchanged record verifies', async () => {
  await using world = await startRecord();

  expect(await world.vaults[0].audit.verify()).toEqual({ faults: [], chains: 2, lines: 7 });
});

const COLUMNS = [
  ['at', 'at + 1'],
  ['kind', "'act2'"],
  ['action', "'other'"],
  ['caller', "'key:other'"],
  ['connection', "'other'"],
  ['consent', "'other'"],
  ['tenant', "'other'"],
  ['site', "'other'"],
  ['company', "'other'"],
  ['sage_key', "'8'"],
  ['request_id', "'other'"],
  ['outcome', "'OTHER'"],
  ['ends', "'9.9'"],
  ['mac', "'AAAA'"],
];

test.each(COLUMNS)('a line whose %s was changed is found, with its place', async (column, value) => {
  await using world = await startRecord();

  world.sql(`UPDATE audit_lines SET ${column} = ${value} WHERE chain = 2 AND sequence = 2`);

  expect(await world.faults()).toMatchObject([{ chain: 2, sequence: 2, what: 'This line was changed.' }]);
});

test.each([
  ['the first line is removed', 'DELETE FROM audit_lines WHERE chain = 1 AND sequence = 1', 1, 1, /removed/],
  ['a line in the middle is removed', 'DELETE FROM audit_lines WHERE chain = 2 AND sequence = 2', 2, 2, /removed/],
  ['the last line is removed', 'DELETE FROM audit_lines WHERE chain = 2 AND sequence = 4', 2, 4, /removed/],
  ['the last lines are removed', 'DELETE FROM audit_lines WHERE chain = 2 AND sequence > 2', 2, 3, /3 to 4/],
  ['all lines of a chain are removed', 'DELETE FROM audit_lines WHERE chain = 1', 1, 1, /1 to 3/],
  [
    'lines behind are moved up',
    'DELETE FROM audit_lines WHERE chain = 2 AND sequence = 2; UPDATE audit_lines SET sequence = sequence - 1 WHERE chain = 2 AND sequence > 2',
    2,
    2,
    /changed/,
  ],
  [
    'two lines change places',
    'UPDATE audit_lines SET sequence = 99 WHERE chain = 2 AND sequence = 3; UPDATE audit_lines SET sequence = 3 WHERE chain = 2 AND sequence = 4; UPDATE audit_lines SET sequence = 4 WHERE chain = 2 AND sequence = 99',
    2,
    3,
    /changed/,
  ],
  [
    'a line is added at the end',
    "INSERT INTO audit_lines (chain, sequence, at, kind, action, mac) VALUES (1, 4, 1, 'act', 'made up', 'AAAA')",
    1,
    4,
    /added/,
  ],
  [
    'a line is moved to another chain',
    'DELETE FROM audit_lines WHERE chain = 1 AND sequence = 3; UPDATE audit_lines SET chain = 1 WHERE chain = 2 AND sequence = 3',
    1,
    3,
    /changed/,
  ],
  ['a head says less than it sealed', 'UPDATE audit_chains SET sequence = 2 WHERE chain = 1', 1, undefined, /head/],
  [
    'lines and what the head says beside its seal are cut',
    'DELETE FROM audit_lines WHERE chain = 1 AND sequence = 3; UPDATE audit_chains SET sequence = 2 WHERE chain = 1',
    1,
    undefined,
    /head/,
  ],
  [
    'a head takes the seal of another chain',
    'UPDATE audit_chains SET head = (SELECT head FROM audit_chains WHERE chain = 1) WHERE chain = 2',
    2,
    undefined,
    /does not open/,
  ],
  [
    'a head poses as an anchor',
    'UPDATE audit_chains SET anchor = head WHERE chain = 1; DELETE FROM audit_lines WHERE chain = 1',
    1,
    undefined,
    /does not open/,
  ],
  ['a head is removed', 'DELETE FROM audit_chains WHERE chain = 1', 1, undefined, /head of this chain was removed/],
  [
    'a whole chain is removed',
    'DELETE FROM audit_chains WHERE chain = 1; DELETE FROM audit_lines WHERE chain = 1',
    1,
    undefined,
    /whole chain was removed/,
  ],
  [
    'the newest chain is removed',
    'DELETE FROM audit_chains WHERE chain = 2; DELETE FROM audit_lines WHERE chain = 2',
    2,
    undefined,
    /whole chain was removed/,
  ],
  [
    'a chain is made up',
    "INSERT INTO audit_lines (chain, sequence, at, kind, action, mac) VALUES (9, 1, 1, 'act', 'made up', 'AAAA')",
    9,
    undefined,
    /not in the register/,
  ],
  ['the register is removed', 'DELETE FROM audit_register', undefined, undefined, /register .* removed/],
  ['the register is emptied', 'UPDATE audit_register SET value = NULL', undefined, undefined, /emptied/],
  ['the register is changed', "UPDATE audit_register SET value = 'v1.x.y'", undefined, undefined, /does not open/],
  [
    'everything is removed',
    'DELETE FROM audit_register; DELETE FROM audit_chains; DELETE FROM audit_lines',
    undefined,
    undefined,
    /register .* removed/,
  ],
])('it is found if %s', async (_, sql, chain, sequence, what) => {
  await using world = await startRecord();

  world.sql(sql);

  const [first] = await world.faults();
  expect(first).toMatchObject({ chain, sequence, what: expect.stringMatching(what) });
});

test('a completely emptied record is found by the connections that were made meanwhile', async () => {
  await using world = await startRecord();
  await world.vaults[0].connections.save({
    name: 'finance',
    subject: 'jane',
    accessToken: undefined,
    refreshToken: VAULT_KEY,
    scope: undefined,
    consentedAt: Date.now() + 1,
    refreshExpiresAt: Date.now() + 1_000_000,
  });

  world.sql('UPDATE audit_register SET value = NULL; DELETE FROM audit_chains; DELETE FROM audit_lines');

  expect(await world.faults()).toMatchObject([{ chain: undefined, what: expect.stringMatching(/whole record/) }]);
});

test('a process continues with a new chain if its own was tampered with, and the lost lines are found', async () => {
  await using world = await startRecord();
  world.sql('CREATE TABLE kept AS SELECT * FROM audit_chains');
  await note(world.vaults[0], 'fourth');
  // An older head put back with its seal, and the lines after it cut: only the process itself knows better.
  world.sql(`DELETE FROM audit_lines WHERE chain = 1 AND sequence = 4; DELETE FROM audit_chains WHERE chain = 1;
             INSERT INTO audit_chains SELECT * FROM kept WHERE chain = 1`);

  await note(world.vaults[0], 'fifth');

  expect(await world.faults()).toEqual([
    { chain: 1, sequence: 4, what: 'This chain was cut: its process had written 4 lines.' },
  ]);
  expect(await world.vaults[0].audit.list({ limit: 1 })).toMatchObject([{ action: 'fifth', line: '3.2' }]);
});

test.each([
  ['its chain', 'DELETE FROM audit_chains WHERE chain = 1; DELETE FROM audit_lines WHERE chain = 1'],
  ['everything', 'DELETE FROM audit_register; DELETE FROM audit_chains; DELETE FROM audit_lines'],
])('after %s was removed, a process continues to record, and the loss is still found', async (_, sql) => {
  await using world = await startRecord();

  world.sql(sql);
  for (const vault of world.vaults) await note(vault, 'later');

  expect((await world.faults()).length).toBeGreaterThan(0);
  const later = (await world.vaults[0].audit.list()).filter(({ action }) => action === 'later');
  expect(later).toHaveLength(2);
});

test('a line that somebody inserted at the next place does not stop the record', async () => {
  await using world = await startRecord();
  world.sql("INSERT INTO audit_lines (chain, sequence, at, kind, action, mac) VALUES (1, 4, 1, 'act', 'made up', 'A')");

  await note(world.vaults[0], 'fourth');

  expect(await world.faults()).toMatchObject([{ chain: 1, sequence: 4, what: expect.stringMatching(/added/) }]);
});

test('tampered lines do not expire, however old they look', async () => {
  await using world = await startRecord();
  world.sql('UPDATE audit_lines SET at = 1 WHERE chain = 2 AND sequence < 4');

  await world.vaults[0].sweep();

  expect(await world.faults()).toMatchObject([{ chain: 2, sequence: 1, what: 'This line was changed.' }]);
});

test('a line that is restored after it expired is found', async () => {
  await using world = await startRecord();
  world.sql('CREATE TABLE kept AS SELECT * FROM audit_lines');
  await world.vaults[0].audit.sweep(Date.now() - 1);
  const before = await world.faults();
  world.sql('INSERT INTO audit_lines SELECT * FROM kept WHERE chain = 2 AND sequence = 2');

  expect(before).toEqual([]);
  expect((await world.faults()).length).toBeGreaterThan(0);
});

test('gateway audit --verify says where, and exits with 1', async () => {
  await using world = await startRecord();
  await using folder = await makeFolder();
  const config = await writeConfig(folder.path, world.path);

  const whole = await runHere('audit', '--config', config, '--verify');
  world.sql('DELETE FROM audit_lines WHERE chain = 2 AND sequence = 3');
  const cut = await runHere('audit', '--config', config, '--verify');
  const json = await runHere('audit', '--config', config, '--verify', '--json');

  expect(whole).toEqual({ code: 0, stdout: '7 lines in 2 chains: the record is unchanged.\n', stderr: '' });
  expect(cut.code).toBe(1);
  expect(cut.stdout).toContain('line 2.3: This line was removed.\n');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, faults: [{ chain: 2, sequence: 3 }] });
});

test('gateway audit shows lines of earlier releases among the rest, in order', async () => {
  await using world = await startRecord();
  await using folder = await makeFolder();
  const config = await writeConfig(folder.path, world.path);
  const at = Date.now() - 60_000;
  world.sql(`INSERT INTO writes VALUES ('a', ${at}, 'key:old', 'finance', 's', '1', 'createCustomer', '5', NULL);
             INSERT INTO audit_events VALUES ('b', ${at - 1}, 'connected', 'finance', 'session:jane', NULL)`);

  const { stdout } = await runHere('audit', '--config', config, '--connection', 'finance', '--json');
  const acts = await runHere('audit', '--config', config, '--kind', 'act', '--caller', 'session:jane', '--json');

  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toMatchObject([
    { kind: 'mutation', caller: 'key:old', action: 'createCustomer', key: '5', outcome: 'UNFINISHED', line: null },
    { kind: 'act', caller: 'session:jane', action: 'connected' },
  ]);
  expect(acts.stdout.trim().split('\n')).toHaveLength(1);
  expect((await runHere('audit', '--config', config, '--verify')).code).toBe(0);
});

test.each([
  [['--kind', 'write'], /--kind must be one of mutation, act/],
  [['--since', 'yesterday'], /--since must be a day/],
  [['--until', '2026-01-31T12:00'], /--until must be a day/],
  [['--verify', '--caller', 'key:shop'], /Remove --caller/],
])('gateway audit %j is explained', async (args, words) => {
  await using world = await startRecord();
  await using folder = await makeFolder();

  const { code, stderr } = await runHere('audit', '--config', await writeConfig(folder.path, world.path), ...args);

  expect(code).toBe(2);
  expect(stderr).toMatch(words);
});

async function writeConfig(folder: string, vault: string): Promise<string> {
  const { writeFile } = await import('node:fs/promises');
  const path = join(folder, 'gateway.yaml');
  const keys = `key: ${OTHER_KEY.reveal()}\n  previousKeys: [${VAULT_KEY.reveal()}]`;
  await writeFile(path, `vault:\n  url: sqlite:${vault}\n  ${keys}\n`);
  return path;
}
