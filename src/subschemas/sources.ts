import { erp } from './erp/source.ts';
import { network } from './payments-out/source.ts';
import { sage200 } from './sage200/source.ts';
import type { OpenedSource, Source } from './source.ts';
import type { SourceParts } from './source-parts.ts';

/** Every source, in the order of gateway.yaml and of the graph. The gateway itself is not a source. */
export const SOURCES = [sage200, erp, network] as const satisfies readonly Source[];

type Known = (typeof SOURCES)[number];

/** Their sections in the configuration. */
export type SourcesConfig = {
  readonly [Each in Known as Each['section']['name']]: ReturnType<Each['section']['read']>;
};

/** The opened sources, by the names of their sections. */
export type OpenedSources = { readonly [Each in Known as Each['section']['name']]: Awaited<ReturnType<Each['open']>> };

/** Opens each from its section of the configuration, one after the other. */
export async function openSourcesIn(
  config: SourcesConfig,
  sources: readonly Source[],
  parts: Omit<SourceParts, 'rows'>,
): Promise<OpenedSources> {
  const opened: Record<string, OpenedSource> = {};
  for (const { section, open } of sources) {
    const { name } = section;
    opened[name] = await open(Reflect.get(config, name), { ...parts, rows: parts.vault?.rowsOf(name) });
  }
  // Every list contains all existing sources; code uses added ones only through their interface.
  return opened as unknown as OpenedSources;
}
