import type { Secret } from '../kit/errors/index.ts';
import type { TokenSource } from './token-source.ts';
import type { Consent } from './vault/index.ts';

/**
 * The consent of an ERP tenant that a person signs in for in a browser: one for all callers of the tenant, so only
 * administrators give it. A grant that needs one brings this beside its tokens.
 */
export interface TenantConsent {
  readonly tenant: string;
  /** Its name in the vault. */
  readonly name: string;
  /** As registered with Sage. Left out: `/connect/erp/<tenant>/callback` under `publicUrl`. */
  readonly redirectUri: string | undefined;
  /** Kept alive also while nobody uses it. */
  readonly tokens: TokenSource;
  /** Where the browser goes. */
  authorizeUrl(state: Secret, redirectUri: string): string;
  /**
   * What the browser brought back, to tokens, once.
   * @param answer comes from the browser: nothing in it is believed before it was checked
   * @throws SignInFailure
   */
  exchange(answer: URLSearchParams, redirectUri: string): Promise<Consent>;
  /**
   * Gives back the refresh token of a consent with this subject.
   * @returns false when it may be given to nobody @throws TokenRequestError
   */
  revoke(subject: string | undefined, refreshToken: Secret): Promise<boolean>;
}

/** No caller's connection is called so: `@` stands in no name that people may write. */
export const tenantConsentName = (tenant: string): string => `erp@${tenant}`;

/** Path on our own origin where an administrator signs in for a tenant. */
export const tenantConnectPath = (tenant: string): string => `/connect/erp/${tenant}`;
