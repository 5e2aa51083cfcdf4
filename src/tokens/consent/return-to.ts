const LONGEST = 2_000;

/** Control characters, which browsers drop, and the backslash, which they read as a slash. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const TRICKS = /[\u0000-\u001f\u007f\\]/;

/** A path of ours to go to after signing in, or undefined: anything that a browser could take for another place. */
export function parseReturnTo(text: string): string | undefined {
  if (!text.startsWith('/') || text.startsWith('//') || text.length > LONGEST || TRICKS.test(text)) return undefined;
  const own = 'http://gateway.invalid';
  return URL.parse(text, own)?.origin === own ? text : undefined;
}
