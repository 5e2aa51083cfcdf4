import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, watch as watchFolder, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Logger } from 'pino';
import { isObject, parseJson } from '../../../kit/json.ts';
import { PackedSchema } from './packed-schema.ts';

/** A packed schema that was kept. */
export interface Snapshot {
  readonly digest: string;
  /** Epoch ms at which the tenant last said that this is its schema, as far as that is known. */
  readonly confirmedAt: number | undefined;
  /** What the tenant's answer was known by then. */
  readonly answer: string | undefined;
  /** Unpacks it; undefined when its file is gone or broken. */
  readonly read: () => Promise<Buffer | undefined>;
}

/** What a tenant has just shown. */
export interface ConfirmedSchema {
  readonly digest: string;
  /** Undefined when it was kept before. */
  readonly packed: Buffer | undefined;
  readonly confirmedAt: number;
  /** What its answer is known by: the next process need not read the same one again. */
  readonly answer: string;
}

type Confirmation = Pick<ConfirmedSchema, 'confirmedAt' | 'answer'>;

/** Keeps packed schemas over restarts, so that a gateway can start while a tenant is down. Never throws: a lost snapshot costs only time. */
export interface SnapshotStore {
  load(tenant: string): Promise<Snapshot | undefined>;
  /** @returns false when it is not there afterwards, which without `packed` means: its file is gone */
  save(tenant: string, shown: ConfirmedSchema): Promise<boolean>;
  /** Calls back when the folder's index changes, whoever changed it. Never keeps a process alive. @returns what ends it */
  watch?(onChange: (digests: ReadonlyMap<string, string>) => void): () => void;
}

export interface SnapshotStoreOptions {
  /** Made when it is missing. */
  readonly folder: string;
  /** What else a snapshot belongs to: a tenant that got another address or id under the same name has another schema. */
  readonly identityOf: (tenant: string) => string;
  readonly log: Logger;
}

const INDEX = 'tenants.json';
/** Not in the index, which others watch: a tenant is confirmed each quarter of an hour and changes twice a year. */
const CONFIRMED = 'confirmed.json';
const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Files `<digest>.schema.gz`, shared by tenants on one release, `tenants.json`, which says whose is which, and when it was last so. */
export function createSnapshotStore({ folder, identityOf, log }: SnapshotStoreOptions): SnapshotStore {
  const keyOf = (tenant: string) =>
    `${tenant}:${createHash('sha256').update(identityOf(tenant)).digest('hex').slice(0, 16)}`;
  let saving: Promise<unknown> = Promise.resolve();

  const readEntries = async (file: string): Promise<[string, unknown][]> => {
    const content = parseJson(await readFile(join(folder, file)).catch(() => Buffer.from('{}')));
    return isObject(content) ? Object.entries(content) : [];
  };

  const readIndex = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await readEntries(INDEX)).filter((entry): entry is [string, string] => DIGEST.test(String(entry[1]))),
    );

  const readConfirmed = async (): Promise<Record<string, Confirmation>> =>
    Object.fromEntries(
      (await readEntries(CONFIRMED)).filter((entry): entry is [string, Confirmation] => isConfirmation(entry[1])),
    );

  /** Of the tenants in the index. Another process may write at the same moment: then a time is a refresh older than it could be. */
  const confirm = async (tenant: string, confirmation: Confirmation): Promise<void> => {
    const known = await readConfirmed();
    const current = Object.keys(await readIndex()).map(
      (key) => [key, key === keyOf(tenant) ? confirmation : known[key]] as const,
    );
    await writeWhole(join(folder, CONFIRMED), `${JSON.stringify(Object.fromEntries(current), null, 2)}\n`);
  };

  const write = async (tenant: string, digest: string, packed: Buffer | undefined): Promise<boolean> => {
    await mkdir(folder, { recursive: true });
    const index = await readIndex();
    const kept = await readdir(folder);
    if (index[keyOf(tenant)] === digest && kept.includes(fileOf(digest))) return true;
    if (!kept.includes(fileOf(digest))) {
      // Taken away since it was written: the next refresh brings it again.
      if (!packed) return false;
      await writeWhole(join(folder, fileOf(digest)), await zip(packed, { level: 6 }));
    }
    // One a tenant: what belonged to its former address or id is nobody's any more.
    const isSame = (key: string) => key.slice(0, key.lastIndexOf(':')) === tenant;
    for (const key of Object.keys(index).filter(isSame)) delete index[key];
    index[keyOf(tenant)] = digest;
    await writeWhole(join(folder, INDEX), `${JSON.stringify(index, null, 2)}\n`);
    const used = new Set(Object.values(index));
    const old = kept.filter((name) => {
      const [, digest] = FILE.exec(name) ?? [];
      return digest !== undefined && !(used.has(digest) && name === fileOf(digest));
    });
    await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
    return true;
  };

  return {
    async load(tenant) {
      const digest = (await readIndex())[keyOf(tenant)];
      if (!digest) return undefined;
      const { confirmedAt, answer } = (await readConfirmed())[keyOf(tenant)] ?? {};
      return { digest, confirmedAt, answer, read: () => read(join(folder, fileOf(digest))) };
    },
    save(tenant, { digest, packed, ...confirmation }) {
      const keep = async (): Promise<boolean> => {
        const isKept = await write(tenant, digest, packed);
        if (isKept) await confirm(tenant, confirmation);
        return isKept;
      };
      // One at a time: files are read, changed and written.
      const saved = saving.then(keep).catch((error: unknown) => {
        log.warn({ tenant, err: error }, 'the schema snapshot could not be written');
        return true;
      });
      saving = saved;
      return saved;
    },
    watch(onChange) {
      const stop = new AbortController();
      const look = async () => {
        const entries = Object.entries(await readIndex());
        if (!stop.signal.aborted)
          onChange(new Map(entries.map(([key, digest]) => [key.slice(0, key.lastIndexOf(':')), digest])));
      };
      const begin = async () => {
        await mkdir(folder, { recursive: true });
        const changes = watchFolder(folder, { persistent: false, signal: stop.signal });
        for await (const { filename } of changes) if (filename === INDEX) await look();
      };
      // Where folders cannot be watched, others' news come with the next refresh.
      begin().catch((error: unknown) => {
        if (!stop.signal.aborted) log.debug({ err: error }, 'the folder of schema snapshots cannot be watched');
      });
      return () => stop.abort();
    },
  };
}

const isConfirmation = (value: unknown): value is Confirmation =>
  isObject(value) && Number.isSafeInteger(value['confirmedAt']) && typeof value['answer'] === 'string';

async function read(path: string): Promise<Buffer | undefined> {
  const content = await readFile(path).catch(() => undefined);
  if (!content) return undefined;
  try {
    return new PackedSchema(await unzip(content)).bytes;
  } catch {
    // Or it would stand in the way of a whole one.
    await rm(path, { force: true }).catch(() => {});
    return undefined;
  }
}

const DIGEST = /^[0-9a-f]{64}$/;
/** Those of earlier releases too, which nobody reads any more. */
const FILE = /^([0-9a-f]{64})\.(?:json|schema)\.gz$/;
const fileOf = (digest: string): string => `${digest}.schema.gz`;

/** Under its name only once it is complete, whatever happens in between. */
async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}
