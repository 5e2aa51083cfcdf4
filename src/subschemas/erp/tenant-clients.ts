import type { Logger } from 'pino';
import { GatewayError, type Secret } from '../../kit/errors/index.ts';
import type { Send } from '../../kit/http/index.ts';
import { mapInTurns } from '../../kit/turns.ts';
import type { ErpAccessToken, TokenSource } from '../../tokens/index.ts';
import { ErpClient } from './client.ts';

/** The part of a tenant's configuration that this folder needs. */
export interface ErpTenantOptions {
  readonly name: string;
  readonly tokenUrl: string;
  readonly tenantId: string;
  readonly clientSecret: Secret;
  readonly allowedHosts: readonly string[];
  /** URL of its GraphQL API, for tenants without a token service. */
  readonly url?: string;
  readonly endpoint?: string;
  readonly customer?: string;
  readonly folder?: string;
}

/** Clients' tenants, which are added, changed and removed while the gateway runs. */
export interface AddedTenants {
  /** The same object until it changes. Never one whose name the configuration uses. */
  find(name: string): ErpTenantOptions | undefined;
  /** Tokens for the tenant's current settings, and its connections. */
  open(tenant: ErpTenantOptions): {
    readonly tokens: TokenSource<ErpAccessToken> & { close(): Promise<void> };
    readonly send: Send;
  };
  /** Tenants that changed or went, with what they were. @returns what ends it */
  onChange(listener: (name: string, was: ErpTenantOptions | undefined) => void): () => void;
}

export interface TenantClientsOptions {
  readonly tenants: readonly ErpTenantOptions[];
  /** The token source of a configured tenant; called once for each. Closed by its creator. */
  readonly tokensFor: (tenant: string) => TokenSource<ErpAccessToken>;
  /** The connections to a configured tenant; called once for each. */
  readonly sendTo: (tenant: string) => Send;
  readonly added?: AddedTenants | undefined;
  readonly log: Logger;
  readonly now: () => number;
  /** A clock in ms that only moves forward. */
  readonly elapsed: () => number;
}

export interface TenantClients {
  /** Undefined for a tenant that does not exist, or no longer exists. */
  optionsOf(tenant: string): ErpTenantOptions | undefined;
  isAdded(tenant: string): boolean;
  /** Runs `work` with the tenant's current client, even if the tenant changes meanwhile. @throws GatewayError FORBIDDEN */
  use<Result>(tenant: string, work: (client: ErpClient) => Promise<Result>): Promise<Result>;
  /** Called after a tenant was changed or removed, with its former client. */
  onGone(listener: (name: string, was: ErpTenantOptions) => void): void;
  /** Revokes the tokens of clients' tenants, a few at a time, for {@link CLOSE_MS} at most. */
  close(): Promise<void>;
}

interface Opened {
  readonly options: ErpTenantOptions;
  readonly client: ErpClient;
  readonly closeTokens: (() => Promise<void>) | undefined;
  underWay: number;
  isGone: boolean;
}

/** Maximum number of parallel revocations when a gateway stops. */
const CLOSING_AT_ONCE = 32;
/** How long a gateway waits for revocations, ms: tokens expire by themselves within the hour. */
const CLOSE_MS = 3_000;

/** One client for each used tenant: created with its first request, and dropped when the tenant is removed. */
export function createTenantClients(options: TenantClientsOptions): TenantClients {
  const { added, log } = options;
  const configured = new Map(options.tenants.map((tenant) => [tenant.name, tenant]));
  const opened = new Map<string, Opened>();
  const listeners: ((name: string, was: ErpTenantOptions) => void)[] = [];
  const closing = new Set<Promise<void>>();

  const optionsOf = (name: string) => configured.get(name) ?? added?.find(name);

  const open = (tenant: ErpTenantOptions): Opened => {
    const { name } = tenant;
    const ofAdded = configured.has(name) ? undefined : added?.open(tenant);
    const { tokens, send } = ofAdded ?? { tokens: options.tokensFor(name), send: options.sendTo(name) };
    const client = new ErpClient({
      ...options,
      tenant: name,
      tokens,
      send,
      hidden: {
        secrets: [tenant.clientSecret],
        hosts: [...tenant.allowedHosts, new URL(tenant.url ?? tenant.tokenUrl).hostname],
      },
    });
    return { options: tenant, client, closeTokens: ofAdded?.tokens.close, underWay: 0, isGone: false };
  };

  /** Its requests in flight still need its token. */
  const endIfUnused = ({ closeTokens, underWay, isGone }: Opened) => {
    if (!isGone || underWay > 0 || !closeTokens) return;
    const closed = closeTokens()
      .catch((err: unknown) => log.warn({ err }, 'the token of a removed tenant could not be revoked'))
      .finally(() => closing.delete(closed));
    closing.add(closed);
  };

  /** @param before what it was, for one that was never opened: something may have been kept of it all the same */
  const letGo = (name: string, before?: ErpTenantOptions) => {
    const found = opened.get(name);
    const was = found?.options ?? before;
    if (!was || was === optionsOf(name)) return;
    opened.delete(name);
    if (found) found.isGone = true;
    for (const listener of listeners) listener(name, was);
    if (found) endIfUnused(found);
  };
  const stopListening = added?.onChange(letGo);

  const current = (name: string): Opened => {
    const tenant = optionsOf(name);
    if (!tenant) throw new GatewayError('FORBIDDEN', `There is no ERP tenant "${name}" for this caller.`);
    const known = opened.get(name);
    if (known?.options === tenant) return known;
    if (known) letGo(name);
    const made = open(tenant);
    opened.set(name, made);
    return made;
  };
  for (const { name } of options.tenants) current(name);

  return {
    optionsOf,
    isAdded: (name) => !configured.has(name),
    async use(name, work) {
      const entry = current(name);
      entry.underWay += 1;
      try {
        return await work(entry.client);
      } finally {
        entry.underWay -= 1;
        endIfUnused(entry);
      }
    },
    onGone: (listener) => {
      listeners.push(listener);
    },
    async close() {
      stopListening?.();
      const left = [...opened.values()].flatMap(({ closeTokens }) => closeTokens ?? []);
      let isLate = false;
      const timer = Promise.withResolvers<void>();
      const handle = setTimeout(timer.resolve, CLOSE_MS);
      const ended = mapInTurns(left, CLOSING_AT_ONCE, async (close) => {
        if (!isLate) await close().catch(() => {});
      });
      await Promise.race([Promise.all([ended, ...closing]), timer.promise]);
      isLate = true;
      clearTimeout(handle);
    },
  };
}
