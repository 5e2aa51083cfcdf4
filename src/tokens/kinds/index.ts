import type { ErpTokenKind } from '../erp-tokens.ts';
import type { TokenKind, TokenSection } from '../token-kind.ts';
import { clientCredentials } from './client-credentials.ts';
import { erpClientCredentials } from './erp-client-credentials.ts';
import { erpTenant } from './erp-tenant.ts';
import { passThroughToken } from './pass-through.ts';
import { sageIdCode } from './sage-id-code.ts';
import { x3Cloud } from './x3-cloud.ts';
import { x3Jwt } from './x3-jwt.ts';

/** Every kind of token. */
export const TOKEN_KINDS = [
  sageIdCode,
  passThroughToken,
  erpTenant,
  erpClientCredentials,
  x3Jwt,
  x3Cloud,
  clientCredentials,
] as const satisfies readonly AnyTokenKind[];

/** Kinds in `erp.tenants` are chosen by `grant` and make their sources themselves; the others belong to one upstream each. */
export type AnyTokenKind = TokenKind<Exclude<TokenSection, 'erp.tenants'> | undefined> | ErpTokenKind;

export const erpGrantsIn = (kinds: readonly AnyTokenKind[]): readonly ErpTokenKind[] =>
  kinds.filter((kind): kind is ErpTokenKind => kind.section === 'erp.tenants');

/** What the kinds of tokens add to a section of the configuration. */
export const tokenSettings = <Section extends TokenSection>(
  section: Section,
  kinds: readonly AnyTokenKind[],
): SettingsOf<Section> =>
  // Every list holds the kinds there are; what others add, nobody here looks at.
  Object.assign(
    {},
    ...kinds.filter((kind) => kind.section === section).map(({ settings }) => settings),
  ) as SettingsOf<Section>;

type SettingsOf<Section> = AllOf<Extract<(typeof TOKEN_KINDS)[number], { readonly section: Section }>['settings']>;

/** What has the members of all of a union. */
type AllOf<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
