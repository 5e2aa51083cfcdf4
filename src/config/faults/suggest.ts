/** The word in `known` that `written` most likely stands for; undefined if none is similar. */
export function suggest(written: string, known: readonly string[]): string | undefined {
  const wanted = written.toLowerCase().replaceAll(/[-_]/g, '');
  const [best] = known
    .map((word) => ({ word, most: Math.max(1, Math.floor(word.length / 3)) }))
    // Each extra letter is at least one step, so much longer words need not be compared.
    .filter(({ word, most }) => Math.abs(word.length - wanted.length) <= most)
    .map(({ word, most }) => ({ word, most, distance: distanceBetween(wanted, word.toLowerCase()) }))
    .filter(({ most, distance }) => distance <= most)
    .sort((a, b) => a.distance - b.distance);
  return best?.word;
}

/** Number of letters to add, remove, change, or swap with their neighbour (optimal string alignment). */
function distanceBetween(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const change = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      rows[i]?.push(Math.min(change, swap, at(i - 1, j) + 1, at(i, j - 1) + 1));
    }
  }
  return at(a.length, b.length);
}
