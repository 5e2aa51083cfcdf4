import { oneOf } from '../../kit/settings/index.ts';
import type { ErpTokenKind, ErpTokenSourceOptions, ErpTokens } from '../erp-tokens.ts';
import { clientCredentials, type NetworkTokenKind } from './client-credentials.ts';
import { erpClientCredentials } from './erp-client-credentials.ts';
import { erpTenant } from './erp-tenant.ts';
import { type SageIdTokenKind, sageIdCode } from './sage-id-code.ts';
import { x3Cloud } from './x3-cloud.ts';
import { x3Jwt } from './x3-jwt.ts';

/** Every kind of token; the first one for a section is the usual one there. A caller's own token is its caller's affair. */
export const TOKEN_KINDS = [
  sageIdCode,
  erpTenant,
  erpClientCredentials,
  x3Jwt,
  x3Cloud,
  clientCredentials,
] as const satisfies readonly AnyTokenKind[];

export type AnyTokenKind = SageIdTokenKind | ErpTokenKind | NetworkTokenKind;

/** Sections of the configuration whose upstreams take tokens. */
type TokenSection = AnyTokenKind['section'];

type KindIn<Section extends TokenSection> = Extract<AnyTokenKind, { readonly section: Section }>;

/** Those whose settings stand in that section. */
export const tokenKindsIn = <Section extends TokenSection>(
  section: Section,
  kinds: readonly AnyTokenKind[] = TOKEN_KINDS,
): readonly KindIn<Section>[] => kinds.filter((kind): kind is KindIn<Section> => kind.section === section);

/** The setting that names one of several: a tenant has always had its own. */
const wordOf = (section: TokenSection) => (section === 'erp.tenants' ? 'grant' : 'tokens');

/** The one that these settings choose. @throws TypeError when there is none, which the configuration rules out */
export function tokenKindOf<Section extends TokenSection>(
  section: Section,
  settings: object | undefined,
  kinds?: readonly AnyTokenKind[],
): KindIn<Section> {
  const there = tokenKindsIn(section, kinds);
  const chosen: unknown = Reflect.get(settings ?? {}, wordOf(section));
  const kind = chosen === undefined ? there[0] : there.find(({ name }) => name === chosen);
  if (!kind) throw new TypeError(`There is no kind of token "${chosen}" for ${section}.`);
  return kind;
}

/** The tokens of an ERP tenant, of the kind that its `grant` names. */
export const createErpTokenSource = (options: ErpTokenSourceOptions, kinds?: readonly AnyTokenKind[]): ErpTokens =>
  tokenKindOf('erp.tenants', options.tenant, kinds).create(options);

/** What the kinds of tokens add to a section of the configuration. */
export function tokenSettings<Section extends TokenSection>(
  section: Section,
  kinds: readonly AnyTokenKind[],
): SettingsOf<Section> {
  const there = tokenKindsIn(section, kinds);
  const names = there.map(({ name }) => name);
  const isChoice = there.length > 1 && wordOf(section) === 'tokens';
  const choice = isChoice && {
    tokens: oneOf(...names)
      .optional()
      .describe(`How its tokens are had. Left out: ${names[0]}.`),
  };
  // Every list holds the kinds there are; what others add, nobody here looks at.
  return Object.assign({}, ...there.map(({ settings }) => settings), choice) as SettingsOf<Section>;
}

type SettingsOf<Section> = AllOf<Extract<(typeof TOKEN_KINDS)[number], { readonly section: Section }>['settings']>;

/** What has the members of all of a union. */
type AllOf<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
