import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BodyPart } from '../../src/http/index.ts';
import { RepeatedRuns } from '../../src/sage200/plans/repeated-runs.ts';
import type { CompanyScope } from '../../src/sage200/session.ts';

/** Sage, as far as a plan sees it: what it answers to each path, and what it was asked. */
class Sage {
  readonly answers = new Map<string, string | undefined>();
  /** How many turns each answer takes; none where nothing is said. */
  readonly turns = new Map<string, number>();
  asked: string[] = [];

  /** One operation's scope: each path is asked once. */
  scope(company = '1'): CompanyScope {
    const kept = new Map<string, Promise<{ bytes: Buffer } | undefined>>();
    const ask = async (path: string) => {
      this.asked.push(path);
      for (let turn = this.turns.get(path) ?? 0; turn > 0; turn -= 1) await Promise.resolve();
      if (!this.answers.has(path)) throw new Error('Sage is away');
      const text = this.answers.get(path);
      return text === undefined ? undefined : { bytes: Buffer.from(text) };
    };
    const read = ({ recording }: CompanyScope['reading'], path: string, asked: 'row' | 'collection') => {
      const reply = kept.get(path) ?? ask(path);
      kept.set(path, reply);
      recording?.add({ path, asked }, reply as never);
      return reply;
    };
    const scope = {
      company: { site: 'site', company },
      session: { engine: { client: { read } } },
      reading: {} as Record<string, unknown>,
      recordReads: (recording: unknown) => {
        scope.reading = { recording };
      },
    };
    return scope as unknown as CompanyScope;
  }
}

const read = async (scope: CompanyScope, path: string) =>
  (await scope.session.engine.client.read(scope.reading, path, 'collection'))?.bytes.toString();

/** Reads one path and what its answer names, and counts how often it had to be written. */
function setUp(given: { mayWait?: boolean; first?: string[] } = {}) {
  const { mayWait = true, first = ['orders'] } = given;
  const runs = new RepeatedRuns();
  const sage = new Sage();
  const counted = { written: 0 };
  const run = async (company?: string, key = 'plan 1') => {
    const scope = sage.scope(company);
    sage.asked = [];
    const write = async (): Promise<readonly BodyPart[]> => {
      const lists = await Promise.all(first.map((path) => read(scope, path)));
      const named = await Promise.all((lists[0] ?? '').split(',').map((path) => read(scope, path)));
      counted.written += 1;
      return [...lists, ...named].map((text) => text ?? 'none');
    };
    const parts = await runs.run({ key, scope, mayWait }, write);
    // What is kept is kept after the answer.
    await new Promise((resolve) => setImmediate(resolve));
    return parts.join(' ');
  };
  return { run, sage, counted };
}

test('the third run on is not written while Sage answers the same, and asks for no more than the first', async () => {
  const { run, sage, counted } = setUp();
  sage.answers.set('orders', 'c1,c2').set('c1', 'Ann').set('c2', 'Bob');
  for (let time = 1; time <= 5; time += 1) {
    expect(await run()).toBe('c1,c2 Ann Bob');
    expect(sage.asked).toEqual(['orders', 'c1', 'c2']);
    expect(counted.written).toBe(Math.min(time, 2));
  }
});

test.each([
  ['in what is asked first', 'orders', 'c2', 'c2 Bob', ['orders', 'c2']],
  ['in what that names', 'c2', 'Eve', 'c1,c2 Ann Eve', ['orders', 'c1', 'c2']],
])('a change %s is seen at once, and nothing is asked twice or for nothing', async (_, path, text, answer, asked) => {
  const { run, sage, counted } = setUp();
  sage.answers.set('orders', 'c1,c2').set('c1', 'Ann').set('c2', 'Bob');
  for (let time = 0; time < 4; time += 1) await run();
  sage.answers.set(path, text);
  expect(await run()).toBe(answer);
  expect(sage.asked).toEqual(asked);
  expect(counted.written).toBe(3);
});

test('what has changed for good is known again after a while', async () => {
  const { run, sage, counted } = setUp();
  sage.answers.set('orders', 'c1').set('c1', 'Ann');
  for (let time = 0; time < 3; time += 1) await run();
  sage.answers.set('c1', 'Eve');
  for (let time = 0; time < 20; time += 1) expect(await run()).toBe('c1 Eve');
  const { written } = counted;
  expect(await run()).toBe('c1 Eve');
  expect(counted.written).toBe(written);
});

test('a failure is met by the plan, which asks no second time; what was kept is right afterwards', async () => {
  const { run, sage } = setUp();
  sage.answers.set('orders', 'c1').set('c1', 'Ann');
  for (let time = 0; time < 3; time += 1) await run();
  sage.answers.delete('c1');
  await expect(run()).rejects.toThrow('away');
  expect(sage.asked).toEqual(['orders', 'c1']);
  sage.answers.set('c1', 'Ann');
  expect(await run()).toBe('c1 Ann');
});

test('a company and another, a plan and another, know nothing of each other', async () => {
  const { run, sage, counted } = setUp();
  sage.answers.set('orders', 'c1').set('c1', 'Ann');
  for (let time = 0; time < 3; time += 1) await run('1');
  expect(counted.written).toBe(2);
  await run('2');
  await run('1', 'plan 2');
  expect(counted.written).toBe(4);
});

test('rows that Sage does not know are asked for and written each time', async () => {
  const { run, sage, counted } = setUp();
  sage.answers.set('orders', 'c1').set('c1', undefined);
  for (let time = 1; time <= 4; time += 1) {
    expect(await run()).toBe('c1 none');
    expect(counted.written).toBe(time);
  }
  sage.answers.set('c1', '');
  expect(await run()).toBe('c1 ');
});

