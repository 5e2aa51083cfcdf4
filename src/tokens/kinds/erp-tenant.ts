import { z } from 'zod';
import { id, secret, shaped, text, upstreamUrl } from '../../kit/settings/index.ts';
import { createErpTokens, type ErpTokenKind, JSON_HEADERS, jsonBody } from '../erp-tokens.ts';

/** What every grant of an ERP tenant needs. */
export const ERP_TENANT_SETTINGS = {
  tokenUrl: upstreamUrl().prefault('https://api.erp.sage.com/v1/token').describe('Where its tokens are obtained.'),
  clientId: text().describe('Client id of the API application in the tenant.'),
  clientSecret: secret().describe('Its secret.'),
  tenantId: id().optional().describe('Id of the tenant at Sage. Sage X3 has none.'),
  allowedHosts: z
    .array(shaped(/^[^\s/:@*]+$/, 'a host', 'erp.sage.com'))
    .optional()
    .describe(
      "Hosts, with all below them, that Sage's answers may name besides that of tokenUrl or rootUrl. Left out: erp.sage.com and sageintacctmanufacturing.com; with kind: x3 eu-prod-sagex3.com and us-prod-sagex3.com.",
    ),
};

/** The grant of the API guide. */
export const erpTenant = {
  name: 'tenant',
  description: 'JSON with clientId, clientSecret and tenantId.',
  section: 'erp.tenants',
  needs: ['tenantId'],
  settings: ERP_TENANT_SETTINGS,
  create: (options) =>
    createErpTokens(options, ({ tokenUrl, ...tenant }) => ({
      method: 'POST',
      url: tokenUrl,
      headers: JSON_HEADERS,
      body: jsonBody(tenant),
    })),
} as const satisfies ErpTokenKind;
