export {
  type DocumentLinks,
  definitionsOf,
  extractPart,
  linksIn,
  listLinks,
  ownVariables,
  selectionsBelow,
  toLinkDocument,
} from './document-links.ts';
export { executeStitched } from './execute-stitched.ts';
export { findRecords } from './find-records.ts';
export { type LinkKey, toKey } from './keys.ts';
export {
  type LinkAnswer,
  type LinkField,
  type LinkOptions,
  type LinkQuestion,
  type LinkScope,
  type LinkSet,
  type LinkTarget,
  type MadeQuery,
  toLinkSet,
} from './link.ts';
export { absentLinks, type EndFinders, resolveLinks } from './resolve-links.ts';
export { showLinks } from './show-links.ts';
