import { createErpTokens, type ErpTokenKind } from '../erp-tokens.ts';
import { ERP_TENANT_SETTINGS } from './erp-tenant.ts';

/** OAuth's own grant, with the tenant as scope. */
export const erpClientCredentials = {
  name: 'client_credentials',
  description: 'a form with scope tenantid:<id>.',
  section: 'erp.tenants',
  needs: ['tenantId'],
  settings: ERP_TENANT_SETTINGS,
  create: (options) =>
    createErpTokens(options, ({ tokenUrl, clientId, clientSecret, tenantId }) => ({
      method: 'POST',
      url: tokenUrl,
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: clientId,
        client_secret: clientSecret.reveal(),
        scope: `tenantid:${tenantId}`,
      }).toString(),
    })),
} as const satisfies ErpTokenKind;
