import type { Path, Tree } from '../kit/settings/index.ts';
import type { FileFault, SettingsFile } from './settings-file.ts';

/**
 * Settings given as an object, with the names used in gateway.yaml. Values are literal: `${` in a text has no meaning.
 * Undefined and null count as omitted.
 */
export function readSettingsObject(settings: object): SettingsFile {
  const faults: FileFault[] = [];
  const open = new Set<object>();

  const read = (value: unknown, path: Path): Tree => {
    if (value === undefined || value === null) return null;
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value !== 'object' || open.has(value)) {
      const message = 'is not a possible value; use a string, a number, true, false, a list or an object';
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
    // Its origin is unknown: a program may have read it from anywhere.
    isSecret: () => true,
  };
}
