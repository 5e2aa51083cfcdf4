import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm, stat, watch as watchFolder, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { Logger } from 'pino';
import { isObject, parseJson } from '../../../kit/json.ts';
import { mapInTurns } from '../../../kit/turns.ts';
import { PackedSchema } from './packed-schema.ts';
import {
  filesToKeep,
  isDigest,
  MOST_PAST_BYTES,
  parseSeen,
  type SchemaFile,
  type SeenSchema,
  withSeen,
} from './seen-schemas.ts';

/** A stored packed schema. */
export interface Snapshot {
  readonly digest: string;
  /** When the tenant last confirmed this schema, as far as known, epoch ms. */
  readonly confirmedAt: number | undefined;
  /** SHA-256 of the tenant's answer. */
  readonly answer: string | undefined;
  /** Unpacks it; undefined if its file is missing or broken. */
  readonly read: () => Promise<Buffer | undefined>;
}

/** A schema that a tenant has or had. */
export interface KeptSchema extends SeenSchema, Pick<Snapshot, 'read'> {
  readonly isCurrent: boolean;
}

/** What was just read from a tenant. */
export interface ConfirmedSchema {
  readonly digest: string;
  /** Undefined if it was already stored. */
  readonly packed: Buffer | undefined;
  readonly confirmedAt: number;
  /** SHA-256 of the answer, so that the next process does not have to read the same answer again. */
  readonly answer: string;
}

type Confirmation = Pick<ConfirmedSchema, 'confirmedAt' | 'answer'>;

/** Stores packed schemas, so that a gateway can start while a tenant is down. Never throws: a lost snapshot only costs time. */
export interface SnapshotStore {
  load(tenant: string): Promise<Snapshot | undefined>;
  /** @returns false if it could not be stored, because `packed` is undefined and its file is missing */
  save(tenant: string, shown: ConfirmedSchema): Promise<boolean>;
  /** The schemas that the tenant has had, including the current one, ordered by when they were first seen. */
  history?(tenant: string): Promise<readonly KeptSchema[]>;
  /** Removes the history of a tenant that was removed, or replaced by another one with the same name. */
  remove?(tenant: string): Promise<void>;
  /** Calls back when a tenant's schema changes, no matter who changed it. Never keeps a process alive. @returns stops watching */
  watch?(onChange: (digests: ReadonlyMap<string, string>) => void): () => void;
}

export interface SnapshotStoreOptions {
  /** Created if it is missing. */
  readonly folder: string;
  /**
   * Identifies a tenant beyond its name: with another address or id, the same name may have another schema. Undefined if there is
   * no such tenant.
   */
  readonly identityOf: (tenant: string) => string | undefined;
  readonly log: Logger;
  /** Limit for the files of schemas that no tenant has any more. @default 200 MB */
  readonly mostPastBytes?: number;
}

/** A folder with a file for each tenant, so that thousands of tenants are read and written one by one. */
const TENANTS = 'tenants';
const zip = promisify(gzip);
const unzip = promisify(gunzip);

/** Which schema a tenant has, from its file. */
interface Entry extends Confirmation {
  readonly identity: string;
  readonly digest: string;
  /** Ordered by when they were first seen, including `digest`. */
  readonly seen: readonly SeenSchema[];
}

/**
 * Stores schemas in `<digest>.schema.gz`, shared by tenants on the same release. `tenants/<name>.json` says which schema a tenant has,
 * since when, and which ones it had before.
 */
export function createSnapshotStore(options: SnapshotStoreOptions): SnapshotStore {
  const { folder, identityOf, log } = options;
  const tenants = join(folder, TENANTS);
  const identityDigest = (tenant: string) =>
    createHash('sha256')
      .update(identityOf(tenant) ?? '')
      .digest('hex')
      .slice(0, 16);
  const sweep = createSweep(options);
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
    // It was removed after it was written; the next refresh restores it.
    if (!isKept && !packed) return false;
    if (!isKept && packed) await writeWhole(file, await zip(packed, { level: 6 }));
    const path = join(tenants, fileOfTenant(tenant));
    const before = await readEntry(path);
    const identity = identityDigest(tenant);
    const seen = withSeen(before?.identity === identity ? before.seen : [], { digest, seenAt: confirmedAt });
    const entry: Entry = { identity, digest, confirmedAt, answer, seen };
    await writeWhole(path, `${JSON.stringify(entry)}\n`);
    if (before && before.digest !== digest) await sweep();
    return true;
  };

  const remove = async (tenant: string): Promise<void> => {
    // Another process may already have stored the schema of a new tenant with the same name.
    if (identityOf(tenant) !== undefined && (await readOwn(tenant))) return;
    await rm(join(tenants, fileOfTenant(tenant)), { force: true });
    await sweep();
  };

  /** One at a time, because each change reads, edits and writes a file. */
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
    async history(tenant) {
      const { digest: current, seen = [] } = (await readOwn(tenant)) ?? {};
      return seen.map(({ digest, seenAt }) => ({
        digest,
        seenAt,
        isCurrent: digest === current,
        read: () => read(join(folder, fileOf(digest))),
      }));
    },
    remove: (tenant) => inTurn(tenant, () => remove(tenant), undefined),
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
      // If folders cannot be watched, changes by others are seen with the next refresh.
      begin().catch((error: unknown) => {
        if (!stop.signal.aborted) log.debug({ err: error }, 'the folder of schema snapshots cannot be watched');
      });
      return () => stop.abort();
    },
  };
}

