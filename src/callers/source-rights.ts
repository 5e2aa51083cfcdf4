import { oneOf } from '../kit/settings/index.ts';
import type { Source } from '../subschemas/source.ts';

/** Rights that sources bring. Each kind of caller has them alike, and its principals carry them by the same names. */
export interface SourceRights {
  readonly names: readonly string[];
  /** As settings of a caller. @param words @default `none`, `read`, `write` */
  settings(words?: readonly string[]): object;
  /** Those of a caller with these settings. */
  in(settings: object): object;
  /** The same word for each of them. */
  all(word: 'none' | 'write'): object;
}

export function createSourceRights(sources: readonly Pick<Source, 'right'>[]): SourceRights {
  const rights = sources.flatMap(({ right }) => right ?? []);
  const names = rights.map(({ name }) => name);
  const each = (value: (name: string) => unknown) => Object.fromEntries(names.map((name) => [name, value(name)]));
  return {
    names,
    settings: (words = ['none', 'read', 'write']) =>
      Object.fromEntries(
        rights.map(({ name, description }) => [
          name,
          oneOf(...words)
            .prefault('none')
            .describe(description),
        ]),
      ),
    in: (settings) => each((name) => Reflect.get(settings, name)),
    all: (word) => each(() => word),
  };
}
