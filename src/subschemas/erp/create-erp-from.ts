import type { LaneOptions } from '../../kit/http/index.ts';
import { createErpTokenSource, type ErpTenantSettings, type TenantConsent } from '../../tokens/index.ts';
import type { SourceParts } from '../source-parts.ts';
import { createErp, type Erp, type ErpOptions } from './create-erp.ts';
import { createErpMetrics } from './erp-metrics.ts';

interface Section extends Omit<ErpOptions['config'], 'tenants'>, Omit<LaneOptions, 'source'> {
  readonly deadlineMs: number;
  readonly tenants: readonly ErpTenantSettings[];
}

export interface ErpSource extends Erp {
  /** Of the tenants that a person signs in for. */
  readonly consents: readonly TenantConsent[];
}

/** The ERP tenants as the configuration has them, each with tokens of its own. */
export function createErpFrom(
  { erp: config }: { readonly erp: Section },
  { send, lane, log, tokenKinds, metrics, renewals, onClose, onConsentEvent: onEvent, ...parts }: SourceParts,
): ErpSource {
  const tenants = new Map(config.tenants.map((tenant) => [tenant.name, tenant]));
  const lanes = new Map(
    config.tenants.map(({ name, ca }) => [name, lane({ ...config, source: `erp:${name}`, ca, usualMethod: 'POST' })]),
  );
  const consents: TenantConsent[] = [];
  const { vault, watch, clockToleranceMs } = parts;
  const erp = createErp({
    config,
    tokensFor(name) {
      const tenant = tenants.get(name);
      if (!tenant) throw new Error(`There is no tenant ${name} in the configuration.`);
      const ofTokens = { send, log: log.child({ area: 'tokens' }), renewals: renewals?.of(`erp:${name}`) };
      const ofConsents = { vault, watch, onEvent, clockToleranceMs };
      const tokens = createErpTokenSource({ tenant, ...ofTokens, ...ofConsents }, tokenKinds);
      if (tokens.consent) consents.push(tokens.consent);
      onClose(() => tokens.close());
      return tokens;
    },
    sendTo: (name) => lanes.get(name)?.send ?? send,
    log: log.child({ area: 'erp' }),
  });
  onClose(() => erp.close());
  if (metrics) createErpMetrics(metrics, erp);
  return { ...erp, consents };
}
