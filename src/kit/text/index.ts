export { clip, MAX_TEXT_BYTES } from './clip.ts';
export { toPrintable, toPrintableJson, toPrintableLines } from './printable.ts';
export { createRedactor, type Redact, type RedactOptions } from './redact.ts';
export { wrapLines, wrapText } from './wrap-text.ts';
