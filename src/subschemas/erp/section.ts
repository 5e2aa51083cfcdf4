import { z } from 'zod';
import {
  checkUnique,
  defined,
  duration,
  LONGEST_WAIT,
  name,
  oneOf,
  type Path,
  type SettingsFaults,
  type SettingsReader,
  text,
} from '../../kit/settings/index.ts';
import {
  type AnyTokenKind,
  ERP_TENANT_SETTINGS,
  type ErpTenantSettings,
  tokenKindsIn,
  tokenSettings,
} from '../../tokens/index.ts';
import { checkSending, readSending, sendingSettings } from '../sending-settings.ts';
import type { SourceSection } from '../source.ts';

/** Grants that a client's credentials are enough for. */
const RUNTIME_GRANTS = ['tenant', 'client_credentials'] as const;

const runtime = z
  .strictObject({
    tokenUrl: ERP_TENANT_SETTINGS.tokenUrl,
    grant: oneOf(...RUNTIME_GRANTS)
      .prefault('tenant')
      .describe('How tokens of their tenants are had.'),
    allowedHosts: ERP_TENANT_SETTINGS.allowedHosts,
  })
  .prefault({})
  .describe(
    'What the tenants of clients have alike that are added while the gateway runs. Nobody but this file says it.',
  );

const tenant = (kinds: readonly AnyTokenKind[]) => {
  const grants = tokenKindsIn('erp.tenants', kinds);
  return z.strictObject({
    name: name().describe('How callers name this tenant, in X-Tenant for instance.'),
    kind: oneOf('sdmo', 'x3')
      .prefault('sdmo')
      .describe('sdmo: Sage Distribution and Manufacturing Operations. x3: Sage X3.'),
    grant: oneOf(...grants.map((grant) => grant.name))
      .optional()
      .describe(
        `How its tokens are had. Left out: tenant, or x3-jwt with kind: x3. ${grants.map((grant) => `${grant.name}: ${grant.description}`).join(' ')}`,
      ),
    ...tokenSettings('erp.tenants', kinds),
  });
};

const file = (kinds: readonly AnyTokenKind[]) =>
  z
    .strictObject({
      ...sendingSettings('an ERP tenant', 'each tenant'),
      schemaRefresh: duration('1s', LONGEST_WAIT)
        .prefault('15m')
        .describe("How often a tenant's schema is read again."),
      snapshots: text()
        .prefault('.data/schemas')
        .describe('Folder of the schemas last seen, to start with while a tenant is down.'),
      tenants: z.array(tenant(kinds)).prefault([]).describe('The ERP tenants to serve.'),
      runtime,
    })
    .prefault({})
    .describe('Sage Distribution and Manufacturing Operations.');

const read = ({ schemaRefresh, tenants, runtime, ...erp }: z.output<ReturnType<typeof file>>) => ({
  ...readSending(erp),
  schemaRefreshMs: schemaRefresh,
  tenants: tenants.map(readTenant),
  // Only the configuration says it: an administrator's key sends no secret elsewhere.
  runtime: { ...runtime, allowedHosts: runtime.allowedHosts ?? USUAL_HOSTS.sdmo },
});

export type ErpConfig = ReturnType<typeof read>;

export const erpSection: SourceSection<'erp', z.output<ReturnType<typeof file>>, ErpConfig> = {
  name: 'erp',
  file,
  live: { only: ['tenants', 'runtime'] },
  read,
  check(file, faults, tokenKinds) {
    checkSending('erp', file, faults);
    const tenants = file.list(['erp', 'tenants']);
    checkUnique(file, faults, tenants, {
      key: 'name',
      message: 'is the name of another tenant already; write a name of its own',
    });
    for (const tenant of tenants) {
      checkGrant(file, faults, tenant, tokenKinds);
      const name = file.text([...tenant, 'name']);
      const other = tenants.find((path) => path !== tenant && file.text([...path, 'tenantId']) === name);
      // X-Tenant takes either.
      if (name !== undefined && other)
        faults.add([...tenant, 'name'], 'is the id of another tenant; write another name');
    }
  },
};

type TenantFile = z.output<ReturnType<typeof tenant>>;

function readTenant({ kind, grant, tokenLifetime, clockSkew, tenantId, ...tenant }: TenantFile): ErpTenantSettings {
  return {
    ...defined({ ...tenant, tokenLifetimeMs: tokenLifetime, clockSkewMs: clockSkew }),
    grant: grant ?? USUAL_GRANT[kind],
    allowedHosts: tenant.allowedHosts ?? USUAL_HOSTS[kind],
    // The regional API gives the tokens too.
    ...(tenant.rootUrl !== undefined && { tokenUrl: tenant.rootUrl }),
    // Sage X3 has no such ids: its tenants go by their names alone.
    tenantId: tenantId ?? tenant.name,
  };
}

/** A region of the X3 cloud is a domain of its own, and anybody may register one that only looks like it. */
const USUAL_HOSTS = {
  sdmo: ['erp.sage.com', 'sageintacctmanufacturing.com'],
  x3: ['eu-prod-sagex3.com', 'us-prod-sagex3.com'],
} as const;

const USUAL_GRANT = { sdmo: 'tenant', x3: 'x3-jwt' } as const;

/** What a grant needs is not a setting of every tenant, so the definition alone does not miss it. */
function checkGrant(file: SettingsReader, faults: SettingsFaults, tenant: Path, kinds: readonly AnyTokenKind[]): void {
  const kind = file.text([...tenant, 'kind']);
  const written = file.text([...tenant, 'grant']);
  const wanted = written ?? USUAL_GRANT[kind === 'x3' ? 'x3' : 'sdmo'];
  const grant = tokenKindsIn('erp.tenants', kinds).find(({ name }) => name === wanted);
  if (!grant) return;
  const { product = 'sdmo', needs = [] } = grant;
  if (kind !== undefined && written !== undefined && kind !== product)
    faults.add([...tenant, 'grant'], `is for tenants of kind: ${product}; write that kind, or another grant`);
  for (const name of needs) {
    if (!file.has([...tenant, name])) faults.add([...tenant, name], 'is missing; write it');
  }
}
