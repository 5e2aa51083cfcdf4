import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ConsentWatch } from './consent-watch.ts';
import { vaultTrouble } from './vault/engine/trouble.ts';

export interface VaultReadinessOptions {
  /** As in the configuration. */
  readonly url: string;
  readonly pendingFolder?: string | undefined;
  readonly watch: Pick<ConsentWatch, 'refresh'>;
  /** ms after which what has not answered counts as not answering. @default 800 */
  readonly withinMs?: number;
}

export interface VaultReadiness {
  readonly ready: boolean;
  /** In words. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Anyone who asks `/readyz` has an answer within a second, whatever hangs. */
const WITHIN_MS = 800;

/** What is written to see whether there is room: more than what a file system keeps beside a file's name. */
const PROBE_BYTES = 16_384;

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EIO']);

/** Whether the vault answers, and whether there is room on the disk that this process writes to. */
export function createVaultReadiness({ url, pendingFolder, watch, withinMs = WITHIN_MS }: VaultReadinessOptions) {
  const ownFolder = folderOf(url);
  const folder = ownFolder ?? pendingFolder;
  const askDisk = folder === undefined ? undefined : oneAtATime(() => hasRoom(folder));

  return async (): Promise<VaultReadiness> => {
    const [vault, disk] = await Promise.all([
      within(
        withinMs,
        watch.refresh().then(
          () => true,
          (error: unknown) => `does not answer: ${vaultTrouble(error)}`,
        ),
      ),
      askDisk && within(withinMs, askDisk()),
    ]);
    const isFull = disk === false;
    return {
      // With PostgreSQL the disk here is for what the database does not take.
      ready: vault === true && !(isFull && ownFolder !== undefined),
      checks: {
        vault: vault === true ? 'answers' : vault === 'late' ? 'does not answer in time' : String(vault),
        ...(disk !== undefined && { disk: disk === true ? 'has room' : isFull ? 'is full' : 'does not answer' }),
      },
    };
  };
}

/** Where SQLite has its file; undefined for what has none. */
function folderOf(url: string): string | undefined {
  const path = url.startsWith('sqlite:') ? url.replace(/^sqlite:(\/\/)?/, '') : ':memory:';
  return path === ':memory:' ? undefined : dirname(path);
}

/** Only a write tells of quotas, and of disks that were made read-only. */
async function hasRoom(folder: string): Promise<boolean> {
  const path = join(folder, `.room-${process.pid}`);
  try {
    await writeFile(path, Buffer.alloc(PROBE_BYTES), { mode: 0o600 });
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && FULL.has(String(error.code)));
  } finally {
    await rm(path, { force: true }).catch(() => {});
  }
}

/** Anyone who asks meanwhile gets the same answer. */
function oneAtATime<Answer>(ask: () => Promise<Answer>): () => Promise<Answer> {
  let running: Promise<Answer> | undefined;
  return () => {
    running ??= ask().finally(() => {
      running = undefined;
    });
    return running;
  };
}

async function within<Answer>(ms: number, answer: Promise<Answer>): Promise<Answer | 'late' | 'failed'> {
  const { promise, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), ms);
  try {
    return await Promise.race([answer, promise]);
  } catch {
    return 'failed';
  } finally {
    clearTimeout(timer);
  }
}
