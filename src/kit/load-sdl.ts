import { readdirSync, readFileSync } from 'node:fs';
import { type DocumentNode, parse } from 'graphql';
import { lightDocument } from './light-document.ts';

/** The hand-written SDL in `folder` as one document, with files in order of their names. */
export function loadSdl(folder: URL): DocumentNode {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.graphql'))
    .sort();
  const read = () => files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  return lightDocument(() => parse(read(), { noLocation: true }).definitions);
}
