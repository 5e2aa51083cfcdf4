import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { timesOf } from '../support/in-turns.ts';
import { startTestGateway, type TestGateway, warmUp } from '../support/test-gateway.ts';
import { ATTACK_KINDS, makeAttacks } from './attacks/make-attacks.ts';
import { BODY_BYTES } from './attacks/parts.ts';
import { sendAttack } from './judge-attack.ts';

// All shapes of all kinds are in `npm run soak:attacks`, or here with 20 of them.
const EACH_KIND = timesOf('ATTACKS_EACH_KIND', 5);
const SEED = timesOf('ATTACKS_SEED', 13);

let sandbox: Sandbox;
let gateway: TestGateway;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: 20 });
  gateway = await startTestGateway({ sandbox });
  await warmUp(gateway);
});

afterAll(async () => {
  await gateway.close();
  await sandbox.close();
});

test.each(ATTACK_KINDS)(
  'attacks of the kind %s are answered without a fault of the gateway and without a flood of errors',
  { timeout: 240_000 },
  async (kind) => {
    const faults: string[] = [];
    let longest = 0;
    for (const attack of makeAttacks({ seed: SEED, eachKind: EACH_KIND, kinds: [kind] })) {
      longest = Math.max(longest, Buffer.byteLength(attack.body));
      const answer = await sendAttack(gateway.url, attack);
      faults.push(...answer.faults.map((fault) => `${attack.name}: ${fault}`));
    }

    expect(faults).toEqual([]);
    expect(longest).toBeLessThanOrEqual(BODY_BYTES);
    expect((await gateway.query('{ sage200 { customers(first: 1) { nodes { id } } } }')).errors).toBeUndefined();
  },
);

test('the same seed gives the same attacks, and another seed different ones', () => {
  const bodies = (seed: number) =>
    [...makeAttacks({ seed, eachKind: 2, kinds: ['forged ids and cursors', 'the same fields'] })].map(
      ({ body }) => body,
    );

  expect(bodies(1)).toEqual(bodies(1));
  expect(bodies(1)).not.toEqual(bodies(2));
});
