import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createPace, createTurns, mapInTurns } from '../../src/kit/turns.ts';

/** Work that ends when it is told to. */
function createWork() {
  const open = new Map<number, PromiseWithResolvers<string>>();
  const begun: number[] = [];
  const start = (item: number): Promise<string> => {
    const ending = Promise.withResolvers<string>();
    open.set(item, ending);
    begun.push(item);
    return ending.promise;
  };
  const end = async (item: number) => {
    open.get(item)?.resolve(`made of ${item}`);
    await nextTurn();
  };
  const fail = async (item: number) => {
    open.get(item)?.reject(new Error(`no ${item}`));
    await nextTurn();
  };
  return { begun, start, end, fail };
}

describe('mapInTurns', () => {
  test('runs a number at a time, and the next when one is done', async () => {
    const work = createWork();
    const made = mapInTurns([1, 2, 3, 4], 2, work.start);
    expect(work.begun).toEqual([1, 2]);

    await work.end(2);
    expect(work.begun).toEqual([1, 2, 3]);
    await work.end(3);
    await work.end(4);
    await work.end(1);

    expect(await made).toEqual(['made of 1', 'made of 2', 'made of 3', 'made of 4']);
  });

  test('throws the first failure, and starts nothing else', async () => {
    const work = createWork();
    const made = mapInTurns([1, 2, 3, 4], 2, work.start);
    const outcome = expect(made).rejects.toThrow('no 2');
    await work.fail(2);
    await work.fail(1);

    await outcome;
    expect(work.begun).toEqual([1, 2]);
  });

  test('results keep the order of the items, and never more run than allowed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 8 }),
        async (waits, atOnce) => {
          let running = 0;
          let most = 0;
          const made = await mapInTurns([...waits.entries()], atOnce, async ([index, wait]) => {
            running += 1;
            most = Math.max(most, running);
            for (let turn = 0; turn < wait; turn += 1) await Promise.resolve();
            running -= 1;
            return index;
          });
          expect(made).toEqual([...waits.keys()]);
          expect(most).toBe(Math.min(atOnce, waits.length));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('createTurns', () => {
  test('a caller waits while all turns are taken', async () => {
    const work = createWork();
    const inTurn = createTurns(1, 60_000);
    const all = [inTurn(() => work.start(1)), inTurn(() => work.start(2))];
    await nextTurn();
    expect(work.begun).toEqual([1]);

    await work.end(1);
    expect(work.begun).toEqual([1, 2]);
    await work.end(2);

    expect(await Promise.all(all)).toEqual(['made of 1', 'made of 2']);
  });

  test('a failure returns its turn', async () => {
    const work = createWork();
    const inTurn = createTurns(1, 60_000);
    const failed = expect(inTurn(() => work.start(1))).rejects.toThrow('no 1');
    await work.fail(1);
    await failed;

    const next = inTurn(() => work.start(2));
    await work.end(2);
    expect(await next).toBe('made of 2');
  });

  test('work that hangs lets the next begin after a while, and returns no second turn when it ends', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const work = createWork();
      const inTurn = createTurns(1, 2_000);
      const all = [1, 2, 3].map((item) => inTurn(() => work.start(item)));
      await vi.advanceTimersByTimeAsync(2_000);
      expect(work.begun).toEqual([1, 2]);

      await work.end(1);
      expect(work.begun).toEqual([1, 2]);
      await work.end(2);
      expect(work.begun).toEqual([1, 2, 3]);
      await work.end(3);

      await Promise.all(all);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('paced work', () => {
  test('does no more in one turn than allowed, but all of it in the end, and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 }), async (works) => {
        const pace = createPace(50);
        const turns: number[] = [];
        const done: number[] = [];
        let turn = 0;
        const count = (): void =>
          void setImmediate(() => {
            turn += 1;
            if (done.length < works.length) count();
          });
        count();

        await Promise.all(
          works.map(async (steps, index) => {
            await pace(steps);
            turns[turn] = (turns[turn] ?? 0) + steps;
            done.push(index);
          }),
        );

        expect(done).toEqual(works.map((_, index) => index));
        // The last one of a turn may be longer than the room that is left.
        for (const steps of turns) expect(steps ?? 0).toBeLessThan(50 + 40);
      }),
      { numRuns: 50 },
    );
  });

  test('does not delay small work', () => {
    const [busy, calm] = [createPace(10), createPace(10)];
    expect(busy(10)).toBeUndefined();

    expect(busy(10)).toBeInstanceOf(Promise);
    expect(calm(10)).toBeUndefined();
  });
});
