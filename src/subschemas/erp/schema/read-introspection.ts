// Runs in a thread of its own, beside the one that serves requests: imports nothing large.
import { isObject, parseJson } from '../../../kit/json.ts';
import { digestOf } from './digest-introspection.ts';
import { packIntrospection } from './pack-introspection.ts';

/** A tenant's schema as it was introspected, and what it is known by. */
export interface ReadSchema {
  /** SHA-256 over the content: the same for tenants on one release, whatever order they list it in. */
  readonly digest: string;
  /** Opened with `PackedSchema`. */
  readonly packed: Buffer;
}

/** Bytes that an answer may become: for a usual one of 50 MB, which is 20,000 types. */
export const MAX_MEMORY = 512 * 2 ** 20;

/**
 * Reads an introspection answer, checks it and packs it.
 * @returns undefined when it is none. @throws TypeError saying what is wrong with it
 */
export function readIntrospection(answer: Buffer): ReadSchema | undefined {
  if (memoryOf(answer) > MAX_MEMORY) throw new TypeError('the answer is too large');
  const body = parseJson(answer);
  const data = isObject(body) ? body['data'] : undefined;
  const schema = isObject(data) ? data['__schema'] : undefined;
  if (!isObject(schema)) return undefined;
  // Checks everything, so that what comes after need not.
  const packed = packIntrospection(schema);
  return { digest: digestOf(data as unknown as Parameters<typeof digestOf>[0]), packed };
}

/**
 * What JSON may become at most, by the signs it is made of. Nothing else keeps a parser from filling a thread's memory: it
 * cannot be interrupted, and a thread that is full takes the process with it.
 */
function memoryOf(json: Buffer): number {
  let memory = json.length * 3;
  // By index: an iterator takes ten times as long.
  for (let at = 0; at < json.length; at++) memory += COSTS[json[at] ?? 0] ?? 0;
  return memory;
}

/** An object with a name nobody has met yet, an array with its elements, and what each value adds to them. */
const COSTS = new Uint16Array(256);
COSTS['{'.charCodeAt(0)] = 256;
COSTS['['.charCodeAt(0)] = 64;
COSTS[','.charCodeAt(0)] = 64;
