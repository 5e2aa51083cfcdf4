import { describe, expect, it } from 'vitest';
import { PlainAnswers } from '../../src/erp/plain-answers.ts';

const answer = (data: string) => Buffer.from(`{"data":{"customer":${data}}}`);

describe('answers to a request that comes again as it is', () => {
  it('are read once while they stay the same', () => {
    const answers = new PlainAnswers<object>();
    const request = {};
    const first = answers.read(request, answer('{"id":"1"}'));
    expect(first?.names).toEqual(['customer']);
    expect(answers.read(request, answer('{"id":"1"}'))).toBe(first);
  });

  it('are read anew when a single byte differs, at its place and nowhere else', () => {
    const answers = new PlainAnswers<object>();
    const request = {};
    answers.read(request, answer('{"id":"1"}'));
    const longer = answers.read(request, answer('{"id":"12"}'));
    expect(longer?.end).toBe(answer('{"id":"12"}').length - 2);
    for (const broken of ['{"id":1"}', '{"id":"1"', '{"id":"1"}}', '{"id":"\u0001"}'])
      expect(answers.read(request, answer(broken)), broken).toBeUndefined();
    expect(answers.read(request, answer('{"id":"1"}'))?.names).toEqual(['customer']);
  });

  it('say nothing of another request', () => {
    const answers = new PlainAnswers<object>();
    const bytes = answer('{"id":"1"}');
    const first = answers.read({}, bytes);
    const other = answers.read({}, bytes);
    expect(other).toEqual(first);
    expect(other).not.toBe(first);
  });

  it('follow data that has changed for good, and stay bounded', () => {
    const answers = new PlainAnswers<object>();
    const request = {};
    const old = answers.read(request, answer('{"id":"old"}'));
    const reads = Array.from({ length: 40 }, () => answers.read(request, answer('{"id":"new"}')));
    expect(reads.at(-1)).toBe(reads.at(-2));
    expect(answers.read(request, answer('{"id":"old"}'))).not.toBe(old);
    // Others come and go; whoever is not among the latest is read anew.
    for (let number = 0; number < 100; number += 1) answers.read({ number }, answer('{}'));
    expect(answers.read(request, answer('{"id":"new"}'))).not.toBe(reads.at(-1));
  });
});
