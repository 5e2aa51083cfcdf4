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

/** Grants that only need a client's credentials. */
const RUNTIME_GRANTS = ['tenant', 'client_credentials'] as const;

const runtime = z
  .strictObject({
    tokenUrl: ERP_TENANT_SETTINGS.tokenUrl,
    grant: oneOf(...RUNTIME_GRANTS)
      .prefault('tenant')
      .describe('How tokens of their tenants are obtained.'),
    allowedHosts: ERP_TENANT_SETTINGS.allowedHosts,
  })
  .prefault({})
  .describe(
    'Common settings of the tenants of clients that are added while the gateway runs. They can only be set here.',
  );

const tenant = (kinds: readonly AnyTokenKind[]) => {
  const grants = tokenKindsIn('erp.tenants', kinds);
  return z.strictObject({
    name: name().describe('Name that callers use for this tenant, for instance in X-Tenant.'),
    kind: oneOf('sdmo', 'x3')
      .prefault('sdmo')
      .describe('sdmo: Sage Distribution and Manufacturing Operations. x3: Sage X3.'),
    grant: oneOf(...grants.map((grant) => grant.name))
      .optional()
      .describe(
        `How its tokens are obtained. Default: tenant, or x3-jwt with kind: x3. ${grants.map((grant) => `${grant.name}: ${grant.description}`).join(' ')}`,
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
        .describe('Folder for schema snapshots, used at the start if a tenant is down.'),
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
  namesIn: ({ tenants }) => tenants.flatMap(({ name, tenantId }) => [name, tenantId]),
  check(file, faults, { tokenKinds, callers }) {
    checkSending('erp', file, faults);
    const tenants = file.list(['erp', 'tenants']);
    checkUnique(file, faults, tenants, {
      key: 'name',
      message: 'is already the name of another tenant; use another name',
    });
    for (const tenant of tenants) {
      checkGrant(file, faults, tenant, tokenKinds);
      const name = file.text([...tenant, 'name']);
      const other = tenants.find((path) => path !== tenant && file.text([...path, 'tenantId']) === name);
      // X-Tenant accepts either.
      if (name !== undefined && other)
        faults.add([...tenant, 'name'], 'is the id of another tenant; write another name');
    }
    checkTenantsOf(callers, tenants, file, faults);
  },
};

function checkTenantsOf(
  callers: readonly Path[],
  tenants: readonly Path[],
  file: SettingsReader,
  faults: SettingsFaults,
): void {
  const known = tenants.flatMap((tenant) => file.text([...tenant, 'name']) ?? []);
  const advice = known.length > 0 ? `use one of ${known.join(', ')}` : 'add the tenant there first';
  for (const path of callers.flatMap((caller) => file.list([...caller, 'tenants']))) {
    const name = file.text(path);
    if (name !== undefined && !known.includes(name)) faults.add(path, `is not a tenant of erp.tenants; ${advice}`);
  }
}

type TenantFile = z.output<ReturnType<typeof tenant>>;

function readTenant({ kind, grant, tokenLifetime, clockSkew, tenantId, ...tenant }: TenantFile): ErpTenantSettings {
  return {
    ...defined({ ...tenant, tokenLifetimeMs: tokenLifetime, clockSkewMs: clockSkew }),
    grant: grant ?? USUAL_GRANT[kind],
    allowedHosts: tenant.allowedHosts ?? USUAL_HOSTS[kind],
    // The regional API also issues the tokens.
    ...(tenant.rootUrl !== undefined && { tokenUrl: tenant.rootUrl }),
    // Sage X3 has no tenant ids: its tenants are identified by name only.
    tenantId: tenantId ?? tenant.name,
  };
}

/** Each region of the X3 cloud has its own domain, and anybody may register a similar one. */
const USUAL_HOSTS = {
  sdmo: ['erp.sage.com', 'sageintacctmanufacturing.com'],
  x3: ['eu-prod-sagex3.com', 'us-prod-sagex3.com'],
} as const;

const USUAL_GRANT = { sdmo: 'tenant', x3: 'x3-jwt' } as const;

/** Settings that a grant needs are optional in the definition, so they are checked here. */
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
    if (!file.has([...tenant, name])) faults.add([...tenant, name], 'is required; add it');
  }
}
