/** Maximum number of names in one line of the record. */
const MOST_NAMES = 5;

export function namesInLine(names: Iterable<string>): string {
  const different = [...new Set(names)];
  const more = different.length > MOST_NAMES ? ', …' : '';
  return `${different.slice(0, MOST_NAMES).join(', ')}${more}`;
}
