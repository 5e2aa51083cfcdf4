import { expect, test } from 'vitest';
import { startGateway } from '../../src/gateway.ts';
import { createLog } from '../../src/kit/log/index.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { runMain } from '../cli/run-main.ts';
import { toClient, writeTestConfig } from '../support/test-gateway.ts';

const CREATE = `mutation { sage200 {
  one: createCustomer(input: { reference: "STOP1", name: "One" }, idempotencyKey: "stop-1") { customer { sageId } }
  two: createCustomer(input: { reference: "STOP2", name: "Two" }) { customer { sageId } }
} }`;
const UPDATE = 'mutation { xtremMasterData { customer { update(data: { _id: "1", isOnHold: true }) { _id } } } }';
const READ = '{ sage200 { suppliers(first: 1) { nodes { reference } } } gateway { me { id } } }';

test('requests that exceed shutdownTimeout get an answer: a write with how to look it up, a read with partial data', async () => {
  await using sandbox = await startSandbox({ customers: 5, companies: 1 });
  await using file = await writeTestConfig({
    sandbox,
    edit: (yaml) => Object.assign(yaml['server'] ?? {}, { shutdownTimeout: '0s' }),
  });
  const log = await createLog({ level: 'info', format: 'json', destination: { write: () => {} } });
  const gateway = await startGateway(file.config, { log, env: {} });
  const { query } = toClient(gateway.url);
  await query('{ sage200 { sites { totalCount } } xtremMasterData { customer { query(first: 1) { totalCount } } } }');
  for (const match of ['/customers', '/suppliers']) sandbox.sage200.fault({ match, kind: 'hold' });
  sandbox.erp.fault({ match: '/api', kind: 'hold' });

  const answers = [query(CREATE), query(UPDATE), query(READ)];
  const arrived = () => [...sandbox.sage200.requests(), ...sandbox.erp.requests()].filter(({ status }) => status === 0);
  await expect.poll(() => arrived().length).toBe(3);
  await gateway.close();
  const [create, update, read] = await Promise.all(answers);

  expect(create?.errors).toMatchObject([
    {
      path: ['sage200', 'one'],
      extensions: { code: 'OUTCOME_UNKNOWN', lookUp: { query: expect.stringContaining('customers') } },
    },
    { path: ['sage200', 'two'], extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'gateway' } },
  ]);
  expect(update?.errors).toMatchObject([{ extensions: { code: 'OUTCOME_UNKNOWN', source: 'erp:acme' } }]);
  expect(read).toMatchObject({
    data: { sage200: { suppliers: null }, gateway: { me: { id: 'anonymous' } } },
    errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'gateway' } }],
  });
  const sent = sandbox.sage200.requests().filter(({ method }) => method === 'POST');
  expect(sent).toHaveLength(1);
  const { stdout } = await runMain(['audit', '--config', file.path, '--kind', 'mutation', '--json']);
  expect(stdout).not.toContain('UNFINISHED');
  expect(stdout.match(/OUTCOME_UNKNOWN/g)).toHaveLength(2);
});
