import type { Change } from '@graphql-inspector/core';
import { toPrintableJson } from '../kit/text/index.ts';
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
  const order = Object.keys(LEVELS);
  const rank = ({ criticality }: Change) => order.indexOf(criticality.level);
  changes.sort((a, b) => rank(a) - rank(b));
  const breaking = changes.filter(({ criticality }) => criticality.level === 'BREAKING').length;
  stdout.write(now.isForProgram ? toJson(now.file, changes) : toWords(now.file, changes, breaking));
  return breaking === 0 ? 0 : 1;
};

function toJson(file: string, changes: readonly Change[]): string {
  const found = changes.map(({ criticality, message, path }) => ({ level: criticality.level, message, path }));
  return `${toPrintableJson(JSON.stringify({ file, changes: found }, null, 2))}\n`;
}

function toWords(file: string, changes: readonly Change[], breaking: number): string {
  if (changes.length === 0) return `Nothing changed since ${file}.\n`;
  const lines = changes.map(({ criticality, message }) => `${LEVELS[criticality.level].padEnd(9)}  ${message}\n`);
  return `${lines.join('')}\n${changes.length} changes since ${file}, ${breaking} of them breaking.\n`;
}

function attempt<Result>(work: () => Result, toFailure: (error: unknown) => Error): Result {
  try {
    return work();
  } catch (error) {
    throw toFailure(error);
  }
}
