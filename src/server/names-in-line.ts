/** Names that one line of the record has at most. */
const MOST_NAMES = 5;

export function namesInLine(names: Iterable<string>): string {
  const different = [...new Set(names)];
  const more = different.length > MOST_NAMES ? ', …' : '';
  return `${different.slice(0, MOST_NAMES).join(', ')}${more}`;
}
