// Runs in a separate thread beside the one that serves requests, so it must not import anything large.
import { isObject, parseJson } from '../../../kit/json.ts';
import { COMMA, OPEN_LIST, OPEN_OBJECT } from '../../../kit/json-characters.ts';
import { digestOf } from './digest-introspection.ts';
import { packIntrospection } from './pack-introspection.ts';

/** A tenant's schema from introspection, and its digest. */
export interface ReadSchema {
  /** SHA-256 over the content: the same for tenants on the same release, whatever their order. */
  readonly digest: string;
  /** Opened with `PackedSchema`. */
  readonly packed: Buffer;
}

/** Maximum memory of a parsed answer: enough for a typical one of 50 MB with 20,000 types. */
export const MAX_MEMORY = 512 * 2 ** 20;

/**
 * Parses, checks and packs an introspection answer.
 * @returns undefined if it is not one. @throws TypeError saying what is wrong with it
 */
export function readIntrospection(answer: Buffer): ReadSchema | undefined {
  if (memoryOf(answer) > MAX_MEMORY) throw new TypeError('the answer is too large');
  const body = parseJson(answer);
  const data = isObject(body) ? body['data'] : undefined;
  const schema = isObject(data) ? data['__schema'] : undefined;
  if (!isObject(schema)) return undefined;
  // Checks everything, so that later code need not.
  const packed = packIntrospection(schema);
  return { digest: digestOf(data as unknown as Parameters<typeof digestOf>[0]), packed };
}

/**
 * Maximum memory of parsed JSON, estimated from its characters. This is the only protection against a parser that fills a thread's memory:
 * it cannot be interrupted, and a thread without memory ends the process.
 */
function memoryOf(json: Buffer): number {
  let memory = json.length * 3;
  // By index, since an iterator takes ten times as long.
  for (let at = 0; at < json.length; at++) memory += COSTS[json[at] ?? 0] ?? 0;
  return memory;
}

/** Cost of an object with a new member name, an array, and each value in them. */
const COSTS = new Uint16Array(256);
COSTS[OPEN_OBJECT] = 256;
COSTS[OPEN_LIST] = 64;
COSTS[COMMA] = 64;
