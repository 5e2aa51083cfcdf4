import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Stop } from '../../../src/kit/http/index.ts';
import { createRequestQueue } from '../../../src/subschemas/payments-out/queue.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** When each of so many requests began, ms. */
async function startsOf(count: number, rate: number, processes: number): Promise<number[]> {
  const queue = createRequestQueue(rate, processes);
  const { signal } = new Stop();
  const began = Date.now();
  const starts: number[] = [];
  const all = Promise.all(
    Array.from({ length: count }, () => queue.inTurn(signal, async () => starts.push(Date.now() - began))),
  );
  await vi.runAllTimersAsync();
  await all;
  return starts;
}

test.each([
  [10, 1, 10],
  [10, 4, 2],
  [3, 2, 1],
])('%i a second for %i processes: no second has more than %i of one of them', async (rate, processes, share) => {
  const starts = await startsOf(25, rate, processes);

  for (const [index, at] of starts.entries())
    expect(at - (starts[index - share] ?? Number.NEGATIVE_INFINITY)).toBeGreaterThanOrEqual(1_000);
  expect(starts.filter((at) => at === 0)).toHaveLength(share);
});

test('fewer requests a second than processes mean one in several seconds', async () => {
  const starts = await startsOf(3, 1, 4);

  expect(starts[1]).toBeGreaterThanOrEqual(4_000);
});

test('a hundred wait, and the next gets a Retry-After', async () => {
  const queue = createRequestQueue(10, 1);
  const { signal } = new Stop();
  const all = Array.from({ length: 110 }, () => queue.inTurn(signal, async () => 'done'));

  await expect(queue.inTurn(signal, async () => 'never')).rejects.toMatchObject({
    code: 'RATE_LIMITED',
    retryAfter: 11,
  });

  await vi.runAllTimersAsync();
  expect(await Promise.all(all)).toHaveLength(110);
});

test('a caller who leaves while waiting sends nothing', async () => {
  const queue = createRequestQueue(1, 1);
  const stop = new Stop();
  let sent = 0;
  const send = async () => {
    sent += 1;
  };
  await queue.inTurn(new Stop().signal, send);
  const waiting = queue.inTurn(stop.signal, send);
  const told = expect(waiting).rejects.toMatchObject({ kind: 'timeout', sent: false });
  stop.abort(new DOMException('late', 'TimeoutError'));

  await told;
  await vi.runAllTimersAsync();
  expect(sent).toBe(1);
});
