import type { Change } from '@graphql-inspector/core';
import { type Command, CommandFailure } from './command.ts';
import { readSaved, readSchemaOptions, saveSchema } from './schema-tenant.ts';

/** Keeps the schema as it is now, to be compared with later. */
export const schemaSave: Command = async ({ stdout, ...context }) => {
  const schema = await readSchemaOptions(context);
  await saveSchema(schema);
  stdout.write(`${schema.file}\n`);
  return 0;
};

/** Words for a change, the worst first: what clients must change, what they should look at, what they need not know. */
const LEVELS = { BREAKING: 'BREAKING', DANGEROUS: 'dangerous', NON_BREAKING: 'safe' } as const;

/** What changed since the schema was saved. Exit code 1 when documents that worked may not work any more. */
export const schemaDiff: Command = async ({ stdout, ...context }) => {
  const now = await readSchemaOptions(context);
  const saved = await readSaved(now);
  const { buildSchema, GraphQLError } = await import('graphql');
  const { diff } = await import('@graphql-inspector/core');
  const options = { assumeValid: true, assumeValidSDL: true };
  const before = attempt(
    () => buildSchema(saved, options),
    (error) => {
      const place = error instanceof GraphQLError ? `:${error.locations?.[0]?.line ?? 1}` : '';
      return new CommandFailure(`${now.file}${place} holds no schema; save it again with gateway schema save.`);
    },
  );
  const changes = await diff(before, buildSchema(now.sdl, options));
  if (changes.length === 0) {
    stdout.write(`Nothing changed since ${now.file}.\n`);
    return 0;
  }
  const order = Object.keys(LEVELS);
  const rank = ({ criticality }: Change) => order.indexOf(criticality.level);
  for (const change of changes.sort((a, b) => rank(a) - rank(b))) {
    stdout.write(`${LEVELS[change.criticality.level].padEnd(9)}  ${change.message}\n`);
  }
  const breaking = changes.filter(({ criticality }) => criticality.level === 'BREAKING').length;
  stdout.write(`\n${changes.length} changes since ${now.file}, ${breaking} of them breaking.\n`);
  return breaking === 0 ? 0 : 1;
};

function attempt<Result>(work: () => Result, toFailure: (error: unknown) => Error): Result {
  try {
    return work();
  } catch (error) {
    throw toFailure(error);
  }
}
