export { createSeed } from './create-seed.ts';
export type * from './types.ts';
