import { parseObject } from '../../../kit/json.ts';
import type { Database, Row } from '../engine/database.ts';

/** What became of a configuration that a gateway has read again. */
export interface ReloadAnswer {
  readonly applied: boolean;
  /** Settings that differ and count from the next restart on. */
  readonly needsRestart: readonly string[];
  /** With their places, for people. */
  readonly faults: readonly string[];
}

/** A gateway that has heard of a request. */
export interface ReloadHearing {
  /** Its name, the same for all processes that are reloaded together. */
  readonly gateway: string;
  /** Undefined while it is reading. */
  readonly answer: ReloadAnswer | undefined;
}

/** Requests to all gateways on a vault to read their configurations again, each its own. */
export interface ReloadRequests {
  /** Number of the latest request; 0: nobody has ever asked. */
  latest(): Promise<number>;
  /** @returns the number of the new request */
  ask(): Promise<number>;
  /** Notes that a gateway has heard of a request, and later its answer. */
  note(request: number, gateway: string, answer?: ReloadAnswer): Promise<void>;
  /** By the name of the gateway; none for a request that is not the latest any more. */
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

/** Rows have no seal, since nothing but what is shown depends on them: one that a hand wrote is no answer. */
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
