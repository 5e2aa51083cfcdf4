import { expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/index.ts';
import { restartInTurn } from '../soak/rolling-restart.ts';

test('two instances behind a load balancer are restarted one after the other, and no request fails', async () => {
  await using sandbox = await startSandbox({ customers: 5, companies: 1 });

  const { answered, failed } = await restartInTurn({
    sandbox,
    instances: 2,
    rounds: 1,
    drainDelay: '1500ms',
    clients: 2,
  });

  expect(failed).toEqual([]);
  expect(answered).toBeGreaterThan(50);
});