const ENDING = '.json';
/** Tenant names contain letters, digits, dots, dashes and underscores. */
const fileOfTenant = (tenant: string) => `${tenant}${ENDING}`;

/** Time between two searches for unused files, ms: each reads the files of all tenants. */
const SWEEP_PAUSE_MS = 10 * 60_000;
const READ_AT_ONCE = 16;

/** A tenant that this gateway does not know may belong to another gateway, which confirms its schema from time to time. */
const FORGOTTEN_MS = 30 * 24 * 3600_000;

/**
 * Removes past schemas that exceed the limit, and tenants that no longer exist. Files that were written recently stay, because
 * another process may not have finished with them.
 */
function createSweep({ folder, identityOf, mostPastBytes = MOST_PAST_BYTES }: SnapshotStoreOptions) {
  let sweptAt = Number.NEGATIVE_INFINITY;
  return async (): Promise<void> => {
    if (Date.now() - sweptAt < SWEEP_PAUSE_MS) return;
    sweptAt = Date.now();
    const entries = await sweepTenants(folder, identityOf);
    const found = await mapInTurns(await readdir(folder).catch(() => []), READ_AT_ONCE, (name) =>
      readSchemaFile(folder, name),
    );
    const files = found.filter((file) => file !== undefined);
    const kept = filesToKeep(files, entries, mostPastBytes);
    for (const { name, digest, writtenAt } of files)
      if (!(kept.has(digest) && name === fileOf(digest)) && Date.now() - writtenAt > SWEEP_PAUSE_MS)
        await rm(join(folder, name), { force: true });
  };
}

/** @returns the remaining entries */
async function sweepTenants(folder: string, identityOf: SnapshotStoreOptions['identityOf']): Promise<readonly Entry[]> {
  const names = (await readdir(join(folder, TENANTS)).catch(() => [])).filter((name) => name.endsWith(ENDING));
  const entries = await mapInTurns(names, READ_AT_ONCE, async (name) => {
    const path = join(folder, TENANTS, name);
    const entry = await readEntry(path);
    const isUnknown = identityOf(name.slice(0, -ENDING.length)) === undefined;
    if (!entry || !isUnknown || Date.now() - entry.confirmedAt <= FORGOTTEN_MS) return entry;
    await rm(path, { force: true });
    return undefined;
  });
  return entries.filter((entry) => entry !== undefined);
}

interface NamedSchemaFile extends SchemaFile {
  readonly name: string;
  /** Epoch ms. */
  readonly writtenAt: number;
}

/** Undefined if it is not a schema, or if another process has just removed it. */
async function readSchemaFile(folder: string, name: string): Promise<NamedSchemaFile | undefined> {
  const [, digest] = FILE.exec(name) ?? [];
  const found = digest === undefined ? undefined : await stat(join(folder, name)).catch(() => undefined);
  return found && digest !== undefined ? { name, digest, bytes: found.size, writtenAt: found.mtimeMs } : undefined;
}

async function readEntry(path: string): Promise<Entry | undefined> {
  const content = parseJson(await readFile(path).catch(() => Buffer.from('{}')));
  if (!isObject(content) || !isPlainEntry(content)) return undefined;
  const { identity, digest, confirmedAt, answer } = content;
  const seen = parseSeen(content['seen']) ?? [{ digest, seenAt: confirmedAt }];
  return { identity, digest, confirmedAt, answer, seen };
}

type PlainEntry = Omit<Entry, 'seen'>;

const isPlainEntry = (
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, unknown>> & PlainEntry =>
  typeof value['identity'] === 'string' && isDigest(value['digest']) && isConfirmation(value);

const isConfirmation = (value: unknown): value is Confirmation =>
  isObject(value) && Number.isSafeInteger(value['confirmedAt']) && typeof value['answer'] === 'string';

async function read(path: string): Promise<Buffer | undefined> {
  const content = await readFile(path).catch(() => undefined);
  if (!content) return undefined;
  try {
    return new PackedSchema(await unzip(content)).bytes;
  } catch {
    // Otherwise it would prevent a complete one from being stored.
    await rm(path, { force: true }).catch(() => {});
    return undefined;
  }
}

/** Including those of earlier releases, which are no longer read. */
const FILE = /^([0-9a-f]{64})\.(?:json|schema)\.gz$/;
const fileOf = (digest: string): string => `${digest}.schema.gz`;

/** The file gets its name only once it is complete. */
async function writeWhole(path: string, content: string | Buffer): Promise<void> {
  // Two gateways in one process may write at the same time, too.
  const unfinished = `${path}.${randomUUID()}.part`;
  await writeFile(unfinished, content);
  await rename(unfinished, path);
}
