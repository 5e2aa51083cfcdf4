import { connectionsNamedIn } from '../callers/index.ts';
import type { Source } from '../subschemas/source.ts';
import { SOURCES } from '../subschemas/sources.ts';
import type { Config } from './config.ts';

/** Names that the configuration uses: connections, and those of its sources. No client in the directory may use them. */
export const ownNamesIn = (config: Config, sources: readonly Source[] = SOURCES): ReadonlySet<string> =>
  new Set([
    ...connectionsNamedIn(config.callers),
    // Each section is read by its own source.
    ...sources.flatMap(({ section: { name, namesIn } }) => namesIn?.(Reflect.get(config, name)) ?? []),
  ]);
