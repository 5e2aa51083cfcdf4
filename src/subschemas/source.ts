import type { z } from 'zod';
import type { Subschema } from '../graph/subschema.ts';
import type { Path, SettingsFaults, SettingsReader } from '../kit/settings/index.ts';
import type { AnyTokenKind } from '../tokens/index.ts';
import type { SourceCheck } from './source-check.ts';
import type { SourceParts } from './source-parts.ts';

/** A source of the graph, as the gateway uses it: a folder beside this file, and one line in the list of `sources.ts`. */
export interface Source<
  Name extends string = string,
  File = unknown,
  Settings = unknown,
  Opened extends OpenedSource = OpenedSource,
> {
  readonly section: SourceSection<Name, File, Settings>;
  /** The right to use it, a setting of every kind of caller. Without it, everybody may use it. */
  readonly right?: SourceRight;
  /** Creates it from its section. Its code is loaded only now: many commands only read the configuration. */
  open(settings: Settings, parts: SourceParts): Promise<Opened>;
}

/** Lets the compiler infer the type of the opened source. */
export const defineSource = <Name extends string, File, Settings, Opened extends OpenedSource>(
  source: Source<Name, File, Settings, Opened>,
): Source<Name, File, Settings, Opened> => source;

/** Everything else that it exposes besides its subschema is its own choice. */
export interface OpenedSource {
  readonly subschema: Subschema;
  readonly check?: SourceCheck;
  /** An operation that GraphiQL opens with. */
  readonly example?: string;
}

/** A source's section of gateway.yaml. */
export interface SourceSection<Name extends string = string, File = unknown, Settings = unknown> {
  /** Also the source's name in `telemetry.propagate`. */
  readonly name: Name;
  /** The section as written in the file, with its defaults and descriptions. @param tokenKinds add their own settings */
  file(tokenKinds: readonly AnyTokenKind[]): z.ZodType<File>;
  /** The settings for the gateway: defaults that depend on other settings are filled in, and names have units. */
  read(file: File, own: { readonly publicUrl: string }): Settings;
  /** Checks its settings against each other, and what callers need of it. */
  check?(file: SettingsReader, faults: SettingsFaults, others: OtherSettings): void;
  /** Names that its settings use up: no client of the directory may have them. */
  namesIn?(settings: Settings): readonly string[];
  /** Settings that a running gateway applies without a restart. @default all */
  readonly live?:
    | { readonly only: readonly string[] }
    /** `bound`: settings that belong to these, and also wait for the restart. */
    | { readonly but: readonly string[]; readonly bound: readonly string[] };
}

export interface OtherSettings {
  readonly tokenKinds: readonly AnyTokenKind[];
  /** Where the file has the settings of callers, of every kind. */
  readonly callers: readonly Path[];
}

/** A setting of every kind of caller: `none`, `read` or `write`. */
export interface SourceRight {
  /** Name of the setting, such as `paymentsOut`. */
  readonly name: string;
  readonly description: string;
}
