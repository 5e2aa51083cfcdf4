import { rename } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startGateway } from '../../src/gateway.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { openVault, type Vault } from '../../src/tokens/index.ts';
import { type TestConfig, toClient, warmUp, writeTestConfig } from '../support/test-gateway.ts';

let sandbox: Sandbox;
let file: TestConfig;
let vaultPath: string;
let running: Awaited<ReturnType<typeof start>>;
let written = 0;
/** Operations that have come so far. */
let come = 0;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  file = await writeTestConfig({ sandbox });
  vaultPath = file.config.vault.url.replace('sqlite:', '');
  running = await start();
});

beforeEach(() => sandbox.sage200.clearRequests());

afterAll(async () => {
  await running.close();
  await file[Symbol.asyncDispose]();
  await sandbox.close();
});

async function start() {
  const gateway = await startGateway(file.config, {
    log: pino({ level: 'silent' }),
    env: {},
    phases: [
      {
        onOperation() {
          come += 1;
        },
      },
    ],
  });
  const client = { ...toClient(gateway.url), config: file.config, close: () => gateway.close() };
  await warmUp(client as never);
  return client;
}

const takeVaultAway = () => rename(vaultPath, `${vaultPath}.away`);
const bringVaultBack = () => rename(`${vaultPath}.away`, vaultPath);

/** A write that a key belongs to, under a name of its own. */
function nextWrite() {
  written += 1;
  const input = `reference: "LATE${written}", name: "Late ${written}"`;
  return {
    key: `late-${written}`,
    query: `mutation { sage200 { createCustomer(input: { ${input} }, idempotencyKey: "late-${written}") {
      customer { reference } userErrors { message } } } }`,
    done: { createCustomer: { customer: { reference: `LATE${written}` }, userErrors: [] } },
  };
}

const posts = () => sandbox.sage200.requests().filter(({ method }) => method === 'POST').length;

/** Sends while the vault is there, and takes it away before Sage has answered. */
async function writeWithoutVault(query: string) {
  sandbox.sage200.fault({ match: '/customers', method: 'POST', kind: 'hold' });
  const before = posts();
  const answer = running.query(query);
  await expect.poll(posts).toBeGreaterThan(before);
  await takeVaultAway();
  sandbox.sage200.clearFaults();
  return answer;
}

/** What the record says in the end of the last mutation. */
async function lastRecorded(): Promise<string | undefined> {
  const { keyFile, key, ...vault } = file.config.vault;
  const opened: Vault = await openVault({ ...vault, ...(key && { key }), makeKey: keyFile });
  try {
    const [line] = await opened.audit.list({ kind: 'mutation' });
    return line?.outcome;
  } finally {
    await opened.close();
  }
}

describe('a write that Sage carries out while the vault is away', () => {
  test('is reported, and once the vault is back a repeat gets its outcome and the record its end', async () => {
    const { query, done } = nextWrite();
    const { data } = await writeWithoutVault(query);
    expect(data).toEqual({ sage200: done });
    await bringVaultBack();

    // Waits for what is still being written.
    expect((await running.query(query)).data).toEqual({ sage200: done });
    expect(posts()).toBe(1);
    await expect.poll(lastRecorded).toBe('DONE');
  });

  test('is known to the next process when this one ends meanwhile', async () => {
    const { query, done } = nextWrite();
    expect((await writeWithoutVault(query)).data).toEqual({ sage200: done });
    await running.close();
    await bringVaultBack();
    running = await start();

    expect((await running.query(query)).data).toEqual({ sage200: done });
    expect(posts()).toBe(1);
    expect(await lastRecorded()).toBe('DONE');
  });
});

test('a write is refused with the reason while the vault is away, with a key and without', async () => {
  const { query } = nextWrite();
  await takeVaultAway();
  const ready = await fetch(`${running.url}/readyz`);
  const { checks } = (await ready.json()) as { checks: Record<string, string> };
  expect(ready.status).toBe(503);
  expect(checks['vault']).toContain('The vault file was deleted or moved');
  const answers = [await running.query(query), await running.query(query.replace(/, idempotencyKey: "[^"]*"/, ''))];
  await bringVaultBack();

  for (const { errors } of answers)
    expect(errors?.map(({ extensions: { code, source } }) => ({ code, source }))).toEqual([
      { code: 'UPSTREAM_UNAVAILABLE', source: 'gateway' },
    ]);
  expect(posts()).toBe(0);
});

test('repeats during the first write wait for it and get its outcome', async () => {
  const { query, done } = nextWrite();
  sandbox.sage200.fault({ match: '/customers', method: 'POST', kind: 'hold' });
  const before = come;
  const asked = Array.from({ length: 5 }, () => running.query(query));
  await expect.poll(() => [come - before, posts()]).toEqual([5, 1]);
  sandbox.sage200.clearFaults();
  const answers = await Promise.all(asked);

  expect(answers.map(({ data }) => data)).toEqual(Array.from({ length: 5 }, () => ({ sage200: done })));
  expect(posts()).toBe(1);
});

test('a repeat becomes the first write if the one before it was refused', async () => {
  const { query, done } = nextWrite();
  sandbox.sage200.fault({ match: '/customers', method: 'POST', kind: 'status', status: 400, times: 1 });
  const answers = await Promise.all([running.query(query), running.query(query)]);

  expect(answers.map(({ data }) => data.sage200.createCustomer.customer)).toContainEqual(done.createCustomer.customer);
  expect(posts()).toBe(2);
});
