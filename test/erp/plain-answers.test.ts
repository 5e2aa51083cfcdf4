import { describe, expect, it } from 'vitest';
import { PlainAnswers } from '../../src/erp/plain-answers.ts';

const answer = (data: string) => Buffer.from(`{"data":{"customer":${data}}}`);

describe('answers to a request that comes again as it is', () => {
  it('are read once while they stay the same', () => {
    const answers = new PlainAnswers<object>();
    const request = {};
    expect(answers.read(request, answer('{"id":"1"}'))?.names).toEqual(['customer']);
    // What comes twice may come again.
    const second = answers.read(request, answer('{"id":"1"}'));
    expect(second?.names).toEqual(['customer']);
    expect(answers.read(request, answer('{"id":"1"}'))).toBe(second);
  });

  it('are read anew when a single byte differs, at its place and nowhere else', () => {
    const answers = new PlainAnswers<object>();
    const request = {};
    for (let time = 0; time < 2; time += 1) answers.read(request, answer('{"id":"1"}'));
    const longer = answers.read(request, answer('{"id":"12"}'));
    expect(longer?.end).toBe(answer('{"id":"12"}').length - 2);
    for (const broken of ['{"id":1"}', '{"id":"1"', '{"id":"1"}}', '{"id":"\u0001"}'])
      expect(answers.read(request, answer(broken)), broken).toBeUndefined();
    expect(answers.read(request, answer('{"id":"1"}'))?.names).toEqual(['customer']);
  });

  it('say nothing of another request', () => {
    const answers = new PlainAnswers<object>();
    const bytes = answer('{"id":"1"}');
    const request = {};
    answers.read(request, bytes);
    const first = answers.read(request, bytes);
    expect(answers.read(request, bytes)).toBe(first);
    const other = answers.read({}, bytes);
    expect(other).toEqual(first);
    expect(other).not.toBe(first);
  });

  it('follow data that has changed for good, and stay bounded', () => {
    const answers = new PlainAnswers<object>();
    const request = {};
    const [, old] = Array.from({ length: 2 }, () => answers.read(request, answer('{"id":"old"}')));
    expect(answers.read(request, answer('{"id":"old"}'))).toBe(old);
    const reads = Array.from({ length: 40 }, () => answers.read(request, answer('{"id":"new"}')));
    expect(reads.at(-1)).toBe(reads.at(-2));
    expect(answers.read(request, answer('{"id":"old"}'))).not.toBe(old);
    // Others come and go; whoever is not among the latest is read anew.
    for (const other of Array.from({ length: 100 }, () => ({})))
      for (let time = 0; time < 2; time += 1) answers.read(other, answer('{}'));
    expect(answers.read(request, answer('{"id":"new"}'))).not.toBe(reads.at(-1));
  });
});
