/**
 * Wire text: a string in which each character stands for one byte of the UTF-8 that is sent. What a source's bytes hold
 * travels into the answer in this form without being decoded and encoded again.
 */
export const fromWire = (bytes: Buffer): string => bytes.toString('latin1');

/** Text as wire text; most is ASCII and both at once. */
export const toWire = (text: string): string => (NOT_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text);

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
const NOT_ASCII = /[^\x00-\x7f]/;
