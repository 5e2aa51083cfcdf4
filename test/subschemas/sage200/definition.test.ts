import { readFileSync } from 'node:fs';
import { buildASTSchema, type DocumentNode, parse, printSchema } from 'graphql';
import { expect, test } from 'vitest';
import { loadSdl } from '../../../src/kit/load-sdl.ts';
import { loadDefinition, printDefinitions } from '../../../src/subschemas/sage200/index.ts';
import { deriveSchema } from '../../../src/subschemas/sage200/model/derive-schema.ts';
import { readModel } from '../../../src/subschemas/sage200/model/read-model.ts';

const FOLDER = new URL('../../../schema/', import.meta.url);

test('schema/sage200.json is current (npm run schema writes it)', async () => {
  expect(readFileSync(new URL('sage200.json', FOLDER), 'utf8')).toBe(await printDefinitions());
});

test.each(['professional', 'standard'] as const)('what is loaded of %s is what its SDL says', (product) => {
  const sdl = loadSdl(new URL('sage200/', FOLDER));
  const model = readModel(sdl, product);

  const loaded = loadDefinition(product);

  expect(plain(loaded.model)).toEqual(plain(model));
  expect(printed(loaded.typeDefs)).toEqual(printed(deriveSchema(sdl, model)));
});

/** In any order, and without functions. */
const plain = (model: object): unknown =>
  JSON.parse(
    JSON.stringify(model, (_key, value) =>
      value instanceof Map ? Object.fromEntries([...value].sort()) : value instanceof Set ? [...value] : value,
    ),
  );

function printed(typeDefs: DocumentNode): Set<string> {
  const { definitions } = parse('interface Node { id: ID! }');
  const schema = buildASTSchema({ ...typeDefs, definitions: [...definitions, ...typeDefs.definitions] });
  return new Set(printSchema(schema).split('\n\n'));
}
