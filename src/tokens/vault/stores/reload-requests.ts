import { parseObject } from '../../../kit/json.ts';
import type { Database, Row } from '../engine/database.ts';

/** The result of a reload of a gateway's configuration. */
export interface ReloadAnswer {
  readonly applied: boolean;
  /** Changed settings that take effect at the next restart. */
  readonly needsRestart: readonly string[];
  /** With their places in the configuration, for people. */
  readonly faults: readonly string[];
}

/** A gateway that has received a request. */
export interface ReloadHearing {
  /** Its name, the same for all processes that are reloaded together. */
  readonly gateway: string;
  /** Undefined during the reload. */
  readonly answer: ReloadAnswer | undefined;
}

/** Requests to all gateways on a vault that each reload their own configuration. */
export interface ReloadRequests {
  /** Number of the latest request; 0: there was no request. */
  latest(): Promise<number>;
  /** @returns the number of the new request */
  ask(): Promise<number>;
  /** Stores that a gateway has received a request, and later its answer. */
  note(request: number, gateway: string, answer?: ReloadAnswer): Promise<void>;
  /** In the order of the gateways' names; empty for a request that is no longer the latest. */
  hearings(request: number): Promise<readonly ReloadHearing[]>;
}

export function createReloadRequests(database: Database): ReloadRequests {
  return {
    async latest() {
      const [row] = await database.query('SELECT reload_request FROM directory_revision WHERE id = 1');
      return toNumber(row);
    },
    async ask() {
      const [row] = await database.query(
        'UPDATE directory_revision SET reload_request = reload_request + 1 WHERE id = 1 RETURNING reload_request',
      );
      const request = toNumber(row);
      await database.query('DELETE FROM reload_hearings WHERE request < $1', [request]);
      return request;
    },
    async note(request, gateway, answer) {
      await database.query(
        `INSERT INTO reload_hearings (request, gateway, answer) VALUES ($1, $2, $3)
         ON CONFLICT (request, gateway) DO UPDATE SET answer = COALESCE(excluded.answer, reload_hearings.answer)`,
        [request, gateway, answer ? JSON.stringify(answer) : null],
      );
    },
    async hearings(request) {
      const rows = await database.query(
        'SELECT gateway, answer FROM reload_hearings WHERE request = $1 ORDER BY gateway',
        [request],
      );
      return rows.map((row) => ({ gateway: String(row['gateway']), answer: toAnswer(row) }));
    },
  };
}

function toNumber(row: Row | undefined): number {
  if (!row) throw new Error('The vault has lost its revision.');
  return Number(row['reload_request']);
}

/** Rows have no seal, since they are only displayed: a row that was written by hand is ignored. */
function toAnswer({ answer }: Row): ReloadAnswer | undefined {
  if (typeof answer !== 'string') return undefined;
  const found = parseObject(answer);
  if (!found) return undefined;
  return {
    applied: found['applied'] === true,
    needsRestart: textsIn(found['needsRestart']),
    faults: textsIn(found['faults']),
  };
}

const textsIn = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
