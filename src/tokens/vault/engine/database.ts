/** A value that SQLite and PostgreSQL both keep unchanged. Instants are epoch ms, sealed values are text. */
export type SqlValue = string | number | null;

export type Row = Readonly<Record<string, SqlValue>>;

export interface Migration {
  /** Counts up from 1, without gaps. */
  readonly version: number;
  readonly statements: readonly MigrationStatement[];
}

/** The same for both engines, or one list for each engine; an empty list means nothing to do. */
export type MigrationStatement = string | Readonly<Record<Engine, readonly string[]>>;

export type Engine = 'sqlite' | 'postgres';

export interface Statement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
  /** The number of rows that it must change. @default at least one */
  readonly rows?: number | 'any';
}

/** Whether a statement changed as many rows as it must. */
export const isMade = ({ rows }: Statement, changed: number): boolean =>
  rows === 'any' || (rows === undefined ? changed > 0 : changed === rows);

/** What the vault needs of an engine. Statements are written once, in SQL that both engines accept, with `$1`, `$2`… */
export interface Database {
  /** The engine's own clock as SQL, in epoch ms: the one clock that all processes on this database share. */
  readonly nowSql: string;
  /** One statement, durable when it returns. Changed rows come back by `RETURNING`. */
  query(sql: string, values?: readonly SqlValue[]): Promise<readonly Row[]>;
  /**
   * Makes related changes in one transaction. Each ends in `RETURNING`. If one changes no row, or not its number of rows,
   * all are rolled back.
   * @returns whether they were made
   */
  together(statements: readonly Statement[]): Promise<boolean>;
  /** Applies missing migrations, once, even if many processes start at the same time. */
  migrate(migrations: readonly Migration[]): Promise<void>;
  close(): Promise<void>;
}
