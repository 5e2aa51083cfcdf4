import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
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
  ['anything else', withCode('toString'), 'see the log'],
  ['no error at all', 'secret words', 'see the log'],
])('the reason why the vault does not answer is explained: %s', (_, error, words) => {
  expect(vaultTrouble(error)).toContain(words);
  expect(vaultTrouble(error)).not.toContain('secret');
});
