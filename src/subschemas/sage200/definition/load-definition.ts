import { readFileSync } from 'node:fs';
import type { DocumentNode } from 'graphql';
import { toDocument } from '../../../kit/stored-types.ts';
import type { Sage200Model } from '../model/model.ts';
import type { Product } from '../model/read-field.ts';
import type { OnUnknownMember } from '../values/members.ts';
import { DERIVED_FILE, type DerivedFile, digestOfSdl, type StoredDefinition } from './derived-file.ts';
import { restoreModel } from './store-model.ts';

export interface Sage200Definition {
  readonly model: Sage200Model;
  /** The types that callers see. */
  readonly typeDefs: DocumentNode;
}

/**
 * What is derived from the hand-written SDL. It is read from a file, since deriving it takes half a second of every start.
 * @param onUnknownMember called for each of Sage's members that is not in the SDL
 * @throws Error if the SDL was changed since the file was written
 */
export function loadDefinition(product: Product, onUnknownMember?: OnUnknownMember): Sage200Definition {
  // Written by the gateway itself, and compared with its sources here and in a test.
  const { sha256, both, [product]: own } = JSON.parse(readFileSync(DERIVED_FILE, 'utf8')) as DerivedFile;
  if (sha256 !== digestOfSdl()) throw new Error('schema/sage200 has changed. Run npm run schema.');
  const all = Object.fromEntries(
    Object.keys(both).map((key) => {
      const part = key as keyof StoredDefinition;
      return [part, [...both[part], ...own[part]]];
    }),
  ) as unknown as StoredDefinition;
  return { model: restoreModel(all, onUnknownMember), typeDefs: toDocument(all.types) };
}
