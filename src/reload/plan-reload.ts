import type { Settings } from '../config/index.ts';
import { Secret } from '../kit/errors/index.ts';
import { isObject } from '../kit/json.ts';
import { type Tree, valueAt } from '../kit/settings/index.ts';
import { isLive, liveSettingsWith } from './live-settings.ts';

export interface ReloadPlan {
  /** What the gateway runs with from now on: what is live as in the new file, the rest as before. */
  readonly settings: Settings;
  /** Whether that differs from what it runs with. */
  readonly isChanged: boolean;
  /** Settings that differ and need a restart, in the order of the file: `server.port`, or a section that came or went. */
  readonly needsRestart: readonly string[];
}

/**
 * What becomes of a configuration that was read again.
 * @param current what the gateway runs with
 * @param next what the file says now
 * @throws ConfigError when what is live in the new file does not fit what stays
 */
export function planReload(current: Settings, next: Settings): ReloadPlan {
  const needsRestart = differencesOf(current, next);
  const tree = needsRestart.reduce((all, name) => keep(all, current.tree, name.split('.')), next.tree);
  // Checked as a whole: callers without credentials, say, are for an address that the old file has and the new one not.
  const settings = needsRestart.length === 0 ? next : next.check(tree);
  return { settings, isChanged: !isSame(current.file, settings.file), needsRestart };
}

type Sections = Readonly<Record<string, unknown>>;

/** What differs and is not live. */
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
    // A section that came or went is one setting.
    if (!isObject(before) || !isObject(after)) return [section];
    return needed.filter((key) => changed.includes(key)).map((key) => `${section}.${key}`);
  });
}

/** `tree` with one setting as it stands in `old`, be it missing there. */
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

/** Secrets are compared by what they hide; what is undefined is as good as missing. */
function isSame(one: unknown, other: unknown): boolean {
  if (one instanceof Secret || other instanceof Secret)
    return one instanceof Secret && other instanceof Secret && one.reveal() === other.reveal();
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  return unionOfKeys(one, other).every((key) => isSame(Reflect.get(one, key), Reflect.get(other, key)));
}
