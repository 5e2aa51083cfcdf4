import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '../../../kit/errors/index.ts';
import type { Place, Seals } from '../keys/key-ring.ts';
import type { ConnectionStore, PairPlace, TokenPair } from './connection-store.ts';
import { consentKey } from './consent-ref.ts';

/**
 * The last resort for a pair from Sage that could not be stored in the database: a sealed file, so that the connection
 * survives the end of this process.
 */
export interface PendingPairs {
  keep(place: PairPlace, pair: TokenPair): Promise<void>;
  drop(place: PairPlace): Promise<void>;
  /** Stores the kept pairs, only over the consent and the generation that they came from. @returns how many were stored */
  replay(): Promise<number>;
}

export interface PendingPairsOptions {
  /** Processes may share it, since each pair has its own file. Undefined: nothing is kept. */
  readonly folder: string | undefined;
  readonly seals: Seals;
  readonly connections: Pick<ConnectionStore, 'read' | 'storePair'>;
}

/** `<name>#<consent>.<generation>.kept`. Not `.pair`: an older gateway beside this one uses that ending and removes others' files. */
const FILE = /^(.+)#(\d+)\.(\d+)\.kept$/;
const FORMER_FILE = /^([^#]+)\.(\d+)\.pair$/;

/** A file, and the place that its seal is bound to. */
interface PairFile {
  readonly path: string;
  readonly seal: Place;
}

export function createPendingPairs({ folder, seals, connections }: PendingPairsOptions): PendingPairs {
  if (folder === undefined) return { keep: async () => {}, drop: async () => {}, replay: async () => 0 };
  const fileOf = ({ consent, generation }: PairPlace): PairFile => ({
    path: join(folder, `${consent.name}#${consent.number}.${generation}.kept`),
    seal: { table: 'pending', row: consentKey(consent), field: String(generation) },
  });
  const formerFileOf = (name: string, generation: number): PairFile => ({
    path: join(folder, `${name}.${generation}.pair`),
    seal: { table: 'pending', row: name, field: String(generation) },
  });

  const replayOne = async ({ path, seal }: PairFile, place: PairPlace): Promise<boolean> => {
    const sealed = await readFile(path, 'utf8').catch(() => undefined);
    const plain = sealed === undefined ? undefined : seals.open(sealed.trim(), seal);
    if (!plain) return false;
    const isStored = await connections.storePair(place, toPair(plain));
    // Not stored: there is a different consent or generation, so this pair is outdated.
    await rm(path, { force: true });
    return isStored;
  };

  const replayFile = async (file: string): Promise<boolean> => {
    const [, name, number, generation] = FILE.exec(file) ?? [];
    const [, formerName, formerGeneration] = FORMER_FILE.exec(file) ?? [];
    const row = await connections.read(name ?? formerName ?? '');
    // A row that cannot be trusted gets no pair until its person has signed in again.
    if (row && row.consent === undefined) return false;
    const { consent = 0, subject } = row ?? {};
    if (name !== undefined) {
      const place = { consent: { name, number: Number(number), subject }, generation: Number(generation) };
      return replayOne(fileOf(place), place);
    }
    if (formerName === undefined) return false;
    // It does not contain its consent; its generation identifies it.
    const place = { consent: { name: formerName, number: consent, subject }, generation: Number(formerGeneration) };
    return replayOne(formerFileOf(formerName, place.generation), place);
  };

  return {
    async keep(place, pair) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const { path, seal } = fileOf(place);
      const draft = `${path}.${process.pid}`;
      const file = await open(draft, 'w', 0o600);
      try {
        await file.writeFile(seals.seal(toText(pair), seal));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, path);
    },
    drop: (place) => rm(fileOf(place).path, { force: true }),
    async replay() {
      let stored = 0;
      for (const file of await readdir(folder).catch(() => [])) {
        if ((FILE.test(file) || FORMER_FILE.test(file)) && (await replayFile(file))) stored += 1;
      }
      return stored;
    },
  };
}

const toText = ({ accessToken, refreshToken, scope, refreshExpiresAt }: TokenPair) =>
  new Secret(
    JSON.stringify({
      refreshToken: refreshToken.reveal(),
      scope,
      refreshExpiresAt,
      ...(accessToken && { accessToken: { ...accessToken, value: accessToken.value.reveal() } }),
    }),
  );

function toPair(text: Secret): TokenPair {
  // The gateway sealed it, so it has the form that `keep` wrote.
  const { accessToken, refreshToken, scope, refreshExpiresAt } = JSON.parse(text.reveal()) as {
    refreshToken: string;
    scope?: string;
    refreshExpiresAt?: number;
    accessToken?: { value: string; issuedAt: number; expiresAt: number };
  };
  return {
    refreshToken: new Secret(refreshToken),
    scope,
    ...(refreshExpiresAt !== undefined && { refreshExpiresAt }),
    accessToken: accessToken && { ...accessToken, value: new Secret(accessToken.value) },
  };
}
