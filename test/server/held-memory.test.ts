import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, warmUp } from '../support/test-gateway.ts';

test('an answer that arrives for another request, once the one that asked first has gone, is not counted for good', async () => {
  await using sandbox = await startSandbox({ customers: 50 });
  let operations = 0;
  const count = () => {
    operations += 1;
  };
  await using gateway = await startTestGateway({ sandbox, phases: [{ onOperation: count }] });
  await warmUp(gateway);
  const metric = async (name: string) => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    return new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1];
  };
  const running = () => metric('http_client_active_requests\\{source="sage200".*\\}');
  const client = new AbortController();
  const ask = (signal?: AbortSignal) =>
    fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ sage200 { customers(first: 50) { nodes { reference name } } } }' }),
      ...(signal && { signal }),
    });
  sandbox.sage200.clearRequests();
  operations = 0;
  sandbox.sage200.fault({ match: '/customers', kind: 'hold' });

  const first = ask(client.signal).catch(() => 'gone');
  await expect.poll(running).toBe('1');
  const second = ask();
  await expect.poll(() => operations).toBe(2);
  // Its turn is over when the next request is answered: it waits for the answer too.
  expect(await running()).toBe('1');
  client.abort();
  expect(await first).toBe('gone');
  sandbox.sage200.clearFaults();

  expect((await second).status).toBe(200);
  await (await second).text();
  expect(sandbox.sage200.requests()).toHaveLength(1);
  await expect.poll(() => metric('gateway_held_bytes')).toBe('0');
});
