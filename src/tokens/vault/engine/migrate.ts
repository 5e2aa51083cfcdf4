import { GatewayError } from '../../../kit/errors/index.ts';
import type { Engine, Migration } from './database.ts';

export const MIGRATIONS_TABLE =
  'CREATE TABLE IF NOT EXISTS migrations (version BIGINT PRIMARY KEY, applied_at BIGINT NOT NULL)';

/** The migrations that are missing from `applied`. @throws GatewayError MISCONFIGURED for a layout that is newer than this release. */
export function missingMigrations(migrations: readonly Migration[], applied: number): readonly Migration[] {
  const newest = Math.max(...migrations.map(({ version }) => version));
  if (applied > newest) {
    throw new GatewayError(
      'MISCONFIGURED',
      `The vault was written by a newer gateway (layout ${applied}, this one knows ${newest}). Start that version.`,
    );
  }
  return migrations.filter(({ version }) => version > applied);
}

/** What a migration runs on that engine, in order. */
export const statementsFor = (engine: Engine, { statements }: Migration): readonly string[] =>
  statements.flatMap((statement) => (typeof statement === 'string' ? [statement] : statement[engine]));
