import { isObject } from '../json.ts';

/** Texts, lists and maps of them. The definition decides the meaning of a text, so `4000` and `"4000"` are equal. */
export type Tree = string | readonly Tree[] | TreeMap | null;
interface TreeMap {
  readonly [key: string]: Tree;
}

export type Path = readonly (string | number)[];

/** The value at a path, for any shape of the tree; undefined if there is none. */
export function valueAt(tree: Tree | undefined, path: Path): Tree | undefined {
  let value: unknown = tree;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  // Everything inside a tree is a tree.
  return value as Tree | undefined;
}

/** Looks settings up in a tree of any shape, so that one wrong value hides no error of another. */
export class SettingsReader {
  readonly #tree: Tree;

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  has(path: Path): boolean {
    return valueAt(this.#tree, path) !== undefined;
  }

  text(path: Path): string | undefined {
    const value = valueAt(this.#tree, path);
    return typeof value === 'string' ? value : undefined;
  }

  isGroup(path: Path): boolean {
    return isObject(valueAt(this.#tree, path));
  }

  /** Paths of a list's items. */
  list(path: Path): Path[] {
    const value = valueAt(this.#tree, path);
    return Array.isArray(value) ? value.map((_, index) => [...path, index]) : [];
  }

  /** Paths of the groups of settings at a path: the items of a list, or the group itself. */
  groups(path: Path): Path[] {
    return this.isGroup(path) ? [path] : this.list(path);
  }
}

/** Receives the errors of a check. */
export interface SettingsFaults {
  /** @param message follows the setting's name: what is wrong; what to write instead */
  add(path: Path, message: string): void;
}

/** Reports two of `items` with the same text at `key`, ignoring case. */
export function checkUnique(
  file: SettingsReader,
  faults: SettingsFaults,
  items: readonly Path[],
  { key, message }: { readonly key: string; readonly message: string },
): void {
  const seen = new Set<string>();
  for (const item of items) {
    const text = file.text([...item, key])?.toLowerCase();
    if (text === undefined) continue;
    if (seen.has(text)) faults.add([...item, key], message);
    seen.add(text);
  }
}
