import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { timesOf } from '../support/in-turns.ts';
import { type Answer, ERP_CUSTOMER_LINK, toClient, writeTestConfig } from '../support/test-gateway.ts';

const ROWS = timesOf('MEMORY_ROWS', 10_000);
const PAGE = 500;
/** Heap is looked at so often on the way. */
const LOOKS = 4;
/** All rows as objects would be several times that. */
const ALLOWED_MB = 6;

const opened = new AsyncDisposableStack();
let sandbox: Sandbox;
let gateway: ChildProcess;
let query: (document: string, options: { variables: object }) => Promise<Answer>;

beforeAll(async () => {
  sandbox = opened.use(await startSandbox({ customers: ROWS, companies: 1 }));
  const { path } = opened.use(
    await writeTestConfig({
      sandbox,
      edit: (file) => {
        Object.assign(file, { links: [ERP_CUSTOMER_LINK], erp: { ...file['erp'], deadline: '60s' } });
      },
    }),
  );
  gateway = fork(fileURLToPath(new URL('heap-process.ts', import.meta.url)), [path], { execArgv: ['--expose-gc'] });
  opened.defer(async () => {
    gateway.disconnect();
    await once(gateway, 'exit');
  });
  const [{ url }] = (await once(gateway, 'message')) as [{ url: string }];
  ({ query } = toClient(url));
});

afterAll(() => opened.disposeAsync());

async function heapMb(): Promise<number> {
  const answer = once(gateway, 'message');
  gateway.send('heap');
  const [{ heap }] = (await answer) as [{ heap: number }];
  return heap / 1e6;
}

interface Page {
  readonly rows: readonly object[];
  readonly next: string | undefined;
}

/** Reads all pages, one after the other. @returns how many rows there were, how many had a counterpart, and the heap on the way. */
async function readAll(readPage: (after: string | null) => Promise<Page>) {
  let rows = 0;
  let linked = 0;
  let after: string | undefined;
  const heaps: number[] = [];
  do {
    const page = await readPage(after ?? null);
    rows += page.rows.length;
    linked += page.rows.filter((row) => 'linked' in row && row.linked !== null).length;
    after = page.next;
    if (rows >= (ROWS / LOOKS) * (heaps.length + 1) || after === undefined) heaps.push(await heapMb());
  } while (after !== undefined);
  return { rows, linked, grownMb: Math.max(...heaps.slice(1)) - (heaps[0] ?? 0), heaps };
}

/** An answer without errors; the first ones may come before the tenant's schema does. */
async function read(document: string, variables: object): Promise<Answer['data']> {
  for (let turn = 0; ; turn++) {
    const { data, errors } = await query(document, { variables });
    if (!errors) return data;
    if (turn === 100) throw new Error(JSON.stringify(errors[0]));
    // Between two tries.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test(`${ROWS} customers and their counterparts, page by page: the heap stays flat in both directions`, {
  timeout: 300_000,
}, async () => {
  const there = await readAll(async (after) => {
    const { customers } = (
      await read(
        `query ($after: String) { sage200 { customers(first: ${PAGE}, after: $after) {
          nodes { id reference name shortName balance creditLimit accountOpened dateTimeUpdated mainAddress { address1 city postcode } linked: erpCustomer { _id id name isOnHold } }
          pageInfo { hasNextPage endCursor } } } }`,
        { after },
      )
    ).sage200;
    return { rows: customers.nodes, next: customers.pageInfo.hasNextPage ? customers.pageInfo.endCursor : undefined };
  });
  const back = await readAll(async (after) => {
    const { edges, pageInfo } = (
      await read(
        `query ($after: String) { xtremMasterData { customer { query(first: ${PAGE}, after: $after) {
          edges { node { _id id name isOnHold linked: sage200Customer { id name balance creditLimit } } }
          pageInfo { hasNextPage endCursor } } } } }`,
        { after },
      )
    ).xtremMasterData.customer.query;
    const rows = edges.map(({ node }: { node: object }) => node);
    return { rows, next: pageInfo.hasNextPage ? pageInfo.endCursor : undefined };
  });

  expect(there.rows).toBe(ROWS);
  expect(there.linked).toBeGreaterThan(ROWS / 2);
  expect(back.rows).toBeGreaterThan(ROWS / 2);
  expect(back.linked).toBeGreaterThan(ROWS / 2);
  expect(there.grownMb).toBeLessThan(ALLOWED_MB);
  expect(back.grownMb).toBeLessThan(ALLOWED_MB);
});
