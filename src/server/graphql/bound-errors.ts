import type { GraphQLFormattedError } from 'graphql';

/** Errors in one answer. */
export const MOST_ERRORS = 50;

/** Of all errors of an answer as JSON, in characters. */
export const MOST_ERROR_CHARS = 250_000;

/** Of a message in graphql-js' words, which hold names and values as the caller sent them. */
const LONGEST_MESSAGE = 500;
const SHOWN_END = 200;

/** graphql-js begins with where it is and ends with what is wrong; a value that is too long stands between. */
export function inBrief(message: string): string {
  if (message.length <= LONGEST_MESSAGE) return message;
  const start = message.slice(0, LONGEST_MESSAGE - SHOWN_END - 3).toWellFormed();
  return `${start} … ${message.slice(-SHOWN_END).toWellFormed()}`;
}

const LONGEST_NAME = 200;
const LONGEST_PATH = 100;
const MOST_LOCATIONS = 20;
/** Of an error's `extensions` as JSON, in characters. */
const LONGEST_EXTENSIONS = 60_000;
/** What is left of longer ones. */
const KEPT_EXTENSIONS: ReadonlySet<string> = new Set(['code', 'source', 'retryAfter', 'connectUrl']);

type Place = Pick<GraphQLFormattedError, 'path' | 'locations'>;

/** Aliases are names that a caller chose, as long as the document may be. */
export function boundPath(path: Place['path']): Place['path'] {
  return path?.slice(0, LONGEST_PATH).map((key) => (typeof key === 'string' ? key.slice(0, LONGEST_NAME) : key));
}

export const boundLocations = (locations: Place['locations']): Place['locations'] =>
  locations?.slice(0, MOST_LOCATIONS);

/** Upstreams may say a lot beside their message. */
export function boundExtensions(extensions: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (JSON.stringify(extensions).length <= LONGEST_EXTENSIONS) return { ...extensions };
  return Object.fromEntries(Object.entries(extensions).filter(([name]) => KEPT_EXTENSIONS.has(name)));
}
