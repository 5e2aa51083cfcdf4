import type { Awaitable } from '../kit/maybe-promise.ts';
import type { CompanyRef, Sage200Identity } from './principal.ts';

/** The `callers` section of the configuration, as far as it is needed here. */
export interface CallersSettings {
  readonly sessions?: SessionSettings;
  readonly passThrough: false | PassThroughSettings;
  readonly apiKeys: readonly ApiKeySettings[];
  readonly jwt: readonly JwtSettings[];
  readonly anonymous?: AnonymousSettings | undefined;
}

export interface SessionSettings {
  /** E-mail addresses, or `@domain`. Empty: people at this very machine, and nobody else. */
  readonly allow: readonly string[];
  readonly tenants: readonly string[];
  readonly defaultTenant?: string | undefined;
  readonly readOnly: boolean;
}

export interface PassThroughSettings {
  /** Client ids at Sage ID, besides our own, whose tokens are accepted. */
  readonly clients: readonly string[];
  /** Subjects, or e-mail addresses that the token says are verified. Empty: everybody; there are no tenants then. */
  readonly allow: readonly string[];
  readonly companies: 'all' | readonly CompanyRef[];
  readonly tenants: readonly string[];
  readonly defaultTenant?: string | undefined;
  readonly readOnly: boolean;
  /** Whether tokens that are not JWTs are accepted, for Sage 200 alone. */
  readonly opaque: boolean;
}

export interface ApiKeySettings {
  readonly name: string;
  /** Hex SHA-256 of the key. */
  readonly sha256: string;
  readonly connection?: string | undefined;
  readonly companies: 'all' | readonly CompanyRef[];
  readonly tenants: readonly string[];
  readonly defaultTenant?: string | undefined;
  readonly readOnly: boolean;
  readonly admin: boolean;
}

export interface JwtSettings {
  /** Compared as text. */
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** Claim that names the connection; left out: no Sage 200. */
  readonly connectionClaim?: string | undefined;
  /** Claim that names the tenants, one or a list; left out: none. */
  readonly tenantClaim?: string | undefined;
  /** Claim that names the tenant of requests that name none; left out, or not one of them: none. */
  readonly defaultTenantClaim?: string | undefined;
  readonly companies: 'all' | readonly CompanyRef[];
  readonly readOnly: boolean;
}

export interface AnonymousSettings {
  readonly connection?: string | undefined;
  readonly companies: 'all' | readonly CompanyRef[];
  readonly tenants: readonly string[];
  readonly defaultTenant?: string | undefined;
  readonly readOnly: boolean;
}

/** One kind of caller. */
export interface CallerKind<Principal> {
  /**
   * @param address where they came from, as far as it is known
   * @returns undefined when these credentials are not of this kind. @throws GatewayError UNAUTHENTICATED when they are and are wrong.
   */
  identify(bearer: string, address: string | undefined): Awaitable<Principal | undefined>;
}

/**
 * The consent that a connection's name stands for now; undefined for a name the gateway does not serve.
 * @param atLeast number of a consent that is known to be there
 */
export type FindConnection = (name: string, atLeast?: number) => Awaitable<Sage200Identity | undefined>;
