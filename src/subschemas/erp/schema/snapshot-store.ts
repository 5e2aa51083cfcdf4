import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, stat, watch as watchFolder, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Logger } from 'pino';
import { isObject, parseJson } from '../../../kit/json.ts';
import { mapInTurns } from '../../../kit/turns.ts';
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
  /** The tenant is gone, or another one under its name. */
  remove?(tenant: string): Promise<void>;
  /** Calls back when a tenant's schema changes, no matter who changed it. Never keeps a process alive. @returns what ends it */
  watch?(onChange: (digests: ReadonlyMap<string, string>) => void): () => void;
}

export interface SnapshotStoreOptions {
  /** Made when it is missing. */
  readonly folder: string;
  /** What else a snapshot belongs to: a tenant that got another address or id under the same name has another schema. */
  readonly identityOf: (tenant: string) => string;
  readonly log: Logger;
}

/** A file for each tenant in it: thousands of tenants are read and written one by one. */
const TENANTS = 'tenants';
const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Which schema a tenant has, as its file says. */
interface Entry extends Confirmation {
  readonly identity: string;
  readonly digest: string;
}

/** Files `<digest>.schema.gz`, shared by tenants on one release, and `tenants/<name>.json`, which says which one is whose, and since when. */
export function createSnapshotStore({ folder, identityOf, log }: SnapshotStoreOptions): SnapshotStore {
  const tenants = join(folder, TENANTS);
  const identityDigest = (tenant: string) => createHash('sha256').update(identityOf(tenant)).digest('hex').slice(0, 16);
  const sweep = createSweep(folder);
  let saving: Promise<unknown> = Promise.resolve();

  const readOwn = async (tenant: string): Promise<Entry | undefined> => {
    const entry = await readEntry(join(tenants, fileOfTenant(tenant)));
    return entry?.identity === identityDigest(tenant) ? entry : undefined;
  };

  const write = async (tenant: string, { digest, packed, confirmedAt, answer }: ConfirmedSchema): Promise<boolean> => {
    await mkdir(tenants, { recursive: true });
    const file = join(folder, fileOf(digest));
    const isKept = await access(file).then(
      () => true,
      () => false,
    );
    // Taken away since it was written: the next refresh brings it again.
    if (!isKept && !packed) return false;
    if (!isKept && packed) await writeWhole(file, await zip(packed, { level: 6 }));
    const path = join(tenants, fileOfTenant(tenant));
    const before = await readEntry(path);
    const entry: Entry = { identity: identityDigest(tenant), digest, confirmedAt, answer };
    await writeWhole(path, `${JSON.stringify(entry)}\n`);
    if (before && before.digest !== digest) await sweep();
    return true;
  };

  /** One at a time: files are read, changed and written. */
  const inTurn = <Result>(tenant: string, work: () => Promise<Result>, otherwise: Result): Promise<Result> => {
    const done = saving.then(work).catch((error: unknown) => {
      log.warn({ tenant, err: error }, 'the schema snapshot could not be written');
      return otherwise;
    });
    saving = done;
    return done;
  };

  return {
    async load(tenant) {
      const entry = await readOwn(tenant);
      if (!entry) return undefined;
      const { digest, confirmedAt, answer } = entry;
      return { digest, confirmedAt, answer, read: () => read(join(folder, fileOf(digest))) };
    },
    save: (tenant, shown) => inTurn(tenant, () => write(tenant, shown), true),
    remove: (tenant) => inTurn(tenant, () => rm(join(tenants, fileOfTenant(tenant)), { force: true }), undefined),
    watch(onChange) {
      const stop = new AbortController();
      const look = async (filename: string) => {
        const entry = await readEntry(join(tenants, filename));
        if (entry && !stop.signal.aborted) onChange(new Map([[filename.slice(0, -ENDING.length), entry.digest]]));
      };
      const begin = async () => {
        await mkdir(tenants, { recursive: true });
        const changes = watchFolder(tenants, { persistent: false, signal: stop.signal });
        for await (const { filename } of changes) if (filename?.endsWith(ENDING)) await look(filename);
      };
      // Where folders cannot be watched, others' news come with the next refresh.
      begin().catch((error: unknown) => {
        if (!stop.signal.aborted) log.debug({ err: error }, 'the folder of schema snapshots cannot be watched');
      });
      return () => stop.abort();
    },
  };
}

const ENDING = '.json';
/** Names of tenants are letters, digits, dots, dashes and underscores. */
const fileOfTenant = (tenant: string) => `${tenant}${ENDING}`;

/** Between two looks for files that nobody has any more, ms: each reads the files of all tenants. */
const SWEEP_PAUSE_MS = 10 * 60_000;
const READ_AT_ONCE = 16;

/** Removes schemas that no tenant has any more, but for those that somebody may just be writing. */
function createSweep(folder: string): () => Promise<void> {
  let sweptAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (Date.now() - sweptAt < SWEEP_PAUSE_MS) return;
    sweptAt = Date.now();
    const names = (await readdir(join(folder, TENANTS))).filter((name) => name.endsWith(ENDING));
    const entries = await mapInTurns(names, READ_AT_ONCE, (name) => readEntry(join(folder, TENANTS, name)));
    const used = new Set(entries.flatMap((entry) => entry?.digest ?? []));
    for (const name of await readdir(folder)) {
      const [, digest] = FILE.exec(name) ?? [];
      if (digest === undefined || (used.has(digest) && name === fileOf(digest))) continue;
      const { mtimeMs } = await stat(join(folder, name));
      if (Date.now() - mtimeMs > SWEEP_PAUSE_MS) await rm(join(folder, name), { force: true });
    }
  };
}

async function readEntry(path: string): Promise<Entry | undefined> {
  const content = parseJson(await readFile(path).catch(() => Buffer.from('{}')));
  return isObject(content) && isEntry(content) ? content : undefined;
}

const isEntry = (value: Readonly<Record<string, unknown>>): value is Readonly<Record<string, unknown>> & Entry =>
  typeof value['identity'] === 'string' && DIGEST.test(String(value['digest'])) && isConfirmation(value);

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
  // Two gateways in one process write beside each other, too.
  const unfinished = `${path}.${randomUUID()}.part`;
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}
