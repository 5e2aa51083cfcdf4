import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainDataIn } from '../../../src/subschemas/erp/answer.ts';
import { AnswerShape } from '../../../src/subschemas/erp/answer-shape.ts';
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
])('%s is accepted or rejected as by JSON.parse', (text) => {
  expect(judge(text)).toBe(isObject(text));
});

test('so is any JSON, even with a piece removed, doubled or changed', () => {
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

const NO_DIAGNOSES = ',"extensions":{"diagnoses":[]}';

const answer = (data: unknown, rest = ''): Buffer => Buffer.from(`{"data":${JSON.stringify(data)}${rest}}`);

/** Has read these answers; the first one says only that the document is asked again. */
function learnedFrom(...answers: readonly Buffer[]): AnswerShape {
  const shape = new AnswerShape();
  for (const each of [answers[0] ?? answer({}), ...answers]) shape.plainDataIn(each);
  return shape;
}

const page = (...nodes: readonly unknown[]) => ({
  sales: { order: { query: { edges: nodes.map((node) => ({ node })) } } },
});

test('an answer like earlier ones is recognized as plain, whatever its values and number of rows', () => {
  const shape = learnedFrom(answer(page({ _id: '1', total: 1, isOpen: true, customer: { name: 'Abbey' } })));
  const others = [
    answer(page(), NO_DIAGNOSES),
    answer(page({ _id: '"\\\n\u00e9 漢 😀', total: -1.5e-7, isOpen: null, customer: null }, null), NO_DIAGNOSES),
    answer(
      page(...Array.from({ length: 100 }, (_, total) => ({ _id: '', total, isOpen: false, customer: { name: 'ü' } }))),
    ),
    // What does not fit is learned from, until it differs too much.
    ...Array.from({ length: 12 }, (_, kind) =>
      answer(page({ _id: kind % 2 ? [kind] : kind, total: [{ [`a${kind}`]: [] }] })),
    ),
  ];

  for (const each of [...others, ...others]) expect(shape.plainDataIn(each)).toEqual(plainDataIn(each));
});

test.each([
  ['a row that breaks off', '{"data":{"a":[{"b":"x"},{"b":"x"]}}'],
  ['a comma behind the last row', '{"data":{"a":[{"b":"x"},]}}'],
  ['two values without a comma', '{"data":{"a":[{"b":"x"}{"b":"x"}]}}'],
  ['a raw line break in a text', '{"data":{"a":[{"b":"\n"}]}}'],
  ['an escape that there is not', '{"data":{"a":[{"b":"\\x"}]}}'],
  ['a number with a zero before it', '{"data":{"a":[{"b":01}]}}'],
  ['errors beside the data', '{"data":{"a":[{"b":"x"}]},"errors":[]}'],
  ['diagnoses that say something', '{"data":{"a":[{"b":"x"}]},"extensions":{"diagnoses":[{}]}}'],
])('%s is not plain, even beside learned answers', (_, text) => {
  const shape = learnedFrom(answer({ a: [{ b: 'x' }] }), answer({ a: [{ b: 1 }] }));

  expect(shape.plainDataIn(Buffer.from(text))).toBeUndefined();
});

test('bytes that are not UTF-8 are not plain either', () => {
  const shape = learnedFrom(answer({ a: 'x' }));

  expect(shape.plainDataIn(Buffer.from('{"data":{"a":"\xff"}}', 'latin1'))).toBeUndefined();
});

test('any answer, even with a piece removed, doubled or changed, gets the same verdict with and without earlier answers', () => {
  const pieces = fc.constantFrom(
    '',
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\',
    '0',
    '-',
    'e',
    '.',
    't',
    ' ',
    'ü',
    'null',
  );
  const { tree: data } = fc.letrec((tie) => ({
    tree: fc.dictionary(fc.stringMatching(/^[a-z_]{1,3}$/), tie('value'), { maxKeys: 3 }),
    value: fc.oneof(
      { maxDepth: 3 },
      fc.jsonValue({ maxDepth: 0 }),
      tie('tree'),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
  }));
  const rests = fc.constantFrom('', NO_DIAGNOSES);

  fc.assert(
    fc.property(data, data, rests, fc.nat(), fc.nat(4), pieces, (before, value, rest, place, cut, piece) => {
      const shape = learnedFrom(answer(before), answer(value, rest));
      const whole = answer(value, rest);
      const at = place % (whole.length + 1);
      const broken = Buffer.concat([whole.subarray(0, at), Buffer.from(piece), whole.subarray(at + cut)]);
      for (const each of [whole, broken, answer(before, rest)])
        expect(shape.plainDataIn(each)).toEqual(plainDataIn(each));
    }),
    { numRuns: 300 },
  );
});
