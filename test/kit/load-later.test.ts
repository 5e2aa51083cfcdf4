import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => {
  vi.resetModules();
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test('what waits is loaded once: when it is asked for, or after the start', async () => {
  const { loadLater, loadWaiting } = await import('../../src/kit/load-later.ts');
  const load = vi.fn(async (name: string) => name);
  const asked = loadLater(() => load('asked'));
  loadLater(() => Promise.reject(new Error('not there')));
  loadLater(() => load('left'));

  expect(await asked()).toBe('asked');
  loadWaiting();
  expect(load.mock.calls).toEqual([['asked']]);
  await vi.runAllTimersAsync();

  expect(load.mock.calls).toEqual([['asked'], ['left']]);
});

test('after the start, nothing is loaded before it is asked for', async () => {
  const { loadLater, loadWaiting } = await import('../../src/kit/load-later.ts');
  loadWaiting();
  await vi.runAllTimersAsync();
  const load = vi.fn(() => 'loaded');
  const get = loadLater(load);
  loadWaiting();
  await vi.runAllTimersAsync();

  expect(load).not.toHaveBeenCalled();
  expect([get(), get()]).toEqual(['loaded', 'loaded']);
  expect(load).toHaveBeenCalledOnce();
});
