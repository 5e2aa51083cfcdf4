import fc from 'fast-check';
import { expect, test } from 'vitest';
import { membersOfJsonObject } from '../../../src/subschemas/erp/members-of-json-object.ts';

const membersOf = (text: string) => membersOfJsonObject(Buffer.from(text), 0, Buffer.byteLength(text));
const judge = (text: string) => membersOf(text) !== undefined;

/** As the language's own parser sees it; blanks around are none of the object. */
function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) && text === text.trim();
  } catch {
    return false;
  }
}

test.each([
  '{}',
  '{ "a" : [ ] , "b":{ } }',
  '{"a":[1,-0,0.5,1e9,-1.25E-3,true,false,null,"x"]}',
  '{"a":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9 ü 漢 😀"}',
  '',
  '[]',
  '1',
  '{',
  '{}}',
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{,}',
  '{a:1}',
  '{"a":01}',
  '{"a":1.}',
  '{"a":.5}',
  '{"a":+1}',
  '{"a":-}',
  '{"a":1e}',
  '{"a":tru}',
  '{"a":nul',
  '{"a":"\n"}',
  '{"a":"\\x"}',
  '{"a":"\\u12g4"}',
  '{"a":"\\u12',
  '{"a":[1 2]}',
  '{"a":[1,]}',
  '{"a":[}',
  '{"a":{]}',
  '{"a":1} {"b":2}',
  '{"a":MARKER}',
])('%s is judged as JSON.parse judges it', (text) => {
  expect(judge(text)).toBe(isObject(text));
});

test('so is any JSON, also with a piece of it cut out, doubled or changed', () => {
  const pieces = fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '0', '-', 'e', '.', 't', ' ', 'ü');
  const texts = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value));

  fc.assert(
    fc.property(texts, fc.nat(), fc.nat(3), pieces, (whole, place, cut, piece) => {
      const at = place % (whole.length + 1);
      const broken = (whole.slice(0, at) + piece + whole.slice(at + cut)).toWellFormed();
      expect(judge(whole)).toBe(true);
      expect(judge(broken)).toBe(isObject(broken));
    }),
    { numRuns: 2_000 },
  );
});

test('each member is found with its name and its value', () => {
  const names = fc.stringMatching(/^[A-Za-zü_]{1,8}$/);
  const gaps = fc.constantFrom(undefined, 1, '\t');

  fc.assert(
    fc.property(fc.dictionary(names, fc.jsonValue()), gaps, (value, gap) => {
      const text = JSON.stringify(value, undefined, gap);
      const found = membersOf(text)?.map(({ name, start, end }) => {
        return [name, JSON.parse(Buffer.from(text).toString('utf8', start, end))];
      });
      expect(found).toEqual(Object.entries(JSON.parse(text)));
    }),
  );
});
