import type { z } from 'zod';

/**
 * One way to have a token: one file in `kinds/` and one line in its list. It brings its settings, which stand in the section of
 * the upstream that takes its tokens, and makes the source of tokens.
 */
export interface TokenKind<
  Section extends string = string,
  Options = never,
  Tokens = unknown,
  Settings extends z.ZodRawShape = z.ZodRawShape,
> {
  /** The word that settings choose it by, where there are several kinds for a section: `grant` of a tenant, elsewhere `tokens`. */
  readonly name: string;
  readonly description: string;
  /** Where its settings stand. */
  readonly section: Section;
  /** What it adds to that section. What other kinds there do not need is optional. */
  readonly settings: Settings;
  create(options: Options): Tokens;
}
