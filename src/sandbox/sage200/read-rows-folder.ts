import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { JsonRow } from './columns.ts';
import type { OwnRows, PlaceOf } from './own-rows.ts';

/**
 * Rows out of a folder: `customers.json` has an array of rows of `customers`, with the columns as Sage's API writes them.
 * @throws Error naming file and line of what cannot be read
 */
export function readRowsFolder(folder: string): { readonly rows: OwnRows; readonly placeOf: PlaceOf } {
  const rows: Record<string, readonly JsonRow[]> = {};
  const lineOf = new Map<string, (row: number, column?: string) => number>();
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const text = readFileSync(join(folder, file), 'utf8');
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const [broken] = document.errors;
    if (broken) throw new Error(`${join(folder, file)}:${lines.linePos(broken.pos[0]).line}: this is not JSON`);
    const list = document.contents;
    if (!isSeq<Node>(list) || !list.items.every((item) => isMap(item)))
      throw new Error(`${join(folder, file)}:1: write an array of rows, such as [{"id": 1}]`);
    const name = file.slice(0, -'.json'.length);
    rows[name] = document.toJS() as JsonRow[];
    lineOf.set(name, (row, column) => {
      const item = list.items[row];
      const pair = isMap<Node>(item) ? item.items.find(({ key }) => String(key) === column) : undefined;
      return lines.linePos((pair?.key ?? item)?.range?.[0] ?? 0).line;
    });
  }
  return {
    rows,
    placeOf: (resource, row, column) =>
      `${join(folder, `${resource}.json`)}:${lineOf.get(resource)?.(row, column) ?? 1}`,
  };
}
