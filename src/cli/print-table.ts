import { clip, toPrintable } from '../kit/text/index.ts';

/** Longer cells would break the columns. */
const MAX_CELL_BYTES = 1_024;

/** Rows under headings, in columns. Numbers are aligned right. Invisible characters in foreign text are shown as escapes. */
export function printTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map((cell) => toPrintable(clip(String(cell), MAX_CELL_BYTES))))];
  const widths = headings.map((_, index) => Math.max(...lines.map((line) => charactersIn(line[index] ?? ''))));
  const isNumber = headings.map((_, index) => rows.length > 0 && rows.every((row) => typeof row[index] === 'number'));
  const print = (line: readonly string[]) =>
    line
      .map((cell, index) => (isNumber[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${lines.map(print).join('\n')}\n`;
}

function charactersIn(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
