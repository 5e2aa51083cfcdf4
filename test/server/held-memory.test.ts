import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway, warmUp } from '../support/test-gateway.ts';

test('an answer that arrives for another request, once the one that asked first has gone, is not counted for good', async () => {
  await using sandbox = await startSandbox({ customers: 50 });
  await using gateway = await startTestGateway({ sandbox });
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
  sandbox.sage200.fault({ match: '/customers', kind: 'delay', delayMs: 700 });

  const first = ask(client.signal).catch(() => 'gone');
  await expect.poll(running).toBe('1');
  const second = ask();
  setTimeout(() => client.abort(), 150);

  expect(await first).toBe('gone');
  expect((await second).status).toBe(200);
  await (await second).text();
  expect(sandbox.sage200.requests()).toHaveLength(1);
  await expect.poll(() => metric('gateway_held_bytes')).toBe('0');
});
