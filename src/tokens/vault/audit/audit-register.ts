import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Secret } from '../../../kit/errors/index.ts';
import type { Database, Row, SqlValue } from '../engine/database.ts';
import type { KeyRing } from '../keys/key-ring.ts';

/**
 * The existing chains: all from `from` to `to`, without gaps. Retention removes emptied chains from the front. The register
 * is sealed, so that no chain can disappear in another way.
 */
export interface Register {
  readonly from: number;
  readonly to: number;
  /** Epoch ms at which the register itself was found missing or damaged and was recreated. */
  readonly lostAt?: number | undefined;
}

/** A place in a chain: the last written line, or the last line that retention removed. */
export interface Mark {
  readonly sequence: number;
  readonly mac: string;
  /** Epoch ms of that line. */
  readonly at: number;
}

/** A chain before its first line. */
const NOWHERE: Mark = { sequence: 0, mac: '', at: 0 };

/** A chain's row. A missing field could not be opened: it was changed, or its key is gone. */
export interface ChainRow {
  readonly chain: number;
  /** Beside the seal, for statements to compare. */
  readonly sequence: number;
  readonly key: Buffer | undefined;
  readonly head: Mark | undefined;
  readonly anchor: Mark | undefined;
  /** As it is stored, for statements to compare. */
  readonly stored: { readonly head: SqlValue; readonly anchor: SqlValue };
}

/** A chain that this process writes. */
export interface OpenChain {
  readonly chain: number;
  readonly key: Buffer;
  head: Mark;
}

export type RegisterState =
  | { readonly kind: 'sealed'; readonly register: Register; readonly stored: string }
  /** No chain has begun yet. */
  | { readonly kind: 'new' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unreadable'; readonly stored: string };

export type AuditRegister = ReturnType<typeof createAuditRegister>;

const REGISTER = 'chains';
const MAX_ATTEMPTS = 30;

/**
 * The chains of a vault and their protection: each chain has its own key, sealed with the vault's key. Key rotation seals
 * it again. A key derived from the vault's key would be lost with that key, and its chains could no longer be verified.
 */
export function createAuditRegister(database: Database, keys: KeyRing) {
  const place = (chain: number, field: string) => ({ table: 'audit_chains', row: String(chain), field });
  const registerPlace = { table: 'audit_register', row: REGISTER, field: 'value' };

  const sealMark = (chain: number, field: 'head' | 'anchor', mark: Mark): string =>
    keys.seal(new Secret(JSON.stringify(mark)), place(chain, field));

  const sealRegister = (register: Register): string => keys.seal(new Secret(JSON.stringify(register)), registerPlace);

  const read = async (): Promise<RegisterState> => {
    const [row] = await database.query('SELECT value FROM audit_register WHERE name = $1', [REGISTER]);
    if (!row) return { kind: 'missing' };
    const stored = row['value'];
    if (typeof stored !== 'string') return { kind: 'new' };
    const opened = keys.open(stored, registerPlace);
    if (!opened) return { kind: 'unreadable', stored };
    // The gateway sealed it, so it has this form.
    return { kind: 'sealed', register: JSON.parse(opened.reveal()) as Register, stored };
  };

  const toChain = (row: Row): ChainRow => {
    const chain = Number(row['chain']);
    const open = (field: string) => {
      const sealed = row[field];
      return typeof sealed === 'string' ? keys.open(sealed, place(chain, field))?.reveal() : undefined;
    };
    const mark = (text: string | undefined) => (text === undefined ? undefined : (JSON.parse(text) as Mark));
    const key = open('chain_key');
    return {
      chain,
      sequence: Number(row['sequence']),
      key: key === undefined ? undefined : Buffer.from(key, 'base64url'),
      head: mark(open('head')),
      anchor: row['anchor'] === null ? NOWHERE : mark(open('anchor')),
      stored: { head: row['head'] ?? null, anchor: row['anchor'] ?? null },
    };
  };

  const chains = async (): Promise<readonly ChainRow[]> =>
    (await database.query('SELECT * FROM audit_chains ORDER BY chain')).map(toChain);

  /** The register with one more chain. */
  const extended = async (state: RegisterState, now: number): Promise<Register> => {
    if (state.kind === 'sealed') return { ...state.register, to: state.register.to + 1 };
    const [known] = await database.query('SELECT min(chain) AS first, max(chain) AS last FROM audit_chains');
    const [first, last] = [Number(known?.['first'] ?? 1), Number(known?.['last'] ?? 0)];
    const isLost = state.kind !== 'new' || last > 0;
    return { from: first, to: last + 1, ...(isLost && { lostAt: now }) };
  };

  const replace = (state: RegisterState, register: Register) => ({
    sql:
      state.kind === 'missing'
        ? 'INSERT INTO audit_register (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING RETURNING name'
        : `UPDATE audit_register SET value = $2
           WHERE name = $1 AND ${state.kind === 'new' ? 'value IS NULL' : 'value = $3'} RETURNING name`,
    values: [REGISTER, sealRegister(register), ...('stored' in state ? [state.stored] : [])],
  });

  const readChain = async (chain: number): Promise<ChainRow | undefined> => {
    const [row] = await database.query('SELECT * FROM audit_chains WHERE chain = $1', [chain]);
    return row && toChain(row);
  };

  return {
    read,
    chains,
    chain: readChain,
    sealMark,

    async begin(now: number): Promise<OpenChain> {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
        const state = await read();
        const register = await extended(state, now);
        const chain = register.to;
        const key = randomBytes(32);
        const isBegun = await database.together([
          replace(state, register),
          {
            sql: `INSERT INTO audit_chains (chain, sequence, chain_key, head, anchor) VALUES ($1, 0, $2, $3, NULL)
                  ON CONFLICT (chain) DO NOTHING RETURNING chain`,
            values: [
              chain,
              keys.seal(new Secret(key.toString('base64url')), place(chain, 'chain_key')),
              sealMark(chain, 'head', NOWHERE),
            ],
          },
        ]);
        if (isBegun) return { chain, key, head: NOWHERE };
        // Another process is beginning a chain at the same time.
        await pause(Math.random() * 10 * attempt);
      }
      throw new Error('No chain of the record could be begun.');
    },

    /** Removes chains at the front that retention has emptied. */
    async dropEmptied(cutoff: number): Promise<void> {
      const state = await read();
      if (state.kind !== 'sealed') return;
      let { register, stored } = state;
      for (let row = await readChain(register.from); row; row = await readChain(register.from)) {
        const { chain, head, anchor } = row;
        const isEmpty = head && anchor && anchor.sequence === head.sequence && anchor.mac === head.mac;
        // A chain without lines may have just begun.
        if (!isEmpty || head.sequence === 0 || head.at > cutoff) return;
        const next: Register = { from: chain + 1, to: register.to, ...keptLoss(register, cutoff) };
        const sealed = sealRegister(next);
        const isDropped = await database.together([
          {
            sql: `UPDATE audit_register SET value = $2 WHERE name = $1 AND value = $3 RETURNING name`,
            values: [REGISTER, sealed, stored],
          },
          {
            sql: 'DELETE FROM audit_chains WHERE chain = $1 AND head = $2 RETURNING chain',
            values: [chain, row.stored.head],
          },
        ]);
        if (!isDropped) return;
        register = next;
        stored = sealed;
      }
    },
  };
}

/** A loss is reported for as long as lines are kept. */
const keptLoss = ({ lostAt }: Register, cutoff: number): Pick<Register, 'lostAt'> =>
  lostAt !== undefined && lostAt > cutoff ? { lostAt } : {};
