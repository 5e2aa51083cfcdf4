import type { Settings } from '../config/index.ts';
import { Secret } from '../kit/errors/index.ts';
import { isObject } from '../kit/json.ts';
import { type Tree, valueAt } from '../kit/settings/index.ts';
import { isLive, liveSettingsWith } from './live-settings.ts';

export interface ReloadPlan {
  /** The new settings in use: live ones from the new file, all others unchanged. */
  readonly settings: Settings;
  /** Whether they differ from the current ones. */
  readonly isChanged: boolean;
  /** Settings that differ and need a restart, in the order of the file: `server.port`, or a section that was added or removed. */
  readonly needsRestart: readonly string[];
}

/**
 * Decides what a reload changes.
 * @param current the settings in use
 * @param next the settings in the file
 * @throws ConfigError if the new live settings do not fit the unchanged ones
 */
export function planReload(current: Settings, next: Settings): ReloadPlan {
  const needsRestart = differencesOf(current, next);
  const tree = needsRestart.reduce((all, name) => keep(all, current.tree, name.split('.')), next.tree);
  // Checked as a whole: for example, callers without credentials may be allowed only on the old file's address.
  const settings = needsRestart.length === 0 ? next : next.check(tree);
  return { settings, isChanged: !isSame(current.file, settings.file), needsRestart };
}

type Sections = Readonly<Record<string, unknown>>;

/** Settings that differ and are not live. */
function differencesOf({ file, sources }: Settings, { file: found }: Settings): readonly string[] {
  const [current, next]: readonly [Sections, Sections] = [file, found];
  const live = liveSettingsWith(sources);
  return unionOfKeys(current, next).flatMap((section) => {
    const [before, after] = [current[section], next[section]];
    if (isSame(before, after)) return [];
    const [old, read] = [isObject(before) ? before : {}, isObject(after) ? after : {}];
    const changed = unionOfKeys(old, read).filter((key) => !isSame(old[key], read[key]));
    const { but = [], bound = [] } = live.find(({ name }) => name === section) ?? {};
    const needed = isLive(live, section)
      ? changed.some((key) => but.includes(key)) && [...but, ...bound]
      : changed.filter((key) => !isLive(live, section, key));
    if (!needed) return [];
    // An added or removed section is one setting.
    if (!isObject(before) || !isObject(after)) return [section];
    return needed.filter((key) => changed.includes(key)).map((key) => `${section}.${key}`);
  });
}

/** `tree` with one setting from `old`, even if it is missing there. */
function keep(tree: Tree, old: Tree, [key = '', ...rest]: readonly string[]): Tree {
  const group = isObject(tree) ? (tree as Readonly<Record<string, Tree>>) : {};
  const before = valueAt(old, [key]);
  const { [key]: found = {}, ...others } = group;
  if (rest.length > 0) return { ...others, [key]: keep(found, before ?? {}, rest) };
  return before === undefined ? others : { ...others, [key]: before };
}

const unionOfKeys = (one: object, other: object): readonly string[] => [
  ...new Set([...Object.keys(one), ...Object.keys(other)]),
];

/** Secrets are compared by their values; undefined equals missing. */
function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Secret || other instanceof Secret)
    return one instanceof Secret && other instanceof Secret && one.reveal() === other.reveal();
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  return unionOfKeys(one, other).every((key) => isSame(Reflect.get(one, key), Reflect.get(other, key)));
}
