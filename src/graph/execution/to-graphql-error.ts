import { type FieldNode, GraphQLError, getLocation, Source } from 'graphql';
import type { GatewayError } from '../../kit/errors/index.ts';
import { isLongDocument } from '../operation/long-document.ts';
import type { HostedError } from '../subschema.ts';

/** One of the gateway's own failures at a root field. It has no `originalError`, since it contains everything that callers see. */
export const toFieldError = (error: GatewayError, key: string, nodes: readonly FieldNode[]): GraphQLError =>
  new GraphQLError(error.message, { path: [key], nodes, extensions: error.toExtensions() });

/** A tenant's error for a document that was forwarded as written: path and locations are valid. */
export function toForwardedError(error: HostedError, text: string): GraphQLError {
  const { message, path, locations, extensions } = error;
  const place = locations && toPositions(text, locations);
  return new GraphQLError(message, { path: path ?? null, extensions: { ...extensions }, ...place });
}

/** A tenant's error for a part of a document: its locations are in a text that the caller never saw. */
export function toPartError(error: HostedError, fields?: ReadonlyMap<string, readonly FieldNode[]>): GraphQLError {
  const { message, path, extensions } = error;
  const nodes = fields?.get(String(path?.[0]));
  return new GraphQLError(message, { path: path ?? null, extensions: { ...extensions }, ...(nodes && { nodes }) });
}

/** graphql-js stores offsets and derives lines and columns. Locations outside the text are left out. */
function toPositions(text: string, locations: NonNullable<HostedError['locations']>) {
  if (isLongDocument(text)) return undefined;
  const source = new Source(text);
  const starts = [0, ...[...text.matchAll(/\r\n|[\n\r]/g)].map((end) => end.index + end[0].length)];
  const positions = locations.flatMap(({ line, column }) => {
    const start = starts[line - 1];
    const position = start === undefined ? -1 : start + column - 1;
    if (position < 0 || position > text.length) return [];
    const found = getLocation(source, position);
    return found.line === line && found.column === column ? [position] : [];
  });
  return positions.length > 0 ? { source, positions } : undefined;
}
