import { setImmediate as nextTurn } from 'node:timers/promises';
import { type DocumentNode, type GraphQLSchema, Kind, parse } from 'graphql';
import type { GraphOperation, KnownOperation } from '../graph.ts';
import { gradeDocument } from '../operation/grade-document.ts';
import { isLongDocument } from '../operation/long-document.ts';

export interface DocumentJudge {
  /** Whether it is valid; if so, it is cached. */
  readonly isValid: (schema: GraphQLSchema, operation: GraphOperation) => boolean;
  readonly known: (schema: GraphQLSchema, source: string, name: string | undefined) => KnownOperation | undefined;
}

/**
 * Validates and plans documents for a schema before they are requested, one in each turn, so that others are answered in
 * between. Errors in invalid documents are reported to the clients that send them.
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

/** The texts that use names which a schema does not have, checked one in each turn. */
export async function findBroken(schema: GraphQLSchema, texts: readonly string[]): Promise<ReadonlySet<string>> {
  const broken = new Set<string>();
  for (const text of texts) {
    const document = read(text);
    if (document && gradeDocument(schema, document).grade === 'FAULT') broken.add(text);
    await nextTurn();
  }
  return broken;
}

/** Each operation as clients may request it: the only one of a document both with its name and without. */
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
