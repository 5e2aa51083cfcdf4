import { loadConfig } from '../config/index.ts';
import { parseDuration } from '../kit/settings/index.ts';
import { toPrintableJson } from '../kit/text/index.ts';
import type { AuditFilter, AuditKind, AuditLine, AuditVerdict, Vault } from '../tokens/index.ts';
import { type Command, parseOptions, UsageError } from './command.ts';
import { printTable } from './print-table.ts';

const MAX_LIMIT = 10_000;

const OPTIONS = {
  config: { type: 'string' },
  caller: { type: 'string' },
  connection: { type: 'string' },
  kind: { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
  verify: { type: 'boolean' },
} as const;

/** Options that filter lines. They cannot be combined with --verify, which checks the whole record. */
const CHOOSING = ['caller', 'connection', 'kind', 'since', 'until', 'limit'] as const;

/** Lists or verifies the record of what was done. It contains no written values and no tokens. */
export const audit: Command = async ({ args, env, stdout }) => {
  const { values } = parseOptions(args, OPTIONS);
  const path = values.config ?? env['GATEWAY_CONFIG'];
  if (!path) throw new UsageError('No vault to read from. Use --config FILE, or set GATEWAY_CONFIG.');
  const choosing = CHOOSING.find((name) => values[name] !== undefined);
  if (values.verify && choosing) throw new UsageError(`--verify checks the whole record. Remove --${choosing}.`);
  const { AUDIT_KINDS, openVault } = await import('../tokens/index.ts');
  const filter: AuditFilter = {
    caller: values.caller,
    connection: values.connection,
    kind: parseKind(values.kind, AUDIT_KINDS),
    since: parseTime('since', values.since),
    until: parseTime('until', values.until),
    limit: parseLimit(values.limit),
  };
  const { keyFile, ...settings } = loadConfig({ path, env }).vault;
  const vault = await openVault({ ...settings, makeKey: keyFile });
  try {
    if (values.verify) return await verify(vault, (verdict) => stdout.write(printVerdict(verdict, values.json)));
    const rows = (await vault.audit.list(filter)).map(toEntry);
    stdout.write(values.json ? rows.map((row) => `${toPrintableJson(JSON.stringify(row))}\n`).join('') : toTable(rows));
    return 0;
  } finally {
    await vault.close();
  }
};

async function verify(vault: Vault, print: (verdict: AuditVerdict) => void): Promise<number> {
  const verdict = await vault.audit.verify();
  print(verdict);
  return verdict.faults.length === 0 ? 0 : 1;
}

function printVerdict({ faults, chains, lines }: AuditVerdict, asJson: boolean | undefined): string {
  if (asJson) return `${JSON.stringify({ ok: faults.length === 0, chains, lines, faults })}\n`;
  const count = `${lines} lines in ${chains} chains`;
  if (faults.length === 0) return `${count}: the record is unchanged.\n`;
  const places = faults.map(({ chain, sequence, what }) => {
    const place =
      chain === undefined ? 'record' : sequence === undefined ? `chain ${chain}` : `line ${chain}.${sequence}`;
    return `${place}: ${what}\n`;
  });
  return `${places.join('')}${count} were read: the record HAS BEEN CHANGED.\n`;
}

function parseLimit(text = '100'): number {
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT)
    throw new UsageError(`--limit must be a whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
}

function parseKind(text: string | undefined, kinds: readonly AuditKind[]): AuditKind | undefined {
  if (text === undefined) return undefined;
  const kind = kinds.find((each) => each === text);
  if (kind) return kind;
  throw new UsageError(`--kind must be one of ${kinds.join(', ')}.`);
}

/** A day, a time with its zone, or a duration before now. Days are in UTC, as in the printed lines. */
const TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/;

function parseTime(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ago = parseDuration(text);
  const at = ago === undefined ? (TIME.test(text) ? Date.parse(text) : Number.NaN) : Date.now() - ago;
  if (Number.isFinite(at)) return at;
  throw new UsageError(
    `--${option} must be a day such as 2026-01-31, a time such as 2026-01-31T12:00:00Z, or a duration before now such as 24h.`,
  );
}

const COLUMNS = [
  'at',
  'kind',
  'caller',
  'connection',
  'tenant',
  'site',
  'company',
  'action',
  'key',
  'outcome',
  'requestId',
  'line',
] as const;

type Entry = Readonly<Record<(typeof COLUMNS)[number] | 'consent' | 'mutation', string | null>>;

const toEntry = (line: AuditLine): Entry => ({
  at: new Date(line.at).toISOString(),
  kind: line.kind,
  caller: line.caller ?? null,
  connection: line.connection ?? null,
  consent: line.consent ?? null,
  tenant: line.tenant ?? null,
  site: line.site ?? null,
  company: line.company ?? null,
  action: line.action,
  // Scripts written for earlier releases read this name.
  mutation: line.kind === 'mutation' ? line.action : null,
  key: line.key ?? null,
  outcome: line.outcome ?? null,
  requestId: line.requestId ?? null,
  line: line.line ?? null,
});

function toTable(rows: readonly Entry[]): string {
  if (rows.length === 0) return 'The record has no matching lines.\n';
  return printTable(
    COLUMNS,
    rows.map((row) => COLUMNS.map((column) => row[column] ?? '-')),
  );
}
