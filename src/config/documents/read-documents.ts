import { globSync, readFileSync } from 'node:fs';
import { GraphQLError, parse } from 'graphql';
import { isObject, type JsonObject, parseJson } from '../../kit/json.ts';
import { ConfigError } from '../faults/config-error.ts';

/** In Apollo manifests; maps of Relay and GraphQL Code Generator do not have this member. */
const MANIFEST = 'apollo-persisted-query-manifest';

type Entry = readonly [id: string, text: string];

/**
 * Reads the documents that clients may request by id: Apollo manifests (version 1), and maps from ids to texts as
 * Relay's compiler and GraphQL Code Generator write them.
 * @param patterns paths, or globs of them
 * @returns texts by id
 * @throws ConfigError for the first file that is not one of these
 */
export function readDocuments(patterns: readonly string[]): ReadonlyMap<string, string> {
  const documents = new Map<string, string>();
  for (const pattern of patterns) {
    const files = globSync(pattern).sort();
    if (files.length === 0) throw fault('documents.files', `no file matches ${pattern}; check the path`);
    for (const file of files) {
      for (const [id, text] of readEntries(file)) {
        if ((documents.get(id) ?? text) !== text)
          throw fault(file, `document ${id} has a different text in an earlier file; generate both files again`);
        checkSyntax(file, id, text);
        documents.set(id, text);
      }
    }
  }
  return documents;
}

function readEntries(file: string): readonly Entry[] {
  const parsed = parseJson(readText(file));
  const entries = isObject(parsed) ? entriesOf(parsed) : [];
  if (entries.length > 0 && entries.every(isEntry)) return entries;
  throw fault(
    file,
    'is neither a persisted query manifest of Apollo (version 1) nor a JSON object with a text for each id, as Relay and GraphQL Code Generator write it',
  );
}

function entriesOf(file: JsonObject): readonly (readonly unknown[])[] {
  if (file['format'] !== MANIFEST) return Object.entries(file);
  const { version, operations } = file;
  if (version !== 1 || !Array.isArray(operations)) return [];
  return operations.map((operation: unknown) => (isObject(operation) ? [operation['id'], operation['body']] : []));
}

const isEntry = (entry: readonly unknown[]): entry is Entry =>
  typeof entry[0] === 'string' && typeof entry[1] === 'string';

function readText(file: string): string {
  try {
    // Leaves out the byte order mark with which editors and shells of Windows begin a file.
    return new TextDecoder().decode(readFileSync(file));
  } catch {
    throw fault(file, 'cannot be read; check the file and its permissions');
  }
}

function checkSyntax(file: string, id: string, text: string): void {
  try {
    parse(text, { noLocation: true });
  } catch (error) {
    const reason = error instanceof GraphQLError ? error.message : 'unknown';
    throw fault(file, `document ${id} is not valid GraphQL (${reason}); generate the file again`);
  }
}

const fault = (where: string, message: string) => new ConfigError([{ where, message }]);
