import { createRequire } from 'node:module';
import { loadLater } from '../../load-later.ts';

/** The HTTP client: a hundred files, of which a start needs none. */
export const undici = loadLater(() => createRequire(import.meta.url)('undici') as typeof import('undici'));
