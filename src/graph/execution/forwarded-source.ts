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
 * The text that the tenant is sent for an operation of its own: as written, since the tenant is its judge. The tenant would
 * refuse a document because of another operation in it that asks us something. What is not needed of such a document
 * is blank, so that all else keeps its line and column.
 */
export function forwardedSource(joined: JoinedSchema, shape: OperationShape, written: Written): string {
  const { document, source } = written;
  if (!shape.siblings.some((each) => each !== shape.operation && asksUs(joined, written, each.name?.value)))
    return source;
  const kept = new Set<DocumentNode['definitions'][number]>([shape.operation, ...fragmentsSpread(shape)]);
  const left = document.definitions.filter((each) => !kept.has(each));
  // Long documents have no places.
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
