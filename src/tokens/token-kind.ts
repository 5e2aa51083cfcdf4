import type { z } from 'zod';

/** Sections of the configuration whose upstreams take tokens. */
export type TokenSection = 'sage200' | 'erp.tenants' | 'network';

/**
 * One way to have a token: one file in `kinds/` and one line in its list. It brings its settings, which stand in the section of
 * the upstream that takes its tokens, and the source of tokens.
 */
export interface TokenKind<
  Section extends TokenSection | undefined = TokenSection | undefined,
  Settings extends z.ZodRawShape = z.ZodRawShape,
> {
  /** In `erp.tenants` the word that `grant` chooses it by. */
  readonly name: string;
  readonly description: string;
  /** Where its settings stand; undefined: callers bring such tokens themselves. */
  readonly section: Section;
  /** What it adds to that section. What other kinds there do not need is optional. */
  readonly settings: Settings;
}
