import { toPrintableJson } from '../kit/text/index.ts';
import { type Command, CommandFailure } from './command.ts';
import { compareSchemas, countOf, type SchemaChange, toLine } from './schema-changes.ts';
import { readSaved, readSchemaOptions, saveSchema } from './schema-tenant.ts';

/** Saves the current schema, to compare with later. */
export const schemaSave: Command = async ({ stdout, ...context }) => {
  const schema = await readSchemaOptions(context);
  await saveSchema(schema);
  stdout.write(`${schema.file}\n`);
  return 0;
};

/** Prints what has changed since the schema was saved. Exit code 1 if existing documents may no longer work. */
export const schemaDiff: Command = async ({ stdout, ...context }) => {
  const now = await readSchemaOptions(context);
  const saved = await readSaved(now);
  const { buildSchema, GraphQLError } = await import('graphql');
  const options = { assumeValid: true, assumeValidSDL: true };
  const before = attempt(
    () => buildSchema(saved, options),
    (error) => {
      const place = error instanceof GraphQLError ? `:${error.locations?.[0]?.line ?? 1}` : '';
      return new CommandFailure(
        `${now.file}${place} does not contain a schema. Save it again with gateway schema save.`,
      );
    },
  );
  const changes = await compareSchemas(before, buildSchema(now.sdl, options));
  stdout.write(now.isForProgram ? toJson(now.file, changes) : toWords(now.file, changes));
  return countOf(changes, 'BREAKING') === 0 ? 0 : 1;
};

const toJson = (file: string, changes: readonly SchemaChange[]): string =>
  `${toPrintableJson(JSON.stringify({ file, changes }, null, 2))}\n`;

function toWords(file: string, changes: readonly SchemaChange[]): string {
  if (changes.length === 0) return `Nothing has changed since ${file}.\n`;
  const breaking = countOf(changes, 'BREAKING');
  return `${changes.map(toLine).join('')}\n${changes.length} changes since ${file}, ${breaking} of them breaking.\n`;
}

function attempt<Result>(work: () => Result, toFailure: (error: unknown) => Error): Result {
  try {
    return work();
  } catch (error) {
    throw toFailure(error);
  }
}
