import { Bailout } from '../../kit/bailout.ts';
import {
  BACKSLASH,
  CLOSE_LIST,
  CLOSE_OBJECT,
  COMMA,
  OPEN_LIST,
  OPEN_OBJECT,
  QUOTE,
} from '../../kit/json-characters.ts';
import { parseAsWritten } from '../../kit/written-json.ts';
import type { Member, Members } from './link-layout.ts';

/** The key of a link in the text of a record, from its name to its end. */
export interface Mark {
  readonly step: number;
  readonly from: number;
  readonly to: number;
  readonly key: unknown;
}

/** A record whose text is a part of an answer. */
export class RecordText {
  readonly text: string;
  /** After its opening brace, and after its end. */
  readonly from: number;
  readonly to: number;
  /** In the order of the text. */
  readonly marks: readonly Mark[];

  constructor(text: string, from: number, to: number, marks: readonly Mark[]) {
    this.text = text;
    this.from = from;
    this.to = to;
    this.marks = marks;
  }

  /** @param textOf the text that replaces a key: the link's own name and value */
  with(textOf: (mark: Mark) => string): string {
    const { text, marks } = this;
    let written = '{';
    let at = this.from;
    for (const mark of marks) {
      written += text.slice(at, mark.from) + textOf(mark);
      at = mark.to;
    }
    return written + text.slice(at, this.to);
  }
}

/** Where a record's text is stored, beside the values that were read from it. */
export const RECORD = Symbol('record');

/**
 * Parses only the required parts of JSON. Its input is valid JSON with one byte for each character; that its objects have
 * the requested members, in order and without blanks, is checked here.
 * @throws Bailout if they do not
 */
