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
  '57P01': 'it is being stopped',
  '57P03': 'it is starting',
  ECONNREFUSED: 'nothing listens at its address',
  ECONNRESET: 'it closed the connection',
  ENOTFOUND: 'its host name is not known',
  ETIMEDOUT: 'its address does not respond',
};

/** Why the vault does not answer, without any address, name or statement. */
export const vaultTrouble = (error: unknown): string => foundTrouble(error) ?? 'see the log';

/** The same if there is no log. @returns undefined for an error that is not a known vault failure */
export function foundTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { message } = error;
  if (/^(The vault file was|Another file stands)/.test(message)) return message;
  if (message.startsWith('no such table')) return WORDS['42P01'];
  if (message.startsWith('Connection terminated')) return WORDS['ECONNRESET'];
  const code =
    'errcode' in error ? `sqlite ${Number(error.errcode) & 0xff}` : 'code' in error ? String(error.code) : '';
  return Object.hasOwn(WORDS, code) ? WORDS[code] : undefined;
}
