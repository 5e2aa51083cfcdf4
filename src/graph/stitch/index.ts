export { type DocumentLinks, extractPart, linksIn } from './document-links.ts';
export { executeStitched } from './execute-stitched.ts';
export { type LinkOptions, type LinkSet, NO_LINKS, sideOfTarget, toLinkSet } from './link.ts';
export { listLinks } from './list-links.ts';
export { absentLinks, type EndFinders, resolveLinks } from './resolve-links.ts';
export { showLinks } from './show-links.ts';
