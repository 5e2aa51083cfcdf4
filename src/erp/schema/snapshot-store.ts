import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, watch as watchFolder, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Logger } from 'pino';
import { isObject, parseJson } from '../answer.ts';

/** An introspection answer that was kept. */
export interface Snapshot {
  readonly digest: string;
  /** Unpacks it; undefined when its file is gone or broken. */
  readonly read: () => Promise<{ readonly bytes: Buffer; readonly data: () => unknown } | undefined>;
}

/** Keeps introspection answers over restarts, so that a gateway can start while a tenant is down. Never throws: a lost snapshot costs only time. */
export interface SnapshotStore {
  load(tenant: string): Promise<Snapshot | undefined>;
  save(tenant: string, snapshot: { readonly digest: string; readonly bytes: Buffer }): Promise<void>;
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
const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Files `<digest>.json.gz`, shared by tenants on one release, and `tenants.json`, which says whose is which. */
export function createSnapshotStore({ folder, identityOf, log }: SnapshotStoreOptions): SnapshotStore {
  const keyOf = (tenant: string) =>
    `${tenant}:${createHash('sha256').update(identityOf(tenant)).digest('hex').slice(0, 16)}`;
  let saving: Promise<void> = Promise.resolve();
  const written = new Set<string>();

  const readIndex = async (): Promise<Record<string, string>> => {
    const index = parseJson(await readFile(join(folder, INDEX)).catch(() => Buffer.from('{}')));
    if (!isObject(index)) return {};
    return Object.fromEntries(
      Object.entries(index).filter((entry): entry is [string, string] => DIGEST.test(String(entry[1]))),
    );
  };

  const write = async (tenant: string, digest: string, bytes: Buffer | undefined): Promise<void> => {
    await mkdir(folder, { recursive: true });
    const index = await readIndex();
    const file = `${digest}.json.gz`;
    const kept = await readdir(folder);
    if (index[keyOf(tenant)] === digest && kept.includes(file)) return;
    if (!kept.includes(file)) {
      // Taken away since it was written: the next refresh brings it again.
      if (!bytes) return void written.delete(digest);
      await writeWhole(join(folder, file), await zip(bytes, { level: 6 }));
    }
    // One a tenant: what belonged to its former address or id is nobody's any more.
    const isSame = (key: string) => key.slice(0, key.lastIndexOf(':')) === tenant;
    for (const key of Object.keys(index).filter(isSame)) delete index[key];
    index[keyOf(tenant)] = digest;
    await writeWhole(join(folder, INDEX), `${JSON.stringify(index, null, 2)}\n`);
    const used = new Set(Object.values(index));
    const old = kept.filter((name) => name.endsWith('.json.gz') && !used.has(name.slice(0, -'.json.gz'.length)));
    for (const name of old) written.delete(name.slice(0, -'.json.gz'.length));
    await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
  };

  return {
    async load(tenant) {
      const digest = (await readIndex())[keyOf(tenant)];
      if (!digest) return undefined;
      const read = async () => {
        try {
          const bytes = await unzip(await readFile(join(folder, `${digest}.json.gz`)));
          return { bytes, data: () => dataOf(parseJson(bytes)) };
        } catch {
          return undefined;
        }
      };
      return { digest, read };
    },
    save(tenant, { digest, bytes }) {
      // Only the first of many tenants on one release has its megabytes wait in the queue.
      const content = written.has(digest) ? undefined : bytes;
      written.add(digest);
      // One at a time: the index is read, changed and written.
      saving = saving
        .then(() => write(tenant, digest, content))
        .catch((error: unknown) => {
          written.delete(digest);
          log.warn({ tenant, err: error }, 'the schema snapshot could not be written');
        });
      return saving;
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

const dataOf = (body: unknown): unknown => (isObject(body) ? body['data'] : undefined);

const DIGEST = /^[0-9a-f]{64}$/;

/** Under its name only once it is complete, whatever happens in between. */
async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}
