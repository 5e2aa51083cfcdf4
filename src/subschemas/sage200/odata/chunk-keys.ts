/** Maximum length of an or-chain. Sage publishes no limit, so both are settings. */
export interface ChainLimits {
  /** Halved permanently if Sage refuses a chain for its length. */
  maxTerms: number;
  readonly maxUrlBytes: number;
}

/**
 * Splits keys into or-chains within both limits.
 * @param fixedBytes length of the rest of the URL
 * @param termBytes length of one encoded `field eq key or `
 */
export function chunkKeys<Key>(
  keys: readonly Key[],
  limits: ChainLimits,
  fixedBytes: number,
  termBytes: (key: Key) => number,
): Key[][] {
  const chunks: Key[][] = [];
  let chunk: Key[] = [];
  let bytes = fixedBytes;
  for (const key of keys) {
    const cost = termBytes(key);
    const isFull = chunk.length >= limits.maxTerms || bytes + cost > limits.maxUrlBytes;
    if (isFull && chunk.length > 0) {
      chunks.push(chunk);
      chunk = [];
      bytes = fixedBytes;
    }
    chunk.push(key);
    bytes += cost;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
