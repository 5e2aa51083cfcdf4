import { readFile } from 'node:fs/promises';
import type { Place } from './marker-search.ts';

/** Everything a vault keeps, as anyone who gets hold of it would read it. */
export async function dumpDatabase(vaultUrl: string): Promise<Place[]> {
  if (!vaultUrl.startsWith('sqlite:')) return dumpPostgres(vaultUrl);
  const path = vaultUrl.slice('sqlite:'.length);
  const files = [path, `${path}-wal`];
  return Promise.all(
    files.map(async (file) => ({ name: 'database', text: await readFile(file, 'latin1').catch(() => '') })),
  );
}

async function dumpPostgres(url: string): Promise<Place[]> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(url);
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'",
  );
  const places: Place[] = [];
  for (const { name } of rows) {
    const table = await client.query(`SELECT * FROM ${name}`);
    places.push({ name: 'database', text: `${name} ${JSON.stringify(table.rows)}` });
  }
  await client.end();
  return places;
}
