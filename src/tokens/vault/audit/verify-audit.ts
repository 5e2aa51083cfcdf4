import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '../engine/database.ts';
import { AUDIT_LAYOUT } from '../engine/migrations.ts';
import { CHAIN_REPLACED } from './audit-chain.ts';
import { macOf } from './audit-line.ts';
import type { AuditRegister, ChainRow, Mark } from './audit-register.ts';

/** A difference from what the gateway wrote. */
export interface AuditFault {
  /** Undefined: the register of all chains. */
  readonly chain: number | undefined;
  /** The first missing or wrong line, if the fault is in a line. */
  readonly sequence: number | undefined;
  /** A description of the fault. */
  readonly what: string;
}

export interface AuditVerdict {
  /** Empty: everything is as it was written. */
  readonly faults: readonly AuditFault[];
  readonly chains: number;
  readonly lines: number;
}

const PAGE = 1_000;
/** A concurrent write may look like a fault once, but not every time. */
const MAX_LOOKS = 3;

/** Reads the whole record and compares it with its seals. */
export async function verifyAudit(database: Database, register: AuditRegister): Promise<AuditVerdict> {
  let verdict = await look(database, register);
  for (let looks = 1; looks < MAX_LOOKS && verdict.faults.length > 0; looks += 1) {
    await pause(50);
    verdict = await look(database, register);
  }
  return verdict;
}

async function look(database: Database, register: AuditRegister): Promise<AuditVerdict> {
  // Lines before chains: a chain's head then includes at least the lines that were already read.
  const ends = new Map<number, number>();
  for (const row of await database.query('SELECT chain, max(sequence) AS last FROM audit_lines GROUP BY chain'))
    ends.set(Number(row['chain']), Number(row['last']));
  const chains = new Map((await register.chains()).map((each) => [each.chain, each]));
  const listed = await checkRegister(database, register, { chains, ends });
  const faults: AuditFault[] = [...listed.faults];
  const reached = new Map<number, Mark>();
  let lines = 0;
  for (const chain of chains.values()) {
    if (listed.unlisted.has(chain.chain)) continue;
    const checked = await checkChain(database, chain, ends.get(chain.chain) ?? 0);
    if (checked.fault) faults.push(checked.fault);
    if (chain.head) reached.set(chain.chain, chain.head);
    lines += checked.lines;
  }
  faults.push(...(await checkReplaced(database, reached)));
  return { faults: faults.sort((one, other) => (one.chain ?? 0) - (other.chain ?? 0)), chains: chains.size, lines };
}

interface Found {
  readonly chains: ReadonlyMap<number, ChainRow>;
  /** Sequence of the last line, by chain. */
  readonly ends: ReadonlyMap<number, number>;
}

/** Whether exactly the registered chains exist. */
async function checkRegister(database: Database, register: AuditRegister, { chains, ends }: Found) {
  const state = await register.read();
  const unlisted = new Set<number>();
  const faults: AuditFault[] = [];
  const fault = (what: string, chain?: number) => faults.push({ chain, sequence: undefined, what });
  if (state.kind === 'missing') fault('The register of all chains was removed.');
  if (state.kind === 'unreadable')
    fault('The register of all chains does not open: it was changed, or its key is not in the configuration.');
  if (state.kind === 'new') {
    if (chains.size + ends.size > 0) fault('The register of all chains was emptied.');
    else if (await hasUnrecordedConsent(database))
      fault('Connections were stored, but the record of it is gone: the whole record was removed.');
  }
  if (state.kind !== 'sealed') return { faults, unlisted };
  const { from, to, lostAt } = state.register;
  if (lostAt !== undefined)
    fault(
      `The register of all chains was gone or broken on ${new Date(lostAt).toISOString()}; it was made again then.`,
    );
  for (let chain = from; chain <= to; chain += 1) {
    if (chains.has(chain)) continue;
    fault(
      ends.has(chain) ? 'The head of this chain was removed; its lines are there.' : 'The whole chain was removed.',
      chain,
    );
  }
  for (const chain of new Set([...chains.keys(), ...ends.keys()])) {
    if (chain >= from && chain <= to) continue;
    unlisted.add(chain);
    fault('This chain is not in the register: somebody else wrote it.', chain);
  }
  return { faults, unlisted };
}