export class AnswerReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.#at = at;
  }

  /** A whole answer. */
  whole(members: Members): RecordText {
    const record = this.#recordIn(members, {});
    if (this.#at !== this.#text.length) throw unusual();
    return record;
  }

  /** The path to records, as an object: each record has its text in `RECORD`. Null and lists are unchanged. */
  way(members: Members): unknown {
    const object: Record<string, unknown> = {};
    for (const [index, member] of members.entries()) {
      this.#enter(member, index);
      object[member.name] = this.#wayTo(member, member.lists);
    }
    this.#leave(members);
    return object;
  }

  #wayTo(member: Member, lists: number): unknown {
    if (member.kind === 'value') return this.#value();
    if (this.#isNull()) return null;
    if (lists > 0) return this.#list(() => this.#wayTo(member, lists - 1));
    if (member.kind === 'inside') return this.way(member.members);
    const found: Record<string | symbol, unknown> = {};
    found[RECORD] = this.#recordIn(member.members, found);
    return found;
  }

  /** @param values of members that are not passed on, which come before all others */
  #recordIn(members: Members, values: Record<string, unknown>): RecordText {
    const marks: Mark[] = [];
    let from = this.#at + 1;
    let read = 0;
    for (let member = members[read]; member?.kind === 'value'; member = members[++read]) {
      this.#enter(member, read);
      values[member.name] = this.#value();
      from = this.#at + (this.#text.charCodeAt(this.#at) === COMMA ? 1 : 0);
    }
    this.#inObject(members, read, marks);
    return new RecordText(this.#text, from, this.#at, marks);
  }

  /** @param start members before it have been read */
  #inObject(members: Members, start: number, marks: Mark[]): void {
    for (let index = start; index < members.length; ) {
      const member = members[index];
      if (!member) break;
      const passed = this.#pass(member, index);
      if (passed === 0) {
        this.#enter(member, index);
        this.#inRecord(member, member.lists, marks);
      }
      index += passed || 1;
    }
    this.#leave(members);
  }

  /** @returns how many members were skipped at once */
  #pass({ run }: Member, index: number): number {
    if (!run || this.#text.charCodeAt(this.#at) !== (index === 0 ? OPEN_OBJECT : COMMA)) return 0;
    const { pattern, length } = run;
    pattern.lastIndex = this.#at + 1;
    if (!pattern.test(this.#text)) return 0;
    this.#at = pattern.lastIndex;
    return length;
  }

  #inRecord(member: Member, lists: number, marks: Mark[]): void {
    if (member.kind === 'text') {
      if (member.only !== undefined && !this.#text.startsWith(member.only, this.#at)) throw unusual();
      this.#skip();
    } else if (member.kind === 'key') {
      const from = this.#at - member.head.length;
      const key = this.#value();
      marks.push({ step: member.step, from, to: this.#at, key });
    } else if (this.#isNull()) return;
    else if (lists > 0) this.#list(() => this.#inRecord(member, lists - 1, marks));
    else this.#inObject(member.members, 0, marks);
  }

  /** Moves to the value of a member. @param index of it in its object */
  #enter({ head }: Member, index: number): void {
    const text = this.#text;
    const before = index === 0 ? OPEN_OBJECT : COMMA;
    if (text.charCodeAt(this.#at) !== before || !text.startsWith(head, this.#at + 1)) throw unusual();
    this.#at += 1 + head.length;
  }

  #leave({ length }: Members): void {
    if (length === 0) this.#take(OPEN_OBJECT);
    this.#take(CLOSE_OBJECT);
  }

  #list<Element>(read: () => Element): Element[] {
    const elements: Element[] = [];
    this.#take(OPEN_LIST);
    if (this.#text.charCodeAt(this.#at) !== CLOSE_LIST)
      for (;;) {
        elements.push(read());
        if (this.#text.charCodeAt(this.#at) !== COMMA) break;
        this.#at += 1;
      }
    this.#take(CLOSE_LIST);
    return elements;
  }

  #take(character: number): void {
    if (this.#text.charCodeAt(this.#at) !== character) throw unusual();
    this.#at += 1;
  }

  #isNull(): boolean {
    if (!this.#text.startsWith('null', this.#at)) return false;
    this.#at += 'null'.length;
    return true;
  }

  #value(): unknown {
    const from = this.#at;
    PLAIN_TEXT.lastIndex = from;
    if (PLAIN_TEXT.test(this.#text)) {
      this.#at = PLAIN_TEXT.lastIndex;
      return this.#text.slice(from + 1, this.#at - 1);
    }
    this.#skip();
    return parseAsWritten(Buffer.from(this.#text.slice(from, this.#at), 'latin1'));
  }

  #skip(): void {
    const first = this.#text.charCodeAt(this.#at);
    if (first === QUOTE) this.#skipText();
    else if (first === OPEN_OBJECT || first === OPEN_LIST) this.#skipNested();
    else this.#skipPlain();
  }

  #skipText(): void {
    const text = this.#text;
    for (let end = this.#at; ; ) {
      end = text.indexOf('"', end + 1);
      if (end < 0) throw unusual();
      let start = end;
      while (text.charCodeAt(start - 1) === BACKSLASH) start -= 1;
      if ((end - start) % 2 === 1) continue;
      this.#at = end + 1;
      return;
    }
  }

  #skipNested(): void {
    const text = this.#text;
    for (let depth = 0; ; ) {
      const character = text.charCodeAt(this.#at);
      if (character === QUOTE) {
        this.#skipText();
        continue;
      }
      if (Number.isNaN(character)) throw unusual();
      this.#at += 1;
      if (character === OPEN_OBJECT || character === OPEN_LIST) depth += 1;
      else if (character === CLOSE_OBJECT || character === CLOSE_LIST) depth -= 1;
      if (depth === 0) return;
    }
  }

  /** Skips a number, `true`, `false` or `null`. */
  #skipPlain(): void {
    const text = this.#text;
    let at = this.#at;
    for (let character = text.charCodeAt(at); !isEnd(character); character = text.charCodeAt(at)) at += 1;
    if (at === this.#at) throw unusual();
    this.#at = at;
  }
}

const isEnd = (character: number): boolean =>
  character === COMMA || character === CLOSE_OBJECT || character === CLOSE_LIST || Number.isNaN(character);

/** Needs no parsing: no escapes, and only ASCII. */
const PLAIN_TEXT = /"[^"\\\x80-\xff]*"/y;

const unusual = () => new Bailout('the answer has other members than were asked for');
