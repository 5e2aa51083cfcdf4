import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '../../src/cli/keys-create.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { createCookieBrowser } from '../support/cookie-browser.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';

interface Step {
  readonly document: string;
  /** What readers are told to expect. */
  readonly answer: unknown;
}

const boss = createApiKey('boss');
let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 5 });
  gateway = await startTestGateway({
    sandbox,
    edit: (file) => {
      const rights = { companies: 'all', readOnly: false, admin: true };
      file['callers'] = { ...file['callers'], apiKeys: [{ name: 'boss', sha256: boss.sha256, ...rights }] };
    },
  });
});

afterAll(async () => {
  await gateway?.close();
  await sandbox?.close();
});

async function readSteps(): Promise<ReadonlyMap<string, Step>> {
  const text = await readFile(new URL('../../docs/partners.md', import.meta.url), 'utf8');
  const section = text.split('## The first client in ten minutes')[1]?.split('\n## ')[0] ?? '';
  const steps = [...section.matchAll(/```graphql\n(.*?)```(?:\s*```json\n(.*?)```)?/gs)];
  return new Map(
    steps.map(([, document = '', answer]) => [
      /(?:query|mutation) (\w+)/.exec(document)?.[1] ?? '',
      { document, answer: answer === undefined ? undefined : JSON.parse(answer) },
    ]),
  );
}

test('a partner who follows docs/partners.md has a first client, step by step', async () => {
  const steps = await readSteps();
  expect([...steps.keys()]).toEqual(['AddClient', 'MakeKey', 'MakeLink', 'SeeClient', 'FirstQuery', 'RemoveClient']);
  const run = async (name: string, key = boss.key) => {
    const { document = '', answer } = steps.get(name) ?? {};
    const { data, errors } = await gateway.query(document, { headers: { authorization: `Bearer ${key}` } });
    expect(errors).toBeUndefined();
    if (answer !== undefined) expect(data).toEqual(answer);
    return data.gateway;
  };

  await run('AddClient');
  const { key } = (await run('MakeKey')).createKey;
  const { url } = (await run('MakeLink')).createConnectLink;
  const browser = createCookieBrowser();
  const html = { headers: { accept: 'text/html' } };
  const page = await browser.open(url, html);
  const [, onwards = ''] = /href="([^"]+)">Sign in at Sage/.exec(page.text) ?? [];
  const { location = '' } = await browser.open(new URL(onwards.replaceAll('&amp;', '&'), url).href, html);
  const connected = await browser.open(await sandbox.sageId.signIn(location, 'bob'), html);
  expect([connected.status, connected.text]).toEqual([200, expect.stringContaining('Northwind Ltd')]);
  await run('SeeClient');
  // The tenant's schema is read with the first request.
  await run('FirstQuery', key);
  const { client, userErrors } = (await run('RemoveClient')).removeClient;

  expect([client, userErrors]).toEqual([{ name: 'northwind' }, []]);
});