test('two callers who ask the same at the same moment are each given what Sage says to them', async () => {
  const runs = new RepeatedRuns();
  const callers = ['Ann', 'Bob'].map((name) => {
    const sage = new Sage();
    sage.answers.set('orders', 'c1').set('c1', name);
    return { name, sage };
  });
  const run = async (sage: Sage) => {
    const scope = sage.scope();
    const write = async () => {
      const named = await read(scope, 'orders');
      return [(await read(scope, named ?? '')) ?? ''];
    };
    return runs.run({ key: 'plan', scope, mayWait: true }, write);
  };
  for (let time = 0; time < 40; time += 1) {
    // Now one comes first, now the other; what is kept is sometimes hers and sometimes his.
    const order = time % 3 === 0 ? callers : callers.toReversed();
    const answers = await Promise.all(order.map(({ sage }) => run(sage)));
    expect(answers).toEqual(order.map(({ name }) => [name]));
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('reads that would wait for others than their own are left to the plan', async () => {
  const side = setUp({ mayWait: false, first: ['orders', 'banks'] });
  side.sage.answers.set('orders', 'c1').set('banks', 'b').set('c1', 'Ann');
  for (let time = 0; time < 4; time += 1) await side.run();
  expect(side.counted.written).toBe(4);
  // All at once is no waiting.
  side.sage.answers.set('orders', 'banks');
  for (let time = 0; time < 4; time += 1) expect(await side.run()).toBe('banks b b');
  expect(side.counted.written).toBeLessThan(8);
});

test('answers of some hundred kilobytes are written each time', async () => {
  const { run, sage, counted } = setUp();
  sage.answers.set('orders', 'c1').set('c1', 'x'.repeat(100_000));
  for (let time = 0; time < 4; time += 1) await run();
  expect(counted.written).toBe(4);
});

test('what waits for several is asked once the last of them is known to be unchanged, in whatever order they come', async () => {
  const runs = new RepeatedRuns();
  const sage = new Sage();
  sage.answers.set('slow', 's').set('quick', 'q').set('below', 'go on').set('end', 'e');
  sage.turns.set('slow', 20);
  const run = async () => {
    const scope = sage.scope();
    sage.asked = [];
    const write = async () => {
      const below = read(scope, 'quick').then(() => read(scope, 'below'));
      const [, said] = await Promise.all([read(scope, 'slow'), below]);
      return said === 'go on' ? [(await read(scope, 'end')) ?? ''] : ['no end'];
    };
    const parts = await runs.run({ key: 'plan', scope, mayWait: true }, write);
    await new Promise((resolve) => setImmediate(resolve));
    return parts;
  };
  for (let time = 0; time < 4; time += 1) expect(await run()).toEqual(['e']);
  sage.answers.set('below', 'stop');
  expect(await run()).toEqual(['no end']);
  expect(sage.asked).toEqual(['quick', 'slow', 'below']);
});

const PATHS = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];

/** What Sage says of a path from now on: a text and the paths that it names, all behind its own; no such row; or nothing at all. */
const changes = fc.record({
  at: fc.nat(PATHS.length - 1),
  text: fc.constantFrom('a', 'b'),
  names: fc.array(fc.nat(2), { maxLength: 2 }),
  kind: fc.constantFrom('text', 'text', 'text', 'text', 'missing', 'away'),
  turns: fc.nat(6),
  runs: fc.integer({ min: 1, max: 4 }),
});

test('whatever changes between runs, each is answered as if it were the first, and asks for the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(changes, { maxLength: 30 }), fc.boolean(), async (history, mayWait) => {
      const runs = new RepeatedRuns();
      const sage = new Sage();
      for (const path of PATHS) sage.answers.set(path, 'a');
      /** A path's text with those of all that it names, and of one more that these call for together. */
      const tree = async (scope: CompanyScope, path: string): Promise<string> => {
        const text = await read(scope, path);
        const [, ...named] = text?.split(' ') ?? [];
        const below = (await Promise.all(named.map((each) => tree(scope, each)))).join(' ');
        const last = below.includes('b') && below.includes('a') ? await read(scope, 'p5') : '';
        return `(${text} ${below} ${last})`;
      };
      const outcome = async (run: (write: () => Promise<string[]>, scope: CompanyScope) => unknown) => {
        sage.asked = [];
        const scope = sage.scope();
        const write = async () =>
          mayWait ? [await tree(scope, 'p0')] : Promise.all(['p0', 'p1'].map((p) => tree(scope, p)));
        const answer = await Promise.resolve(run(write, scope)).catch(String);
        await new Promise((resolve) => setImmediate(resolve));
        return { answer, asked: sage.asked };
      };
      for (const { at, text, names, kind, turns, runs: times } of history) {
        const path = PATHS[at] ?? '';
        const named = names.map((further) => PATHS[at + 1 + further]).filter((each) => each !== undefined);
        if (kind === 'away') sage.answers.delete(path);
        else sage.answers.set(path, kind === 'missing' ? undefined : [text, ...named].join(' '));
        sage.turns.set(path, turns);
        for (let time = 0; time < times; time += 1) {
          const fresh = await outcome((write) => write());
          const again = await outcome((write, scope) => runs.run({ key: 'plan', scope, mayWait }, write));
          expect(again.answer).toEqual(fresh.answer);
          expect(again.asked).toHaveLength(fresh.asked.length);
          expect(new Set(again.asked)).toEqual(new Set(fresh.asked));
        }
      }
    }),
    { numRuns: 300 },
  );
});
