/** What SQLite's primary result codes, PostgreSQL's codes and network error codes mean for the operator. */
const WORDS: Readonly<Record<string, string>> = {
  'sqlite 8': 'its file is read-only',
  'sqlite 10': 'its disk fails',
  'sqlite 11': 'its file is damaged; restore it from a backup',
  'sqlite 13': 'its disk is full',
  'sqlite 14': 'its file cannot be opened; check that the folder and the file may be written',
  'sqlite 26': 'its file is damaged; restore it from a backup',
  '42P01': 'one of its tables is missing; restore it from a backup',
  '53100': 'its disk is full',
  '53300': 'it has too many connections',
  '28P01': 'it refuses the user name or password',
  '28000': 'it refuses the user name or password',
  '3D000': 'the database does not exist',
  '25006': 'it is read-only, as a standby is; write the address of the primary server',
  '42501': 'its user may not do that; grant it the rights to the tables',
  '57014': 'it took too long to answer',
  '57P01': 'it is being stopped',
  '57P02': 'it ended after a crash',
  '57P03': 'it is starting',
  XX001: 'its data is damaged; restore it from a backup',
  XX002: 'an index of it is damaged; rebuild the index',
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: 'it closed the connection',
  EAI_AGAIN: 'its host name cannot be looked up now',
  EHOSTUNREACH: 'its address cannot be reached',
  ENETUNREACH: 'its address cannot be reached',
  ENOTFOUND: 'its host name is not known',
  EPIPE: 'it closed the connection',
  ETIMEDOUT: 'its address does not respond',
};

/** The same for failures that the driver of PostgreSQL only reports as a message, by its beginning. */
const DRIVER_WORDS = {
  'Connection terminated due to connection timeout': 'it does not answer',
  'timeout exceeded when trying to connect': 'it does not answer, or its connections are all in use',
  'Query read timeout': 'it took too long to answer',
  'Connection terminated': WORDS['ECONNRESET'],
  'The server does not support SSL connections': 'it does not encrypt connections, and vault.url asks for that',
  'no such table': WORDS['42P01'],
};

/** Why the vault does not answer, without any address, name or statement. */
export const vaultTrouble = (error: unknown): string => foundTrouble(error) ?? 'see the log';

/** The same if there is no log. @returns undefined for an error that is not a known vault failure */
export function foundTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  if (/^(The vault file was|Another file stands)/.test(message)) return message;
  for (const [beginning, words] of Object.entries(DRIVER_WORDS)) if (message.startsWith(beginning)) return words;
  const code =
    'errcode' in error ? `sqlite ${Number(error.errcode) & 0xff}` : 'code' in error ? String(error.code) : '';
  return Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
}
