/** Rows under headings, in columns. Numbers stand right. Control characters of foreign texts are shown as `?`. */
export function printTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map((cell) => String(cell).replace(/\p{C}/gu, '?')))];
  const widths = headings.map((_, index) => Math.max(...lines.map((line) => [...(line[index] ?? '')].length)));
  const isNumber = headings.map((_, index) => rows.length > 0 && rows.every((row) => typeof row[index] === 'number'));
  const print = (line: readonly string[]) =>
    line
      .map((cell, index) => (isNumber[index] ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd();
  return `${lines.map(print).join('\n')}\n`;
}
