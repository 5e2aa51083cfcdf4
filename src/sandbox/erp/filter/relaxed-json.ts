import { BusinessError } from '../business-error.ts';

/**
 * Reads the text of `filter` and `orderBy`: JSON whose keys may be unquoted and whose texts may be in single quotes (a
 * quote inside is written `\'`); numbers may carry a plus sign. Strict JSON is a subset. Source: developer.sage.com, SDMO
 * guides, filter examples.
 *
 * @throws BusinessError naming the position of the first fault.
 */
export function parseRelaxedJson(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** Deeper than any sensible filter; keeps a hostile text from exhausting the stack. */
const MAX_DEPTH = 64;

const WORDS: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
]);
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };
const WORD = /[A-Za-z_$][\w$]*/y;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw this.#fault('it is nested too deeply');
    const next = this.#peek();
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"' || next === "'") return this.#string(next);
    return this.#number() ?? this.#word();
  }

  end(): void {
    if (this.#peek() !== '') throw this.#fault(`unexpected "${this.#peek()}"`);
  }

  #object(depth: number): Record<string, unknown> {
    const result: Record<string, unknown> = Object.create(null);
    this.#at++;
    while (this.#peek() !== '}') {
      const quote = this.#peek();
      const key = quote === '"' || quote === "'" ? this.#string(quote) : this.#key();
      this.#expect(':');
      result[key] = this.value(depth + 1);
      this.#comma('}');
    }
    this.#at++;
    return result;
  }

  #array(depth: number): unknown[] {
    const result: unknown[] = [];
    this.#at++;
    while (this.#peek() !== ']') {
      result.push(this.value(depth + 1));
      this.#comma(']');
    }
    this.#at++;
    return result;
  }

  #string(quote: string): string {
    let result = '';
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const char = this.#text.charAt(at);
      if (char === quote) {
        this.#at = at + 1;
        return result;
      }
      if (char !== '\\') {
        result += char;
        continue;
      }
      const escaped = this.#text.charAt(++at);
      if (escaped === 'u') {
        const code = this.#text.slice(at + 1, at + 5);
        if (!/^[\da-f]{4}$/i.test(code)) throw this.#fault('\\u is followed by four hexadecimal digits');
        result += String.fromCharCode(Number.parseInt(code, 16));
        at += 4;
      } else {
        result += ESCAPES[escaped] ?? escaped;
      }
    }
    throw this.#fault('a text is not closed');
  }

  #number(): number | undefined {
    const found = this.#match(NUMBER);
    return found === undefined ? undefined : Number(found);
  }

  #word(): boolean | null {
    const start = this.#at;
    const word = this.#match(WORD);
    const value = word === undefined ? undefined : WORDS.get(word);
    if (value !== undefined) return value;
    this.#at = start;
    throw this.#fault(this.#peek() === '' ? 'it ends too early' : `unexpected "${word ?? this.#peek()}"`);
  }

  #key(): string {
    const key = this.#match(WORD);
    if (key === undefined) throw this.#fault('a property name is expected');
    return key;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #comma(close: string): void {
    if (this.#peek() === ',') this.#at++;
    else if (this.#peek() !== close) throw this.#fault(`"," or "${close}" is expected`);
  }

  #expect(char: string): void {
    if (this.#peek() !== char) throw this.#fault(`"${char}" is expected`);
    this.#at++;
  }

  /** The next character that is not white space; empty at the end. */
  #peek(): string {
    while (this.#at < this.#text.length && /\s/.test(this.#text.charAt(this.#at))) this.#at++;
    return this.#text.charAt(this.#at);
  }

  #fault(reason: string): BusinessError {
    return new BusinessError(`Invalid filter or order text at position ${this.#at}: ${reason}.`);
  }
}
