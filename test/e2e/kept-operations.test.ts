import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { toClient, writeTestConfig } from '../support/test-gateway.ts';

const OPERATIONS = 15;
const CHARS = 500_000;
/** What is kept of so many short operations. */
const ALLOWED_MB = 3;

test.each([
  ['an operation', (index: number) => `query q${index}($id: ID!) { node(id: $id) { id } }`],
  [
    'a plan',
    (index: number) =>
      `query q${index}($id: String!, $more: Boolean = true) { sage200 { customers(first: 1, filter: { name: { startsWith: $id } }) { nodes { id name @include(if: $more) } } } }`,
  ],
  [
    'the schema',
    (index: number) => `query q${index}($id: String!) { __type(name: $id) { name } __schema { types { name } } }`,
  ],
])('what is kept of %s does not contain its variables', { timeout: 120_000 }, async (_, documentOf) => {
  await using opened = new AsyncDisposableStack();
  const sandbox = opened.use(await startSandbox({ customers: 1, companies: 1 }));
  const { path } = opened.use(await writeTestConfig({ sandbox }));
  const process = fork(fileURLToPath(new URL('heap-process.ts', import.meta.url)), [path], {
    execArgv: ['--expose-gc'],
  });
  opened.defer(async () => {
    process.disconnect();
    await once(process, 'exit');
  });
  const [{ url }] = (await once(process, 'message')) as [{ url: string }];
  const { query } = toClient(url);
  const heapMb = async () => {
    const answer = once(process, 'message');
    process.send('heap');
    const [{ heap }] = (await answer) as [{ heap: number }];
    return heap / 1e6;
  };
  const ask = async (index: number) => {
    // What is repeated has a plan.
    for (let time = 0; time < 2; time += 1)
      await query(documentOf(index), { variables: { id: `${index}`.repeat(CHARS).slice(0, CHARS) } });
  };
  for (let index = 0; index < 5; index += 1) await ask(index);
  const before = await heapMb();

  for (let index = 5; index < 5 + OPERATIONS; index += 1) await ask(index);

  expect((await heapMb()) - before).toBeLessThan(ALLOWED_MB);
});
