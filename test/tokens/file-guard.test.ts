import { spawnSync } from 'node:child_process';
import { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFileGuard, type FileGuard } from '../../src/tokens/vault/engine/file-guard.ts';

let folder: string;
let path: string;
let database: DatabaseSync;
let guard: FileGuard;
let clock: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'file-guard-'));
  path = join(folder, 'vault.db');
  database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE things (text TEXT); CREATE INDEX texts ON things (text)');
  const roots = database.prepare('SELECT rootpage FROM sqlite_schema');
  clock = 0;
  guard = createFileGuard(
    path,
    () => roots.all().map(({ rootpage }) => Number(rootpage)),
    () => clock,
  );
});

afterEach(async () => {
  database.close();
  guard.close();
  await rm(folder, { recursive: true, force: true });
});

/** A look at the file a second later. */
function look(): void {
  clock += 1_000;
  guard.assertWhole();
}

/** With zeros in place, from there to the end. */
function overwrite(from: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(statSync(path).size - from), 0, undefined, from);
  closeSync(file);
}

/** Copies the write-ahead log into the file, as every process does now and then. */
const checkpoint = () => database.exec('PRAGMA wal_checkpoint(TRUNCATE)');

test.each<[how: string, harm: () => void, words: RegExp]>([
  ['cut to a few bytes', () => truncateSync(path, 60), /was overwritten/],
  ['cut after its first page', () => truncateSync(path, 4_096), /was cut short/],
  ['emptied', () => truncateSync(path), /was emptied/],
  ['overwritten with zeros', () => overwrite(0), /was overwritten/],
  ['overwritten behind its header', () => overwrite(100), /was overwritten/],
  ['overwritten behind its first page', () => overwrite(4_096), /was overwritten/],
])('a vault file that is %s is noticed, although the database still answers', (_how, harm, words) => {
  checkpoint();
  look();

  harm();

  expect(database.prepare('SELECT count(*) AS count FROM things').get()).toEqual({ count: 0 });
  // At first it may be another process that writes; what lasts is a fault.
  expect(look).toThrow(/being written|was emptied/);
  expect(look).toThrow(words);
});

test('writes are not a fault, whether they are already copied into the file or not', () => {
  const add = database.prepare('INSERT INTO things VALUES (hex(randomblob(5000)))');
  for (let round = 0; round < 30; round += 1) {
    add.run();
    look();
    if (round === 10) database.exec('CREATE TABLE more (text TEXT)');
    if (round === 20) database.exec('DELETE FROM things; DROP TABLE more');
    if (round % 3 === 0) checkpoint();
    look();
  }
});

test('closing one of two guards on a file keeps the locks of the process', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-guard-'));
  const path = join(folder, 'vault.db');
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)');
  const guards = [createFileGuard(path, () => []), createFileGuard(path, () => [])];
  database.exec('BEGIN IMMEDIATE');

  guards[0]?.close();

  const other = `const { DatabaseSync } = require('node:sqlite'); new DatabaseSync(process.argv[1]).exec('BEGIN IMMEDIATE');`;
  const { stderr } = spawnSync(process.execPath, ['-e', other, path], { encoding: 'utf8' });
  expect(stderr).toContain('database is locked');
  expect(() => guards[1]?.assertWhole()).not.toThrow();
  database.close();
  guards[1]?.close();
  await rm(folder, { recursive: true });
});
