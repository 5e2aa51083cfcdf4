import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnswerReader } from '../../../src/graph/plans/answer-reader.ts';
import { type Member, member, withRuns } from '../../../src/graph/plans/link-layout.ts';
import { Bailout } from '../../../src/kit/bailout.ts';

/** Documents. Many more are a matter of `READER_RUNS`. */
const RUNS = Number(process.env['READER_RUNS'] ?? 2_000);

/** A member of a record with its layout, its value, and what must become of it. */
interface Sample {
  readonly member: Member;
  readonly value: unknown;
  readonly expected: unknown;
}

const plain = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const text = fc.jsonValue().map((value): Omit<Sample, 'member'> & { isPlain: boolean } => ({
  value,
  expected: value,
  isPlain: typeof value !== 'object' || value === null,
}));
const names = (length: number) => Array.from({ length }, (_, index) => `m${index}`);

/** An object of such members; what it becomes has `followed` in place of keys. */
const { record } = fc.letrec<{ record: readonly Sample[] }>((tie) => ({
  record: fc
    .array(
      fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        text.map(({ isPlain, ...sample }) => ({ kind: 'text' as const, isPlain, lists: 0, members: [], ...sample })),
        plain.map((value) => ({
          kind: 'key' as const,
          isPlain: false,
          lists: 0,
          members: [],
          value,
          expected: { followed: value },
        })),
        fc.record({ inner: tie('record'), rows: fc.nat(3), isList: fc.boolean() }).map(({ inner, rows, isList }) => {
          const all = (of: (sample: Sample) => unknown) => {
            const object = Object.fromEntries(inner.map((sample) => [sample.member.name, of(sample)]));
            return isList ? Array.from({ length: rows }, () => object) : object;
          };
          return {
            kind: 'inside' as const,
            isPlain: false,
            lists: isList ? 1 : 0,
            members: withRuns(inner.map((sample) => sample.member)),
            value: all(({ value }) => value),
            expected: all(({ expected }) => expected),
          };
        }),
      ),
      { maxLength: 6 },
    )
    .map((samples) =>
      samples.map(({ kind, value, expected, ...more }, index): Sample => {
        const [name = ''] = names(samples.length).slice(index);
        return { member: member(kind, name, more), value, expected };
      }),
    ),
}));

const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('latin1');
const objectOf = (samples: readonly Sample[], of: (sample: Sample) => unknown) =>
  Object.fromEntries(samples.map((sample) => [sample.member.name, of(sample)]));

test(`of ${RUNS} documents all becomes what it was, but the keys`, () => {
  fc.assert(
    fc.property(record, (samples) => {
      const reader = new AnswerReader(bytesOf(objectOf(samples, ({ value }) => value)));

      const found = reader.whole(withRuns(samples.map((sample) => sample.member)));
      const written = found.with(({ from, key }) => {
        const [name = ''] = /^"\w+"/.exec(found.text.slice(from)) ?? [];
        return `${name}:${bytesOf({ followed: key })}`;
      });

      expect(JSON.parse(Buffer.from(written, 'latin1').toString())).toEqual(
        JSON.parse(JSON.stringify(objectOf(samples, ({ expected }) => expected))),
      );
    }),
    { numRuns: RUNS },
  );
});

test.each([
  '{"b":1,"a":"k"}',
  '{"a":"k"}',
  '{"a":"k","b":1,"c":2}',
  '{"a":"k", "b":1}',
  '[]',
  '{"a":"k","b":1',
  '{"a":"k","b":1}}',
])('an answer that differs from the request is left to the parser: %s', (text) => {
  const members = withRuns([member('key', 'a'), member('text', 'b', { isPlain: true })]);

  expect(() => new AnswerReader(text).whole(members)).toThrow(Bailout);
});
