import type { ErpTokenKind } from '../erp-tokens.ts';
import type { TokenKind, TokenSection } from '../token-kind.ts';
import { clientCredentials } from './client-credentials.ts';
import { erpClientCredentials } from './erp-client-credentials.ts';
import { erpTenant } from './erp-tenant.ts';
import { passThroughToken } from './pass-through.ts';
import { sageIdCode } from './sage-id-code.ts';

/** Every kind of token. */
export const TOKEN_KINDS = [
  sageIdCode,
  passThroughToken,
  erpTenant,
  erpClientCredentials,
  clientCredentials,
] as const satisfies readonly AnyTokenKind[];

/** Kinds in `erp.tenants` are chosen by `grant` and make their sources themselves; the others belong to one upstream each. */
export type AnyTokenKind = TokenKind<Exclude<TokenSection, 'erp.tenants'> | undefined> | ErpTokenKind;

export const erpGrantsIn = (kinds: readonly AnyTokenKind[]): readonly ErpTokenKind[] =>
  kinds.filter((kind): kind is ErpTokenKind => kind.section === 'erp.tenants');
