export { type Defined, defined } from './defined.ts';
export * from './leaves.ts';
export type { Read } from './read.ts';
export {
  checkUnique,
  type Path,
  type SettingsFaults,
  SettingsReader,
  type Tree,
  valueAt,
} from './tree.ts';
export { LONGEST_WAIT, parseDuration, parseWhole, withoutSlash } from './values.ts';
