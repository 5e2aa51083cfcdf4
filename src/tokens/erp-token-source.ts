import type { ErpTokenSourceOptions, ErpTokens } from './erp-tokens.ts';
import { type AnyTokenKind, erpGrantsIn, TOKEN_KINDS } from './kinds/index.ts';

/**
 * The tokens of an ERP tenant, of the kind that its `grant` names.
 * @throws TypeError when there is no such kind, which the configuration rules out
 */
export function createErpTokenSource(
  options: ErpTokenSourceOptions,
  kinds: readonly AnyTokenKind[] = TOKEN_KINDS,
): ErpTokens {
  const { grant } = options.tenant;
  const kind = erpGrantsIn(kinds).find(({ name }) => name === grant);
  if (!kind) throw new TypeError(`There is no kind of token "${grant}" for ERP tenants.`);
  return kind.create(options);
}
