import type { Path, Tree } from '../kit/settings/index.ts';
import type { FileFault, SettingsFile } from './settings-file.ts';

/**
 * Settings given as an object, in the words of gateway.yaml. Values stand for themselves: `${` in a text is a part of it.
 * What is undefined or null is left out.
 */
export function readSettingsObject(settings: object): SettingsFile {
  const faults: FileFault[] = [];
  const open = new Set<object>();

  const read = (value: unknown, path: Path): Tree => {
    if (value === undefined || value === null) return null;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value !== 'object' || open.has(value)) {
      const message =
        'is not a value that a setting can have; write a text, a number, true, false, a list or an object';
      faults.push({ path, position: undefined, message: `${path.join('.')} ${message}` });
      return null;
    }
    open.add(value);
    const tree = Array.isArray(value)
      ? value.map((item, index) => read(item, [...path, index]))
      : Object.fromEntries(
          Object.entries(value)
            .map(([name, item]) => [name, read(item, [...path, name])] as const)
            .filter(([, item]) => item !== null),
        );
    open.delete(value);
    return tree;
  };

  const tree = read(settings, []);
  return {
    tree,
    faults,
    positionOf: () => undefined,
    positionOfKey: () => undefined,
    // Where it came from is not known: a program may have read it from anywhere.
    isSecret: () => true,
  };
}
