import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { keys, tokenFor } from '../../examples/own-sign-in.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway } from '../support/test-gateway.ts';

const PAGE = readFileSync(new URL('../../docs/own-sign-in.md', import.meta.url), 'utf8');
const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(PAGE) ?? [];
const [, query = ''] = /query: '(.*?)'/.exec(PAGE) ?? [];

test("users of a partner's own sign-in see their customer's connection and tenant, and no other", async () => {
  await using stack = new AsyncDisposableStack();
  const sandbox = stack.use(await startSandbox({ customers: 10 }));
  await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
  stack.defer(() => void keys.close());
  const { port } = keys.address() as AddressInfo;
  const gateway = stack.use(
    await startTestGateway({
      sandbox,
      connections: { hallam: 'alice', barker: 'bob' },
      edit(file) {
        const written = parseYaml(yaml.replace(/https:\/\/portal\S+jwks.json/, `http://127.0.0.1:${port}/jwks.json`));
        file['callers'] = written.callers;
      },
    }),
  );
  const ask = async (token: string, document = query, headers: Record<string, string> = {}) => {
    const answer = await gateway.post({ query: document }, { authorization: `Bearer ${token}`, ...headers });
    const { data, errors } = await answer.json();
    return { status: answer.status, data, code: errors?.[0]?.extensions.code };
  };
  const jane = await tokenFor({ user: 'jane', connection: 'hallam', tenants: ['acme'] });
  const john = await tokenFor({ user: 'john', connection: 'barker', tenants: ['globex'] });
  const nobody = await tokenFor({ user: 'guest', connection: '', tenants: [] });

  const who = '{ gateway { me { id admin readOnly tenants } connections { name } } }';
  expect((await ask(jane)).data.sage200.customers.nodes).toHaveLength(3);
  expect((await ask(jane, who)).data.gateway).toEqual({
    me: { id: 'jwt:https://portal.example.com/:jane', admin: false, readOnly: true, tenants: ['acme'] },
    connections: [{ name: 'hallam' }],
  });
  expect((await ask(john, who)).data.gateway).toMatchObject({
    me: { tenants: ['globex'] },
    connections: [{ name: 'barker' }],
  });
  const customers = '{ xtremMasterData { customer { query(first: 1) { totalCount } } } }';
  expect(await ask(john, customers, { 'x-tenant': 'acme' })).toMatchObject({ code: 'FORBIDDEN' });
  expect(await ask(nobody)).toMatchObject({ code: 'FORBIDDEN' });
  const [head, claims, signature = ''] = jane.split('.');
  const forged = `${head}.${claims}.${signature.split('').reverse().join('')}`;
  expect(await ask(forged)).toMatchObject({ status: 401, code: 'UNAUTHENTICATED' });
});
