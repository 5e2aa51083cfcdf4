import { type ASTNode, type DocumentNode, Kind, print } from 'graphql';
import type { GraphOperation } from '../graph.ts';
import { classifyOperation, type OperationShape } from '../operation/classify-operation.ts';
import { usedIn } from '../operation/extract-document.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { linksIn } from '../stitch/index.ts';

/**
 * The text sent to the tenant for an operation that only uses the tenant: as written, since the tenant validates it. The tenant
 * would refuse a document that has another operation for the gateway. In that case, the parts that are not needed
 * are replaced by spaces, so that everything else keeps its line and column.
 */
export function forwardedSource(
  joined: JoinedSchema,
  shape: OperationShape,
  { document, source }: Pick<GraphOperation, 'document' | 'source'>,
): string {
  const { operation, fragments } = shape;
  const asksUs = (each: ASTNode) =>
    each.kind === Kind.OPERATION_DEFINITION && each !== operation && usesUs(joined, document, each.name?.value);
  if (!document.definitions.some(asksUs)) return source;
  const kept = new Set<ASTNode>([operation, ...usedIn([operation], fragments).fragments]);
  const left = document.definitions.filter((each) => !kept.has(each));
  // Long documents have no locations.
  if (left.some(({ loc }) => !loc))
    return print({ ...document, definitions: document.definitions.filter((each) => kept.has(each)) });
  return left.reduce((text, { loc }) => (loc ? blank(text, loc.start, loc.end) : text), source).trimEnd();
}

function usesUs(joined: JoinedSchema, document: DocumentNode, name: string | undefined): boolean {
  const shape = classifyOperation(document, name);
  if (!shape) return false;
  const ours = shape.operation.operation === 'mutation' ? joined.own.mutation : joined.own.query;
  return [...shape.rootNames].some((each) => ours.has(each)) || linksIn(shape, joined) !== undefined;
}

const blank = (text: string, start: number, end: number): string =>
  text.slice(0, start) + text.slice(start, end).replace(/[^\r\n]/g, ' ') + text.slice(end);
