/**
 * Writes the tables of `results/latest.json` into README.md, between its markers, and draws `results/ratios.svg`.
 * Run it after a whole run: `node bench/report.ts`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import type { Results } from './harness/results.ts';
import { drawRatios } from './report/draw-ratios.ts';
import { toMarkdown } from './report/to-markdown.ts';

const BEGIN = '<!-- figures: written by report.ts, do not edit -->';
const END = '<!-- end of figures -->';

const results = JSON.parse(await readFile(new URL('./results/latest.json', import.meta.url), 'utf8')) as Results;
const readme = new URL('./README.md', import.meta.url);
const text = await readFile(readme, 'utf8');
const [before, rest] = text.split(BEGIN);
const [, after] = rest?.split(END) ?? [];
if (before === undefined || after === undefined) throw new Error(`README.md has lost its markers: ${BEGIN} … ${END}`);

await writeFile(readme, `${before}${BEGIN}\n\n${toMarkdown(results)}\n\n${END}${after}`);
await writeFile(new URL('./results/ratios.svg', import.meta.url), drawRatios(results));
