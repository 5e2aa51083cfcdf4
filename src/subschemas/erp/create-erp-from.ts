import type { Lane } from '../../kit/http/index.ts';
import {
  createErpTokenSource,
  type ErpTenantSettings,
  type ErpTokens,
  type ServedClients,
  type StoredClient,
  type TenantConsent,
} from '../../tokens/index.ts';
import type { OpenedSource } from '../source.ts';
import type { SourceParts } from '../source-parts.ts';
import { createErpCheck } from './check.ts';
import { ADDED_LANE, createErp, type Erp } from './create-erp.ts';
import { createErpMetrics } from './erp-metrics.ts';
import type { ErpConfig } from './section.ts';
import { createErpSubschema } from './subschema.ts';
import type { AddedTenants } from './tenant-clients.ts';

export interface ErpSource extends Erp, OpenedSource {
  /** Consents of tenants that a person signs in for. */
  readonly consents: readonly TenantConsent[];
}

/** The ERP tenants in the configuration and the directory, each with its own tokens. */
export function createErpFrom(config: ErpConfig, parts: SourceParts): ErpSource {
  const { send, lane, log, tokenKinds, metrics, renewals, onClose, clients } = parts;
  const { vault, watch, onConsentEvent: onEvent, sageId } = parts;
  const tenants = new Map(config.tenants.map((tenant) => [tenant.name, tenant]));
  const laneOf = (source: string, ca?: string) => lane({ ...config, source, ca, usualMethod: 'POST' });
  const lanes = new Map(config.tenants.map(({ name, ca }) => [name, laneOf(`erp:${name}`, ca)]));
  const consents: TenantConsent[] = [];
  const openTokens = (tenant: ErpTenantSettings, source: string) => {
    const ofTokens = { send, log: log.child({ area: 'tokens' }), renewals: renewals?.of(source) };
    const ofConsents = { vault, watch, onEvent, clockToleranceMs: sageId.clockToleranceMs };
    return createErpTokenSource({ tenant, ...ofTokens, ...ofConsents }, tokenKinds);
  };
  const erp = createErp({
    config,
    tokensFor(name) {
      const tenant = tenants.get(name);
      if (!tenant) throw new Error(`There is no tenant ${name} in the configuration.`);
      const tokens = openTokens(tenant, `erp:${name}`);
      if (tokens.consent) consents.push(tokens.consent);
      onClose(() => tokens.close());
      return tokens;
    },
    sendTo: (name) => lanes.get(name)?.send ?? send,
    added:
      clients &&
      addedTenants(clients, config, {
        // One metrics series for all of them.
        openTokens: (tenant) => openTokens(tenant, ADDED_LANE),
        openLane: () => laneOf(ADDED_LANE),
      }),
    log: log.child({ area: 'erp' }),
  });
  onClose(() => erp.close());
  if (metrics) createErpMetrics(metrics, erp);
  return { ...erp, consents, subschema: createErpSubschema(erp), check: createErpCheck(erp) };
}

interface AddedParts {
  readonly openTokens: (tenant: ErpTenantSettings) => ErpTokens;
  /** Asked once, when there is a tenant: a gateway without any has no series for them. */
  readonly openLane: () => Lane;
}

/** Tenants of clients. Changes of a client that do not affect its tenant are ignored. */
function addedTenants(
  clients: ServedClients,
  { runtime }: Pick<ErpConfig, 'runtime'>,
  { openTokens, openLane }: AddedParts,
): AddedTenants {
  const known = new Map<string, { client: StoredClient; readonly tenant: ErpTenantSettings }>();
  let opened: Lane | undefined;
  const lane = () => (opened ??= openLane());

  const find = (name: string): ErpTenantSettings | undefined => {
    const client = clients.find(name);
    if (!client?.erp) return undefined;
    const before = known.get(name);
    if (before?.client === client) return before.tenant;
    if (before && isSame(before.tenant, client.erp)) {
      before.client = client;
      return before.tenant;
    }
    const tenant = { ...runtime, name, ...client.erp };
    known.set(name, { client, tenant });
    return tenant;
  };

  return {
    find,
    open: (tenant) => {
      const settings = find(tenant.name);
      if (!settings) throw new Error(`There is no tenant ${tenant.name} in the directory.`);
      const { send } = lane();
      return {
        tokens: openTokens(settings),
        // Its own queue and breaker, so that a failing tenant does not delay the others.
        send: (request) => send({ ...request, line: tenant.name, part: tenant.name }),
      };
    },
    onChange: (listener) =>
      clients.onChange(({ name, before, after }) => {
        if (after?.erp) lane();
        else known.delete(name);
        listener(name, before?.erp && { ...runtime, name, ...before.erp });
      }),
  };
}

const isSame = (tenant: ErpTenantSettings, erp: NonNullable<StoredClient['erp']>) =>
  tenant.tenantId === erp.tenantId &&
  tenant.clientId === erp.clientId &&
  tenant.clientSecret.reveal() === erp.clientSecret.reveal();
