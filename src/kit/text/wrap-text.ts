/** Default number of columns of a terminal. */
const COLUMNS = 80;

/** Breaks a text between words to fit a terminal. A longer word stays whole. */
export function wrapText(text: string, indent = '', indentOfRest = indent): string {
  const lines: string[] = [];
  let line = indent;
  let columns = indent.length;
  let isStart = true;
  for (const word of text.split(' ')) {
    const width = columnsOf(word);
    if (!isStart && columns + 1 + width > COLUMNS) {
      lines.push(line);
      line = indentOfRest + word;
      columns = indentOfRest.length + width;
    } else {
      line += isStart ? word : ` ${word}`;
      columns += isStart ? width : 1 + width;
    }
    isStart = false;
  }
  lines.push(line);
  return lines.join('\n');
}

/** The same for text of several lines, each with its own indent, and with continuation lines a little further in. */
export const wrapLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => {
      if (line.length <= COLUMNS) return line;
      const [indent = ''] = /^ */.exec(line) ?? [];
      return wrapText(line.slice(indent.length), indent, `${indent}    `);
    })
    .join('\n');

/** Colours take no columns. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a colour begins with one
const columnsOf = (word: string): number => word.replace(/\u001b\[[\d;]*m/g, '').length;
