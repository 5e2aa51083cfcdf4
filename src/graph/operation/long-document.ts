/** Documents written by people have a few thousand characters. */
const MOST_CHARS = 50_000;
const MOST_LINES = 2_000;

/**
 * Whether errors of a document have no locations because of its length. To find the line of a field, graphql-js reads the
 * document from its beginning, line by line, for each error of each row.
 */
export const isLongDocument = (text: string): boolean =>
  text.length > MOST_CHARS || hasMoreThan(MOST_LINES, '\n', text) || hasMoreThan(MOST_LINES, '\r', text);

function hasMoreThan(count: number, character: string, text: string): boolean {
  let at = -1;
  for (let found = 0; found <= count; found += 1) {
    at = text.indexOf(character, at + 1);
    if (at < 0) return false;
  }
  return true;
}
