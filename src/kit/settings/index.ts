export * from './leaves.ts';
export type { Read } from './read.ts';
export {
  checkUnique,
  type Path,
  type SettingsFaults,
  SettingsReader,
  type Tree,
  type TreeMap,
  valueAt,
} from './tree.ts';
export { parseDuration, parseWhole, withoutSlash } from './values.ts';
