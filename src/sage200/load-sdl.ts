import { readdirSync, readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';

/** The hand-written SDL below `folder`, one document, files in the order of their names. */
export function loadSdl(folder: URL): DocumentNode {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .sort();
  return parse(files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n'), { noLocation: true });
}
