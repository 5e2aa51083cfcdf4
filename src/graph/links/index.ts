export { type DocumentLinks, extractPart, linksIn } from './document-links.ts';
export type { Grafter } from './graft.ts';
export { type LinkOptions, type LinkSet, NO_LINKS, toLinkSet } from './link.ts';
export { createGrafter } from './load-links.ts';
export { absentLinks, resolveLinks } from './resolve-links.ts';
export { showLinks } from './show-links.ts';
