/** Documents written by people have a few thousand characters. */
const MOST_CHARS = 50_000;
const MOST_LINES = 2_000;

/**
 * Whether errors of a document have no locations because of its length. To find the line of a field, graphql-js reads the
 * document from its beginning, line by line, for each error of each row.
 */
export const isLongDocument = (text: string): boolean =>
  text.length > MOST_CHARS || text.split(/\r\n|[\n\r]/, MOST_LINES + 2).length > MOST_LINES + 1;
