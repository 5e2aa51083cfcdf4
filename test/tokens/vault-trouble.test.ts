import { once } from 'node:events';
import { createServer } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openPostgresDatabase } from '../../src/tokens/vault/engine/postgres-database.ts';
import { vaultTrouble } from '../../src/tokens/vault/engine/trouble.ts';

const failureOf = (sql: string): unknown => {
  try {
    new DatabaseSync(':memory:').exec(sql);
  } catch (error) {
    return error;
  }
  return undefined;
};
const withCode = (code: string) => Object.assign(new Error('secret words of a driver'), { code });

test.each([
  ['a missing table', failureOf('SELECT * FROM absent'), 'one of its tables is missing'],
  ['the same in PostgreSQL', withCode('42P01'), 'one of its tables is missing'],
  ['a damaged file', Object.assign(new Error('malformed'), { errcode: 11 }), 'its file is damaged'],
  ['an extended code of one', Object.assign(new Error('malformed'), { errcode: 11 + 256 }), 'its file is damaged'],
  ['a full disk', withCode('53100'), 'its disk is full'],
  ['a wrong password', withCode('28P01'), 'it refuses the user name or password'],
  ['nobody there', withCode('ECONNREFUSED'), 'nothing listens at its address'],
  ['a standby', withCode('25006'), 'it is read-only'],
  ['a user without rights', withCode('42501'), 'its user may not do that'],
  ['no way to it', withCode('EHOSTUNREACH'), 'its address cannot be reached'],
  ['connections all in use', new Error('timeout exceeded when trying to connect'), 'its connections are all in use'],
  ['a statement without an end', new Error('Query read timeout'), 'it took too long to answer'],
  ['anything else', withCode('toString'), 'see the log'],
  ['no error at all', 'secret words', 'see the log'],
])('the reason why the vault does not answer is explained: %s', (_, error, words) => {
  expect(vaultTrouble(error)).toContain(words);
  expect(vaultTrouble(error)).not.toContain('secret');
});

test('a database that accepts a connection and then says nothing is not said to have closed it', async () => {
  const server = createServer(() => {}).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const url = `postgres://u:secret@127.0.0.1:${port}/db`;

  const error = await openPostgresDatabase(url, { connectTimeoutMs: 50 }).catch((reason: unknown) => reason);

  expect(vaultTrouble(error)).toBe('it does not answer');
  server.close();
});
