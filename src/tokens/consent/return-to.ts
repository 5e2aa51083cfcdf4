/** Maximum length of the path as sent: a sign-in's data must fit into a cookie. */
const LONGEST = 2_000;

/** Control characters, which browsers drop, and the backslash, which they read as a slash. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const TRICKS = /[\u0000-\u001f\u007f\\]/;

/** Any origin: only the part after it is used. */
const OWN = 'http://gateway.invalid';

/**
 * A path of the gateway to go to after signing in, in a form that fits into a header: printable ASCII, everything else
 * percent-encoded. Undefined for anything that a browser could read as another origin, and if it is too long.
 */
export function parseReturnTo(text: string): string | undefined {
  if (!text.startsWith('/') || text.startsWith('//') || text.length > LONGEST || TRICKS.test(text)) return undefined;
  const url = URL.parse(text, OWN);
  if (url?.origin !== OWN) return undefined;
  const path = `${url.pathname}${url.search}${url.hash}`;
  // "/a/..//host" is a path of the gateway; but resolved and sent alone, it would be another host.
  if (path.startsWith('//') || path.length > LONGEST || !/^[\x21-\x7e]+$/.test(path)) return undefined;
  return path;
}
