export { createLog, droppedLines } from './create-log.ts';
