import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { StoredType } from '../../../kit/stored-types.ts';
import type { StoredModel } from './store-model.ts';

/** What is derived from the hand-written SDL: the model, and the types that callers see. */
export interface StoredDefinition extends StoredModel {
  readonly types: readonly StoredType[];
}

/** schema/sage200.json, which `npm run schema` writes. Entries that both products have are in it once. */
export interface DerivedFile {
  /** Of the SDL that it was derived from. */
  readonly sha256: string;
  readonly both: StoredDefinition;
  readonly professional: StoredDefinition;
  readonly standard: StoredDefinition;
}

export const SDL_FOLDER = new URL('../../../../schema/sage200/', import.meta.url);
export const DERIVED_FILE = new URL('../sage200.json', SDL_FOLDER);

/** The digest of the hand-written SDL, whatever the line ends of this clone. */
export function digestOfSdl(): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(SDL_FOLDER).sort())
    hash.update(readFileSync(new URL(name, SDL_FOLDER), 'utf8').replaceAll('\r\n', '\n'));
  return hash.digest('hex');
}
