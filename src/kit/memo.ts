/**
 * Keeps what was made for a key, and begins anew when there is too much: for what depends on nothing but the key, is asked for
 * again and again with few keys, and is cheap to make once more.
 * @param isKept whether something is worth keeping; left out, everything is
 */
export function createMemo<Value>(
  maxEntries: number,
  isKept: (made: Value) => boolean = () => true,
): (key: string, make: () => Value) => Value {
  const kept = new Map<string, Value>();
  return (key, make) => {
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = make();
    if (!isKept(made)) return made;
    if (kept.size >= maxEntries) kept.clear();
    kept.set(key, made);
    return made;
  };
}
