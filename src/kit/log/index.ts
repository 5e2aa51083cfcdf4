export { createLog, droppedLines, type LogOptions } from './create-log.ts';
