import type { Results } from '../harness/results.ts';
import { operations } from '../operations.ts';

const WIDTH = 860;
const LEFT = 250;
const BAR = 13;
const GROUP_GAP = 20;
const TOP = 64;

/** Greys for the others: one bar is to be found at a glance. */
const COLOURS: Readonly<Record<string, string>> = {
  honest: '#3f6fb5',
  ours: '#0a7d4b',
  mercurius: '#7c8a99',
  'mercurius-select': '#94a1ae',
  yoga: '#aab4be',
  apollo: '#bcc5cd',
  hive: '#ced5db',
};

/** The first table as bars: throughput of everybody as a share of the bare proxy's, which is the line at the right. */
export function drawRatios({ tables, sides }: Results): string {
  const [main] = tables;
  const shown = Object.keys(COLOURS).flatMap((id) => sides.filter((side) => side.id === id));
  const ratioOf = (operation: string, side: string) =>
    main?.results.find((result) => result.operation === operation && result.side === side)?.ratio;
  const highest = Math.max(1, ...(main?.results.map(({ ratio }) => ratio) ?? []));
  const x = (ratio: number) => LEFT + (ratio / highest) * (WIDTH - LEFT - 60);
  const groupHeight = shown.length * BAR + GROUP_GAP;
  const height = TOP + operations.length * groupHeight + 16;
  const bars = operations.flatMap(({ id, name }, group) => {
    const top = TOP + group * groupHeight;
    return [
      text(LEFT - 12, top + (shown.length * BAR) / 2 + 4, name, 'end'),
      ...shown.flatMap((side, index) => {
        const [y, ratio] = [top + index * BAR, ratioOf(id, side.id)];
        if (ratio === undefined) return [];
        return [
          `<rect x="${LEFT}" y="${y}" width="${(x(ratio) - LEFT).toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[side.id]}"/>`,
          text(x(ratio) + 5, y + 9, ratio.toFixed(2), 'start', 10),
        ];
      }),
    ];
  });
  const legend = shown.map((side, index) => {
    const [left, y] = [20 + (index % 3) * 280, 18 + Math.floor(index / 3) * 18];
    return `<rect x="${left}" y="${y - 9}" width="11" height="11" fill="${COLOURS[side.id]}"/>${text(left + 17, y, side.title, 'start')}`;
  });
  const limit = x(1).toFixed(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif">`,
    '<title>Throughput as a share of the bare proxy’s, concurrency 32, no upstream delay, changing data</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...legend,
    `<line x1="${limit}" y1="${TOP - 6}" x2="${limit}" y2="${height - 14}" stroke="#333333" stroke-dasharray="4 3"/>`,
    text(Number(limit), TOP - 10, 'bare proxy', 'middle'),
    ...bars,
    '</svg>',
    '',
  ].join('\n');
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end', size = 12): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-size="${size}" fill="#222222">${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
}
