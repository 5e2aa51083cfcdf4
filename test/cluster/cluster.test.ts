import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Counter, Gauge, Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { createMachineMetrics } from '../../src/cluster/machine-metrics.ts';
import { createRestartPolicy } from '../../src/cluster/restart-policy.ts';
import type { MetricData } from '../../src/kit/metrics/index.ts';

describe('restarts', () => {
  const nobody = () => false;

  test('repeated quick ends wait longer each time, and are given up when no other worker serves', () => {
    const decide = createRestartPolicy();

    const decisions = Array.from({ length: 5 }, () => decide({ servedMs: 100, othersSteady: nobody }));

    expect(decisions).toEqual([250, 500, 1_000, 2_000, 'give up']);
  });

  test('while another worker serves, nothing is given up, and no pause exceeds the maximum', () => {
    const decide = createRestartPolicy({ maxPauseMs: 3_000 });

    const decisions = Array.from({ length: 8 }, () => decide({ servedMs: undefined, othersSteady: () => true }));

    expect(decisions).toEqual([250, 500, 1_000, 2_000, 3_000, 3_000, 3_000, 3_000]);
  });

  test('a worker that served for a while begins with the first pause again', () => {
    const decide = createRestartPolicy();
    for (let count = 0; count < 4; count += 1) decide({ servedMs: 0, othersSteady: nobody });

    expect(decide({ servedMs: 60_000, othersSteady: nobody })).toBe(250);
  });
});

describe('metrics of the machine', () => {
  async function partOf(requests: number): Promise<readonly MetricData[]> {
    const registers = [new Registry()];
    new Counter({ name: 'requests_total', help: 'r', labelNames: ['route'], registers }).inc({ route: '/' }, requests);
    new Gauge({ name: 'connected', help: 'c', aggregator: 'first', registers }).set(1);
    return registers[0]?.getMetricsAsJSON() as Promise<unknown> as Promise<readonly MetricData[]>;
  }
  const valuesOf = (parts: readonly (readonly MetricData[])[], name: string) =>
    parts.flatMap((part) => part.filter((metric) => metric.name === name).flatMap(({ values }) => values));

  test('an ended worker leaves its counters and nothing else', async () => {
    const metrics = createMachineMetrics();
    const answer = (requests: number) => async (worker: number, request: number) =>
      metrics.answered(worker, request, await partOf(requests));
    await metrics.collect([1, 2], (worker, request) => void answer(5)(worker, request));
    await metrics.workerEnded(1);
    await metrics.workerEnded(2);

    const parts = await metrics.collect([1], (worker, request) => void answer(1)(worker, request));

    expect(valuesOf(parts, 'requests_total')).toEqual([
      { value: 10, labels: { route: '/' } },
      { value: 1, labels: { route: '/' } },
    ]);
    expect(valuesOf(parts, 'connected')).toHaveLength(1);
    expect(valuesOf(parts, 'gateway_worker_restarts_total')).toEqual([{ value: 2, labels: {} }]);
  });

  test('nobody waits for a worker that ends during a scrape', async () => {
    const metrics = createMachineMetrics();
    const part = await partOf(3);
    const parts = metrics.collect([1, 2], (worker, request) => {
      if (worker === 1) metrics.answered(worker, request, part);
      else void metrics.workerEnded(worker);
    });

    expect(valuesOf(await parts, 'requests_total')).toHaveLength(1);
  });
});

/** Runs a program of this folder. @returns what it prints */
async function run(name: string): Promise<string> {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  return stdout;
}

test('workers that are replaced repeatedly lose no request, even one that was on its way to them', async () => {
  const { answered, failed } = JSON.parse(await run('small-pool.ts'));

  expect(failed).toEqual([]);
  expect(answered).toBeGreaterThan(0);
});

test('a connection that arrives when the last worker stops listening is closed at once, and not when the worker ends', async () => {
  expect(await run('refusing-pool.ts')).toBe('closed while the request was running');
});
