import type { DocumentNode } from 'graphql';
import { loadSdl } from '../../../kit/load-sdl.ts';
import { storeTypes } from '../../../kit/stored-types.ts';
import { deriveSchema } from '../model/derive-schema.ts';
import type { Product } from '../model/read-field.ts';
import { readModel } from '../model/read-model.ts';
import { type DerivedFile, digestOfSdl, SDL_FOLDER, type StoredDefinition } from './derived-file.ts';
import { storeModel } from './store-model.ts';

/** The text of schema/sage200.json, with one line for each entry. @throws Error if the SDL contradicts itself */
export function printDefinitions(): string {
  const document = loadSdl(SDL_FOLDER);
  const [professional, standard] = [derive(document, 'professional'), derive(document, 'standard')];
  const file: Omit<DerivedFile, 'sha256'> = {
    both: pick(professional, standard, true),
    professional: pick(professional, standard, false),
    standard: pick(standard, professional, false),
  };
  const parts = Object.entries(file).map(([product, definition]) => `"${product}":${toLines(definition)}`);
  return `{"sha256":"${digestOfSdl()}",\n${parts.join(',\n')}}\n`;
}

function toLines(definition: StoredDefinition): string {
  const parts = Object.entries(definition).map(([part, entries]) => {
    const lines = entries.map((entry: unknown) => JSON.stringify(entry));
    return `"${part}":[\n${lines.join(',\n')}]`;
  });
  return `{${parts.join(',\n')}}`;
}

function derive(document: DocumentNode, product: Product): StoredDefinition {
  const model = readModel(document, product);
  return { ...storeModel(model), types: storeTypes(deriveSchema(document, model)) };
}

/** The entries that the other product has too, or those that it has not. */
function pick(one: StoredDefinition, other: StoredDefinition, isInOther: boolean): StoredDefinition {
  const parts = Object.entries(one).map(([part, entries]) => {
    const others = new Set(other[part as keyof StoredDefinition].map((entry) => JSON.stringify(entry)));
    return [part, entries.filter((entry: unknown) => others.has(JSON.stringify(entry)) === isInOther)];
  });
  return Object.fromEntries(parts) as StoredDefinition;
}
