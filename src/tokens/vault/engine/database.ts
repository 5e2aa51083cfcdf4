/** A value that SQLite and PostgreSQL both keep unchanged. Instants are epoch ms, sealed values are text. */
export type SqlValue = string | number | null;

export type Row = Readonly<Record<string, SqlValue>>;

export interface Migration {
  /** Counts up from 1, without gaps. */
  readonly version: number;
  readonly statements: readonly MigrationStatement[];
}

/** The same for both engines, or what each of them needs: nothing at all, where a list is empty. */
export type MigrationStatement = string | Readonly<Record<Engine, readonly string[]>>;

export type Engine = 'sqlite' | 'postgres';

export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** How many rows it must change. @default at least one */
  readonly rows?: number | 'any';
}

/** Whether a statement of several that belong together did its part. */
export const isMade = ({ rows }: Statement, changed: number): boolean =>
  rows === 'any' || (rows === undefined ? changed > 0 : changed === rows);

/** What the vault needs of an engine. Statements are written once, in the SQL both engines share, with `$1`, `$2`… */
export interface Database {
  /** The engine's own clock as SQL, in epoch ms: the one clock that all processes on this database share. */
  readonly nowSql: string;
  /** One statement, durable when it returns. Changed rows come back by `RETURNING`. */
  query(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /**
   * Changes that belong together, as one transaction. Each ends in `RETURNING`; as soon as one changes no row, or
   * another number than its own, all of them are undone.
   * @returns whether they were made
   */
  together(statements: readonly Statement[]): Promise<boolean>;
  /** Applies what is missing, once, however many processes start at the same moment. */
  migrate(migrations: readonly Migration[]): Promise<void>;
  close(): Promise<void>;
}
