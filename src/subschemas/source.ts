import type { z } from 'zod';
import type { Subschema } from '../graph/subschema.ts';
import type { SettingsFaults, SettingsReader } from '../kit/settings/index.ts';
import type { AnyTokenKind } from '../tokens/index.ts';
import type { SourceParts } from './source-parts.ts';

/** A source of the graph as the gateway is made of them: a folder beside this file, and one line in the list of `sources.ts`. */
export interface Source<
  Name extends string = string,
  File = unknown,
  Settings = unknown,
  Opened extends OpenedSource = OpenedSource,
> {
  readonly section: SourceSection<Name, File, Settings>;
  /** What callers need to ask it, a setting of every kind of caller; left out: everybody may. */
  readonly right?: SourceRight;
  /** Makes it of its section. Its code is loaded only now: many a command reads the configuration and asks nobody. */
  open(settings: Settings, parts: SourceParts): Promise<Opened>;
}

/** So that the compiler finds out what a source is made into. */
export const defineSource = <Name extends string, File, Settings, Opened extends OpenedSource>(
  source: Source<Name, File, Settings, Opened>,
): Source<Name, File, Settings, Opened> => source;

/** What others see of it beside its subschema is its own affair. */
export interface OpenedSource {
  readonly subschema: Subschema;
}

/** What a source brings to gateway.yaml. */
export interface SourceSection<Name extends string = string, File = unknown, Settings = unknown> {
  /** Also what `telemetry.propagate` calls the source. */
  readonly name: Name;
  /** The section as it is written in the file, with its defaults and descriptions. @param tokenKinds bring settings of theirs */
  file(tokenKinds: readonly AnyTokenKind[]): z.ZodType<File>;
  /** What the gateway is made of: defaults that depend on other settings filled in, units in the names. */
  read(file: File, own: { readonly publicUrl: string }): Settings;
  /** What its settings must be to each other. */
  check?(file: SettingsReader, faults: SettingsFaults, tokenKinds: readonly AnyTokenKind[]): void;
  /** What of it a running gateway takes over without a restart. @default all */
  readonly live?:
    | { readonly only: readonly string[] }
    /** `bound`: settings that belong to these, and wait with them for the restart. */
    | { readonly but: readonly string[]; readonly bound: readonly string[] };
}

/** A setting of every kind of caller: `none`, `read` or `write`. */
export interface SourceRight {
  /** Of the setting, such as `paymentsOut`. */
  readonly name: string;
  readonly description: string;
}
