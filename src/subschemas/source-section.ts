import type { z } from 'zod';
import type { SettingsFaults, SettingsReader } from '../kit/settings/index.ts';
import type { AnyTokenKind } from '../tokens/index.ts';

/** What a source brings to gateway.yaml: one file in its folder and one line in the list of `sections.ts`. */
export interface SourceSection<Name extends string = string, File = unknown, Settings = unknown> {
  /** Of the section. */
  readonly name: Name;
  /** The section as it is written in the file, with its defaults and descriptions. @param tokenKinds bring settings of theirs */
  file(tokenKinds: readonly AnyTokenKind[]): z.ZodType<File>;
  /** What the gateway is made of: defaults that depend on other settings filled in, units in the names. */
  read(file: File, own: { readonly publicUrl: string }): Settings;
  /** What its settings must be to each other. */
  check?(file: SettingsReader, faults: SettingsFaults, tokenKinds: readonly AnyTokenKind[]): void;
  /** What callers need to ask the source; left out: everybody may. */
  readonly right?: SourceRight;
}

/** A setting of every kind of caller: `none`, `read` or `write`. */
export interface SourceRight {
  /** Of the setting, such as `paymentsOut`. */
  readonly name: string;
  readonly description: string;
}
