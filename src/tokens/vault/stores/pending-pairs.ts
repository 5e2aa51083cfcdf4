import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../../kit/errors/index.ts';
import type { Seals } from '../keys/key-ring.ts';
import type { ConnectionStore, LeaseClaim, TokenPair } from './connection-store.ts';

export type PairPlace = Pick<LeaseClaim, 'name' | 'generation'>;

/**
 * The last resort for a pair that Sage has given and the database did not take: a file, sealed, so that the end of this
 * process is not the end of the connection.
 */
export interface PendingPairs {
  keep(place: PairPlace, pair: TokenPair): Promise<void>;
  drop(place: PairPlace): Promise<void>;
  /** Stores what was kept, over the generation it came from and over no other. @returns how many were stored */
  replay(): Promise<number>;
}

export interface PendingPairsOptions {
  /** Shared by processes or not: each pair is a file of its own. Undefined: nothing is kept. */
  readonly folder: string | undefined;
  readonly seals: Seals;
  readonly connections: Pick<ConnectionStore, 'storePair'>;
}

const FILE = /^(.+)\.(\d+)\.pair$/;

export function createPendingPairs({ folder, seals, connections }: PendingPairsOptions): PendingPairs {
  if (folder === undefined) return { keep: async () => {}, drop: async () => {}, replay: async () => 0 };
  const fileOf = ({ name, generation }: PairPlace) => join(folder, `${name}.${generation}.pair`);
  const sealPlace = ({ name, generation }: PairPlace) => ({ table: 'pending', row: name, field: String(generation) });

  const replayOne = async (place: PairPlace): Promise<boolean> => {
    const sealed = await readFile(fileOf(place), 'utf8').catch(() => undefined);
    const plain = sealed === undefined ? undefined : seals.open(sealed.trim(), sealPlace(place));
    if (!plain) return false;
    const isStored = await connections.storePair(place, toPair(plain));
    // Not stored: another generation is there, and this one is history.
    await rm(fileOf(place), { force: true });
    return isStored;
  };

  return {
    async keep(place, pair) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const draft = `${fileOf(place)}.${process.pid}`;
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(seals.seal(toText(pair), sealPlace(place)));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, fileOf(place));
    },
    drop: (place) => rm(fileOf(place), { force: true }),
    async replay() {
      let stored = 0;
      for (const file of await readdir(folder).catch(() => [])) {
        const [, name, generation] = FILE.exec(file) ?? [];
        if (name !== undefined && (await replayOne({ name, generation: Number(generation) }))) stored += 1;
      }
      return stored;
    },
  };
}

const toText = ({ accessToken, refreshToken, scope }: TokenPair) =>
  new Secret(
    JSON.stringify({
      refreshToken: refreshToken.reveal(),
      scope,
      ...(accessToken && { accessToken: { ...accessToken, value: accessToken.value.reveal() } }),
    }),
  );

function toPair(text: Secret): TokenPair {
  // Sealed by us, so it is what `keep` wrote.
  const { accessToken, refreshToken, scope } = JSON.parse(text.reveal()) as {
    refreshToken: string;
    scope?: string;
    accessToken?: { value: string; issuedAt: number; expiresAt: number };
  };
  return {
    refreshToken: new Secret(refreshToken),
    scope,
    accessToken: accessToken && { ...accessToken, value: new Secret(accessToken.value) },
  };
}
