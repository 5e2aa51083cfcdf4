export { type ConsoleOptions, consolePageOf } from './console-page.ts';
