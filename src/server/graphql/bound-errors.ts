import type { GraphQLFormattedError } from 'graphql';

/** Maximum number of errors in one answer. */
export const MOST_ERRORS = 50;

/** Maximum length of all errors of an answer as JSON, in characters. */
export const MOST_ERROR_CHARS = 250_000;

/** Maximum length of a message from graphql-js, which quotes names and values from the caller. */
const LONGEST_MESSAGE = 500;
const SHOWN_END = 200;

/** Messages of graphql-js begin with the place and end with what is wrong; a long value is in between. */
export function inBrief(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  const start = message.slice(0, LONGEST_MESSAGE - SHOWN_END - 3).toWellFormed();
  return `${start} … ${message.slice(-SHOWN_END).toWellFormed()}`;
}

const LONGEST_NAME = 200;
const LONGEST_PATH = 100;
const MOST_LOCATIONS = 20;
/** Maximum length of an error's `extensions` as JSON, in characters. */
const LONGEST_EXTENSIONS = 60_000;
/** How much is kept of longer ones. */
const KEPT_EXTENSIONS: ReadonlySet<string> = new Set(['code', 'source', 'retryAfter', 'connectUrl']);

type Place = Pick<GraphQLFormattedError, 'path' | 'locations'>;

/** Aliases are chosen by the caller and may be as long as the document. */
export function boundPath(path: Place['path']): Place['path'] {
  return path?.slice(0, LONGEST_PATH).map((key) => (typeof key === 'string' ? key.slice(0, LONGEST_NAME) : key));
}

export const boundLocations = (locations: Place['locations']): Place['locations'] =>
  locations?.slice(0, MOST_LOCATIONS);

/** Upstreams may send a lot besides their message. */
export function boundExtensions(extensions: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (JSON.stringify(extensions).length <= LONGEST_EXTENSIONS) return { ...extensions };
  return Object.fromEntries(Object.entries(extensions).filter(([name]) => KEPT_EXTENSIONS.has(name)));
}
