import type { Change } from '@graphql-inspector/core';
import type { GraphQLSchema } from 'graphql';

/** Words for changes, worst first: clients must adapt, clients should check, clients are not affected. */
export const LEVELS = { BREAKING: 'BREAKING', DANGEROUS: 'dangerous', NON_BREAKING: 'safe' } as const;

/** A difference between two schemas. */
export interface SchemaChange {
  readonly level: keyof typeof LEVELS;
  readonly message: string;
  /** Such as `Query.customer`. */
  readonly path: string | undefined;
}

/** @returns the changes, worst first */
export async function compareSchemas(before: GraphQLSchema, after: GraphQLSchema): Promise<readonly SchemaChange[]> {
  const { diff } = await import('@graphql-inspector/core');
  const changes = await diff(before, after);
  const order = Object.keys(LEVELS);
  return changes.map(toSchemaChange).sort((one, other) => order.indexOf(one.level) - order.indexOf(other.level));
}

const toSchemaChange = ({ criticality, message, path }: Change): SchemaChange => ({
  level: criticality.level,
  message,
  path,
});

export const countOf = (changes: readonly SchemaChange[], wanted: SchemaChange['level']): number =>
  changes.filter(({ level }) => level === wanted).length;

export const toLine = ({ level, message }: SchemaChange): string => `${LEVELS[level].padEnd(9)}  ${message}\n`;
