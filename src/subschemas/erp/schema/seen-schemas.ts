import { isObject } from '../../../kit/json.ts';

/** A schema that a tenant has had. */
export interface SeenSchema {
  readonly digest: string;
  /** Epoch ms at which the tenant first showed it. */
  readonly seenAt: number;
}

/** Schemas remembered for each tenant, including the current one: two years of monthly releases. */
const MOST_SEEN = 24;

/** Limit for the files of schemas that no tenant has any more, in bytes: a schema of 6,000 types takes 150 kB. */
export const MOST_PAST_BYTES = 200_000_000;

/** Adds the schema that a tenant shows now. A tenant that switches back and forth between two schemas has two, not hundreds. */
export function withSeen(seen: readonly SeenSchema[], shown: SeenSchema): readonly SeenSchema[] {
  if (seen.some(({ digest }) => digest === shown.digest)) return seen;
  return [...seen, shown].slice(-MOST_SEEN);
}

/** Reads it from a file; undefined if the file was written by a release without a history. */
export function parseSeen(value: unknown): readonly SeenSchema[] | undefined {
  return Array.isArray(value) ? value.filter(isSeen) : undefined;
}

/** Checked strictly, since digests become file names. */
export const isDigest = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

const isSeen = (value: unknown): value is SeenSchema =>
  isObject(value) && isDigest(value['digest']) && Number.isSafeInteger(value['seenAt']);

export interface SchemaFile {
  readonly digest: string;
  readonly bytes: number;
}

/**
 * Decides which schema files to keep: those of current schemas, and the most recently seen past ones within the limit.
 */
export function filesToKeep(
  files: readonly SchemaFile[],
  tenants: readonly { readonly digest: string; readonly seen: readonly SeenSchema[] }[],
  mostPastBytes: number,
): ReadonlySet<string> {
  const kept = new Set(tenants.map(({ digest }) => digest));
  const seenAt = new Map<string, number>();
  for (const { seen } of tenants)
    for (const each of seen) seenAt.set(each.digest, Math.max(each.seenAt, seenAt.get(each.digest) ?? 0));
  const past = files
    .filter(({ digest }) => seenAt.has(digest) && !kept.has(digest))
    .sort((one, other) => (seenAt.get(other.digest) ?? 0) - (seenAt.get(one.digest) ?? 0));
  let room = mostPastBytes;
  for (const { digest, bytes } of past) {
    room -= bytes;
    if (room < 0) break;
    kept.add(digest);
  }
  return kept;
}
