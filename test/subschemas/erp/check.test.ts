import { expect, test } from 'vitest';
import { GatewayError } from '../../../src/kit/errors/index.ts';
import { createErpCheck } from '../../../src/subschemas/erp/check.ts';
import type { CheckParts } from '../../../src/subschemas/source-check.ts';

const REPORT = { types: 9, digest: 'd'.repeat(64), links: [], collisions: [], notShown: [] } as const;
const MISSING = ['erpCustomer: the tenant has no xtremMasterData.customer'];

/** @param problems by tenant; undefined for one whose schema is not known */
function findingsOf(problems: Readonly<Record<string, readonly string[] | undefined>>, down: readonly string[] = []) {
  const refuse = (tenant: string) => {
    throw new GatewayError('UPSTREAM_UNAVAILABLE', `${tenant} is down`);
  };
  const check = createErpCheck({
    tenants: Object.keys(problems).map((name) => ({ name })) as never,
    refreshSchema: async (tenant) => (down.includes(tenant) ? refuse(tenant) : (undefined as never)),
  });
  const parts: Pick<CheckParts, 'attempt' | 'reportOf'> = {
    attempt: async (what, attempt) =>
      attempt().then(
        (found) => ({ what, ...found }),
        ({ code, message }: GatewayError) => ({ what, ok: false, says: code, notes: [message] }),
      ),
    reportOf: async (tenant) => {
      const found = problems[tenant];
      return found ? { ...REPORT, tenant, problems: found } : refuse(tenant);
    },
  };
  return check(parts as CheckParts);
}

const worksIn = (findings: Awaited<ReturnType<typeof findingsOf>>) => findings.map(({ ok }) => ok);

test('a link that no tenant has is a fault, and one that some tenants have is not', async () => {
  expect(worksIn(await findingsOf({ acme: MISSING, plant: MISSING }))).toEqual([false, false]);
  expect(worksIn(await findingsOf({ acme: [], plant: MISSING }))).toEqual([true, true]);
});

test('a link is not a fault of one tenant while another, which may have it, cannot be asked', async () => {
  const findings = await findingsOf({ acme: undefined, plant: MISSING }, ['acme']);

  expect(worksIn(findings)).toEqual([false, true]);
});

test('that an earlier schema would be served is a note, so that the table stays narrow', async () => {
  const [finding] = await findingsOf({ acme: [] }, ['acme']);

  expect(finding).toMatchObject({
    ok: false,
    says: 'UPSTREAM_UNAVAILABLE',
    notes: ['acme is down', 'an earlier schema would be served: 9 types, schema dddddddddddd'],
  });
});