/** Since the record has its present form, every consent is recorded. */
async function hasUnrecordedConsent(database: Database): Promise<boolean> {
  const rows = await database.query(
    `SELECT name FROM connections WHERE consented_at >
       (SELECT applied_at FROM migrations WHERE version = $1) LIMIT 1`,
    [AUDIT_LAYOUT],
  );
  return rows.length > 0;
}

async function checkChain(database: Database, row: ChainRow, end: number) {
  const { chain, key, head, anchor } = row;
  const fault = (what: string, sequence?: number) => ({ lines: 0, fault: { chain, sequence, what } });
  if (!key || !head || !anchor)
    return fault('The seal of this chain does not open: it was changed, or its key is not in the configuration.');
  if (row.sequence !== head.sequence) return fault('The head of this chain was changed.');
  if (end > head.sequence) return fault('This line was added by somebody else.', head.sequence + 1);
  const checked = await followChain(database, { chain, key, after: anchor, last: head.sequence });
  if (checked.fault) return { lines: checked.lines, fault: { chain, ...checked.fault } };
  if (checked.end.mac !== head.mac)
    return fault('The last line is another one than the head of this chain says.', head.sequence);
  const before = await database.query('SELECT min(sequence) AS first FROM audit_lines WHERE chain = $1', [chain]);
  const first = before[0]?.['first'];
  if (typeof first === 'number' && first <= anchor.sequence)
    return fault('This line was put back after its time was over.', first);
  return { lines: checked.lines, fault: undefined };
}

export interface Stretch {
  readonly chain: number;
  readonly key: Buffer;
  /** The line before the first. */
  readonly after: Mark;
  /** Sequence of the last line. */
  readonly last: number;
}

/** Follows the lines of a chain; each is authenticated together with the previous line. */
export async function followChain(database: Database, { chain, key, after, last }: Stretch) {
  let at = after;
  let lines = 0;
  while (at.sequence < last) {
    const page = await database.query(
      'SELECT * FROM audit_lines WHERE chain = $1 AND sequence > $2 AND sequence <= $3 ORDER BY sequence LIMIT $4',
      [chain, at.sequence, last, PAGE],
    );
    const next = at.sequence + 1;
    if (page.length === 0) return { end: at, lines, fault: missing(next, last) };
    for (const row of page) {
      const sequence = Number(row['sequence']);
      if (sequence !== at.sequence + 1) return { end: at, lines, fault: missing(at.sequence + 1, sequence - 1) };
      const mac = macOf(key, at.mac, row);
      if (mac !== row['mac']) return { end: at, lines, fault: { sequence, what: 'This line was changed.' } };
      at = { sequence, mac, at: Number(row['at']) };
      lines += 1;
    }
  }
  return { end: at, lines, fault: undefined };
}

const missing = (first: number, last: number) => ({
  sequence: first,
  what: first === last ? 'This line was removed.' : `The lines ${first} to ${last} were removed.`,
});

/** Checks what processes noted about chains that they lost. This finds an older head that was restored with fewer lines. */
async function checkReplaced(database: Database, reached: ReadonlyMap<number, Mark>): Promise<AuditFault[]> {
  const rows = await database.query('SELECT sage_key FROM audit_lines WHERE kind = $1 AND action = $2', [
    'record',
    CHAIN_REPLACED,
  ]);
  return rows.flatMap((row) => {
    const [chain = 0, sequence = 0] = String(row['sage_key']).split('.').map(Number);
    const head = reached.get(chain);
    if (!head || head.sequence >= sequence) return [];
    return [
      { chain, sequence: head.sequence + 1, what: `This chain was cut: its process had written ${sequence} lines.` },
    ];
  });
}
