import { loadConfig } from '../config/index.ts';
import type { NotedWrite } from '../tokens/index.ts';
import { type Command, parseOptions, UsageError } from './command.ts';

const MAX_LIMIT = 10_000;

/** Lists the writes that the gateway noted, newest first. What was written, and with which token, is not among it. */
export const audit: Command = async ({ args, env, stdout }) => {
  const { values } = parseOptions(args, {
    config: { type: 'string' },
    limit: { type: 'string' },
    json: { type: 'boolean' },
  });
  const path = values.config ?? env['GATEWAY_CONFIG'];
  if (!path) throw new UsageError('The vault to read is not known; write --config FILE, or set GATEWAY_CONFIG.');
  const limit = parseLimit(values.limit);
  const { keyFile, ...settings } = loadConfig({ path, env }).vault;
  const { openVault } = await import('../tokens/index.ts');
  const vault = await openVault({ ...settings, makeKey: keyFile });
  try {
    const rows = (await vault.writes.list(limit)).map(toEntry);
    stdout.write(values.json ? rows.map((row) => `${JSON.stringify(row)}\n`).join('') : toTable(rows));
    return 0;
  } finally {
    await vault.close();
  }
};

function parseLimit(text = '100'): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new UsageError(`--limit takes a whole number from 1 to ${MAX_LIMIT}; write such a number.`);
  return limit;
}

type Entry = Readonly<Record<(typeof COLUMNS)[number], string | null>>;

const COLUMNS = ['at', 'caller', 'connection', 'site', 'company', 'mutation', 'key', 'outcome'] as const;

/** A write without an end is on its way, or its process died over it: nobody knows more. */
const toEntry = ({ at, connection, key, outcome, ...write }: NotedWrite): Entry => ({
  at: new Date(at).toISOString(),
  caller: write.caller,
  connection: connection ?? null,
  site: write.site,
  company: write.company,
  mutation: write.mutation,
  key: key ?? null,
  outcome: outcome ?? 'UNFINISHED',
});

function toTable(rows: readonly Entry[]): string {
  if (rows.length === 0) return 'No write is noted in this vault.\n';
  const lines = [COLUMNS, ...rows.map((row) => COLUMNS.map((column) => printable(row[column] ?? '-')))];
  const widths = COLUMNS.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  const print = (line: readonly string[]) =>
    line
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  return `${lines.map(print).join('\n')}\n`;
}

/** Names of callers come from outside: nothing of them may steer a terminal. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '?');
