import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DocumentNode, type GraphQLSchema, Kind, parse } from 'graphql';
import type { GraphOperation, KnownOperation } from '../graph.ts';
import { gradeDocument } from '../operation/grade-document.ts';
import { isLongDocument } from '../operation/long-document.ts';

export interface DocumentJudge {
  /** Whether it is valid; from then on it is known. */
  readonly isValid: (schema: GraphQLSchema, operation: GraphOperation) => boolean;
  readonly known: (schema: GraphQLSchema, source: string, name: string | undefined) => KnownOperation | undefined;
}

/**
 * Validates and plans documents for a schema before anybody asks for them, one a turn, so that others are answered in between.
 * What is not valid is left for anyone who asks for it.
 */
export async function prepareDocuments(
  schema: GraphQLSchema,
  texts: readonly string[],
  { isValid, known }: DocumentJudge,
): Promise<void> {
  for (const source of texts) {
    for (const operation of operationsIn(source))
      if (isValid(schema, operation)) known(schema, source, operation.operationName)?.prepare();
    await nextTurn();
  }
}

/** Those of the texts that name what a schema does not have, looked at one a turn. */
export async function findBroken(schema: GraphQLSchema, texts: readonly string[]): Promise<ReadonlySet<string>> {
  const broken = new Set<string>();
  for (const text of texts) {
    const document = read(text);
    if (document && gradeDocument(schema, document).grade === 'FAULT') broken.add(text);
    await nextTurn();
  }
  return broken;
}

/** Each operation as clients ask for it: the only one of a document with its name and without. */
function operationsIn(source: string): readonly GraphOperation[] {
  const document = read(source);
  const names = (document?.definitions ?? []).flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition.name?.value] : [],
  );
  const asked = names.length === 1 ? new Set([undefined, ...names]) : new Set(names);
  return document ? [...asked].map((operationName) => ({ document, source, operationName, variables: undefined })) : [];
}

function read(source: string): DocumentNode | undefined {
  try {
    return parse(source, { noLocation: isLongDocument(source) });
  } catch {
    return undefined;
  }
}
