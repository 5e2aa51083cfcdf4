import type { Worker } from 'node:worker_threads';
import { buildSchema } from 'graphql';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSchemaReader, type SchemaReaderOptions } from '../../../../src/subschemas/erp/schema/schema-reader.ts';
import { startErpStub } from '../erp-stub.ts';
import { answerOf, many, read, SDL } from './introspections.ts';

describe('the thread that reads schemas', () => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const started: Worker[] = [];
  const note = (worker: Worker) => void started.push(worker);
  beforeEach(() => {
    lines.length = 0;
    started.length = 0;
    process.on('worker', note);
  });
  afterEach(() => {
    process.off('worker', note);
  });
  const readerOf = (options: Partial<SchemaReaderOptions> = {}) =>
    createSchemaReader({ log, smallBytes: 0, ...options });
  const file = (source: string) => new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  const answer = answerOf(buildSchema(SDL));

  test('is one for many answers, in turn, and reads them like the main thread', async () => {
    const reader = readerOf();

    const found = await Promise.all([
      reader.read(answer),
      reader.read(answerOf(buildSchema(many(50)))),
      reader.read(answer),
    ]);

    expect(found.map((each) => each?.digest)).toEqual([read(SDL).digest, read(many(50)).digest, read(SDL).digest]);
    expect(found[0]?.packed.equals(read(SDL).packed)).toBe(true);
    expect(started).toHaveLength(1);
    await reader.close();
  });

  test('reads a tenant of a thousand types, once for all tenants on its release', async () => {
    const sdl = many(1_000);
    await using stub = await startErpStub({ acme: { sdl }, globex: { sdl } });
    const erp = stub.erp();

    const shown = () => Promise.all(['acme', 'globex'].map((tenant) => erp.schemaOf(tenant).catch(() => undefined)));
    await expect.poll(shown).not.toContain(undefined);
    const [acme, globex] = await shown();

    expect(acme?.digest).toBe(read(sdl).digest);
    expect(acme?.schema.getType('Item999')).toBeDefined();
    expect(globex?.schema).toBe(acme?.schema);
    expect(started).toHaveLength(1);
  });

  test('is not started for small answers', async () => {
    const reader = createSchemaReader({ log });

    expect((await reader.read(answer))?.digest).toBe(read(SDL).digest);
    expect(started).toHaveLength(0);
  });

  test('ends when idle, and starts again', async () => {
    const reader = readerOf({ idleMs: 1 });

    await reader.read(answer);
    await expect.poll(() => started[0]?.threadId).toBe(-1);
    const again = await reader.read(answer);

    expect(again?.digest).toBe(read(SDL).digest);
    expect(started).toHaveLength(2);
    await reader.close();
  });

  test('survives garbage', async () => {
    const reader = readerOf();

    const garbage = Promise.allSettled([
      reader.read(Buffer.from('{"data":{')),
      reader.read(Buffer.from('{"data":{"__schema":{"types":[1]}}}')),
      reader.read(Buffer.alloc(300_000, 0xff)),
    ]);

    expect((await garbage).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await reader.read(answer))?.digest).toBe(read(SDL).digest);
    expect(started).toHaveLength(1);
    await reader.close();
  });

  test('cannot be started: schemas are read anyway, and the log says so', async () => {
    const reader = readerOf({ worker: new URL('file:///there/is/none.ts') });

    expect((await reader.read(answer))?.digest).toBe(read(SDL).digest);
    expect(lines.join()).toContain('cannot be started');
    await reader.close();
  });

  test('dies while it reads: that answer fails, the next one gets a new thread', async () => {
    const worker = file(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ([first]) => first === 1 ? process.exit(3) : parentPort.postMessage({ kind: 'none' }));
      parentPort.postMessage({ kind: 'ready' });
    `);
    const reader = readerOf({ worker });

    await expect(reader.read(Buffer.of(1))).rejects.toThrow('ended');
    await expect(reader.read(Buffer.of(2))).resolves.toBeUndefined();
    await reader.close();
  });

  test('takes too long: abandoned, and the waiting answers are read', async () => {
    const worker = file(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', ([first]) => { for (;;) if (first !== 1) break; parentPort.postMessage({ kind: 'none' }); });
      parentPort.postMessage({ kind: 'ready' });
    `);
    const reader = readerOf({ worker, timeLimitMs: 500 });

    const [stuck, next] = await Promise.allSettled([reader.read(Buffer.of(1)), reader.read(Buffer.of(2))]);

    expect([stuck?.status, next?.status]).toEqual(['rejected', 'fulfilled']);
    await expect.poll(() => started[0]?.threadId).toBe(-1);
    await reader.close();
  });

  test('has too many waiting answers: the rest is refused, and at the end all are', async () => {
    // It never answers, so nothing has been read when the reader is closed.
    const worker = file(`
      import { parentPort } from 'node:worker_threads';
      parentPort.on('message', () => {});
      parentPort.postMessage({ kind: 'ready' });
    `);
    const reader = readerOf({ worker, maxWaiting: 2 });

    const all = Promise.allSettled(Array.from({ length: 5 }, () => reader.read(answer)));
    await expect.poll(() => started.length).toBe(1);
    await reader.close();

    const reasons = (await all).map((each) => (each.status === 'rejected' ? String(each.reason) : ''));
    expect(reasons.filter((reason) => reason.includes('too many'))).toHaveLength(2);
    expect(reasons.filter((reason) => reason !== '')).toHaveLength(5);
    await expect.poll(() => started[0]?.threadId).toBe(-1);
  });
});
