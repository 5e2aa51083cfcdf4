import { z } from 'zod';
import { checkUnique, duration, LONGEST_WAIT, name, oneOf, text } from '../../kit/settings/index.ts';
import { type AnyTokenKind, type ErpTenantSettings, erpGrantsIn, tokenSettings } from '../../tokens/index.ts';
import { checkSending, readSending, type SendingConfig, sendingSettings } from '../sending-settings.ts';
import type { SourceSection } from '../source-section.ts';

export interface ErpConfig extends SendingConfig {
  readonly schemaRefreshMs: number;
  /** A folder. */
  readonly snapshots: string;
  readonly tenants: readonly ErpTenantSettings[];
}

const tenant = (kinds: readonly AnyTokenKind[]) => {
  const grants = erpGrantsIn(kinds);
  return z.strictObject({
    name: name().describe('How callers name this tenant, in X-Tenant for instance.'),
    grant: oneOf(...grants.map((grant) => grant.name))
      .prefault('tenant')
      .describe(grants.map((grant) => `${grant.name}: ${grant.description}`).join(' ')),
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
    })
    .prefault({})
    .describe('Sage Distribution and Manufacturing Operations.');

export const erpSection: SourceSection<'erp', z.output<ReturnType<typeof file>>, ErpConfig> = {
  name: 'erp',
  file,
  read: ({ schemaRefresh, ...erp }) => ({ ...readSending(erp), schemaRefreshMs: schemaRefresh }),
  check(file, faults) {
    checkSending('erp', file, faults);
    const tenants = file.list(['erp', 'tenants']);
    checkUnique(file, faults, tenants, {
      key: 'name',
      message: 'is the name of another tenant already; write a name of its own',
    });
    for (const tenant of tenants) {
      const name = file.text([...tenant, 'name']);
      const other = tenants.find((path) => path !== tenant && file.text([...path, 'tenantId']) === name);
      // X-Tenant takes either.
      if (name !== undefined && other)
        faults.add([...tenant, 'name'], 'is the id of another tenant; write another name');
    }
  },
};
