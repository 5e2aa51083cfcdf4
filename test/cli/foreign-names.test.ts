import { afterAll, beforeAll, expect, test } from 'vitest';
import { printTable } from '../../src/cli/print-table.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openVault } from '../../src/tokens/index.ts';
import { type TestConfig, writeTestConfig } from '../support/test-gateway.ts';
import { runHere as gateway } from './run-here.ts';

/** A name such as any issuer of tokens may give its users. */
const NAME = 'jwt:a\nb\u2028\u2029\u0085\u009b31m\u001b[31m\u061c\u200e\u200f\u202ed\u2066';
const SHOWN = String.raw`jwt:a\nb\u2028\u2029\u0085\u009b31m\u001b[31m\u061c\u200e\u200f\u202ed\u2066`;
const ACTING = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_C}]/u;

let sandbox: Sandbox;
let file: TestConfig;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  file = await writeTestConfig({ sandbox });
  const vault = await openVault({ ...file.config.vault, makeKey: file.config.vault.keyFile });
  const names = { caller: NAME, connection: NAME, tenant: NAME, site: NAME, company: NAME, key: NAME, requestId: NAME };
  await vault.audit.note({ at: 0, kind: 'mutation', action: NAME, outcome: NAME, ...names });
  await vault.close();
});

afterAll(async () => {
  await file[Symbol.asyncDispose]();
  await sandbox.close();
});

test('the audit shows foreign names as escapes, on one line each', async () => {
  const { stdout } = await gateway('audit', '--kind', 'mutation', '--config', file.path);

  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]?.split(SHOWN)).toHaveLength(10);
  for (const line of lines) expect(line).not.toMatch(ACTING);
});

test('the audit as JSON contains them unchanged, without anything that controls a terminal', async () => {
  const { stdout } = await gateway('audit', '--kind', 'mutation', '--config', file.path, '--json');

  expect(stdout.trimEnd()).not.toMatch(ACTING);
  expect(JSON.parse(stdout)).toMatchObject({ caller: NAME, key: NAME, requestId: NAME });
});

test('a table keeps its columns, whatever a cell contains', () => {
  expect(
    printTable(
      ['name', 'of'],
      [
        [NAME, 1],
        ['x', 20],
      ],
    ),
  ).toBe(
    [`name${' '.repeat(SHOWN.length - 4)}  of`, `${SHOWN}   1`, `x${' '.repeat(SHOWN.length - 1)}  20`, ''].join('\n'),
  );
});
