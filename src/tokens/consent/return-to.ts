/** Characters of the path as it is sent: what is kept of a sign-in has to fit into a cookie. */
const LONGEST = 2_000;

/** Control characters, which browsers drop, and the backslash, which they read as a slash. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const TRICKS = /[\u0000-\u001f\u007f\\]/;

/** Any address of the gateway: only what follows it is looked at. */
const OWN = 'http://gateway.invalid';

/**
 * A path of the gateway to go to after signing in, in the form that a header can carry: printable ASCII, everything else
 * percent-encoded. Undefined for anything that a browser could take for another place, and for what is too long.
 */
export function parseReturnTo(text: string): string | undefined {
  if (!text.startsWith('/') || text.startsWith('//') || text.length > LONGEST || TRICKS.test(text)) return undefined;
  const url = URL.parse(text, OWN);
  if (url?.origin !== OWN) return undefined;
  const path = `${url.pathname}${url.search}${url.hash}`;
  // "/a/..//host" is a path of the gateway; resolved and sent alone, it would be another host's.
  if (path.startsWith('//') || path.length > LONGEST || !/^[\x21-\x7e]+$/.test(path)) return undefined;
  return path;
}
