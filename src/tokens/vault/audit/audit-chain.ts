import type { Database, Statement } from '../engine/database.ts';
import { LINE_COLUMNS, type LineValues, macOf, toLine } from './audit-line.ts';
import type { AuditRegister, OpenChain } from './audit-register.ts';

/** Most lines in one transaction; a statement may have only so many parameters. */
const MAX_LINES = 200;

const COLUMNS = ['chain', 'sequence', ...LINE_COLUMNS, 'mac'] as const;

interface Waiting {
  readonly line: LineValues;
  readonly done: (place: string) => void;
  readonly failed: (error: unknown) => void;
}

/** First line of the chain that replaces a lost one, so that the end of the lost chain can be checked. */
export const CHAIN_REPLACED = 'chain_replaced';

export interface AuditChain {
  /** @returns its place, `chain.sequence`. @throws if it could not be written and is not in the record */
  append(line: LineValues): Promise<string>;
}

/**
 * The chain that this process writes; it begins with the first line. Transactions run one at a time. Each writes the new
 * head and all lines that arrived during the previous transaction.
 */
export function createAuditChain(database: Database, register: AuditRegister, now: () => number): AuditChain {
  let chain: OpenChain | undefined;
  let waiting: Waiting[] = [];
  let isWriting = false;

  const write = async (lines: readonly LineValues[]): Promise<readonly string[]> => {
    chain ??= await register.begin(now());
    const places = await extend(database, register, chain, lines);
    if (places) return places;
    // Something changed the row: a transaction that looked failed was made, or somebody edited it. In both cases the chain
    // is left unchanged, and the next chain begins with this process's last known state of it.
    const { chain: former, head } = chain;
    chain = await register.begin(now());
    const note = toLine({
      at: Number(lines[0]?.at),
      kind: 'record',
      action: CHAIN_REPLACED,
      key: `${former}.${head.sequence}`,
    });
    const again = await extend(database, register, chain, [note, ...lines]);
    if (!again) throw new Error('The record was changed while it was written.');
    return again.slice(1);
  };

  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, MAX_LINES);
      waiting = waiting.slice(MAX_LINES);
      try {
        const places = await write(group.map(({ line }) => line));
        group.forEach(({ done }, index) => {
          done(places[index] ?? '');
        });
      } catch (error) {
        for (const { failed } of group) failed(error);
      }
    }
    isWriting = false;
  };

  return {
    append: (line) =>
      new Promise((done, failed) => {
        waiting.push({ line, done, failed });
        if (isWriting) return;
        isWriting = true;
        // After the running code, so that lines that arrive together are written together.
        queueMicrotask(() => void work());
      }),
  };
}

/** @returns undefined if something else changed the chain's row */
async function extend(
  database: Database,
  register: AuditRegister,
  chain: OpenChain,
  lines: readonly LineValues[],
): Promise<readonly string[] | undefined> {
  let { head } = chain;
  const rows = lines.map((line) => {
    const row = { ...line, chain: chain.chain, sequence: head.sequence + 1 };
    const mac = macOf(chain.key, head.mac, row);
    head = { sequence: row.sequence, mac, at: Number(line.at) };
    return { ...row, mac };
  });
  const insert: Statement = {
    sql: `INSERT INTO audit_lines (${COLUMNS.join(', ')}) VALUES ${rows.map((_, index) => placeholders(index)).join(', ')}
          ON CONFLICT (chain, sequence) DO NOTHING RETURNING sequence`,
    values: rows.flatMap((row) => COLUMNS.map((column) => row[column])),
    rows: rows.length,
  };
  const move: Statement = {
    sql: 'UPDATE audit_chains SET sequence = $2, head = $3 WHERE chain = $1 AND sequence = $4 RETURNING chain',
    values: [chain.chain, head.sequence, register.sealMark(chain.chain, 'head', head), chain.head.sequence],
  };
  // The row first: other writers of this chain wait for its lock.
  if (!(await database.together([move, insert]))) return undefined;
  chain.head = head;
  return rows.map(({ sequence }) => `${chain.chain}.${sequence}`);
}

const placeholders = (index: number) =>
  `(${COLUMNS.map((_, column) => `$${index * COLUMNS.length + column + 1}`).join(', ')})`;
