import { type DocumentNode, Kind, print } from 'graphql';
import { classifyOperation, fragmentsSpread, type OperationShape } from '../operation/classify-operation.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { linksIn } from '../stitch/index.ts';

interface Written {
  readonly document: DocumentNode;
  /** The document as the client wrote it. */
  readonly source: string;
}

/**
 * The text sent to the tenant for an operation that only uses the tenant: as written, since the tenant validates it. The tenant
 * would refuse a document that has another operation for the gateway. In that case, the parts that are not needed
 * are replaced by spaces, so that everything else keeps its line and column.
 */
export function forwardedSource(joined: JoinedSchema, shape: OperationShape, written: Written): string {
  const { document, source } = written;
  if (!shape.siblings.some((each) => each !== shape.operation && asksUs(joined, written, each.name?.value)))
    return source;
  const kept = new Set<DocumentNode['definitions'][number]>([shape.operation, ...fragmentsSpread(shape)]);
  const left = document.definitions.filter((each) => !kept.has(each));
  // Long documents have no locations.
  if (left.some(({ loc }) => !loc)) return print({ kind: Kind.DOCUMENT, definitions: [...kept] });
  return left.reduce((text, { loc }) => (loc ? blank(text, loc.start, loc.end) : text), source).trimEnd();
}

function asksUs({ schema, own, links }: JoinedSchema, { document }: Written, name: string | undefined): boolean {
  const shape = classifyOperation(document, name);
  if (!shape) return false;
  const ours = shape.operation.operation === 'mutation' ? own.mutation : own.query;
  return [...shape.rootNames].some((each) => ours.has(each)) || linksIn(shape, schema, links) !== undefined;
}

const blank = (text: string, start: number, end: number): string =>
  text.slice(0, start) + text.slice(start, end).replace(/[^\r\n]/g, ' ') + text.slice(end);
