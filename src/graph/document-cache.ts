export interface DocumentCacheOptions {
  readonly maxEntries: number;
  /**
   * Length of all the texts together. What is kept of a document is up to 250 times its text,
   * so it is the texts that must be counted and not the documents.
   */
  readonly maxChars: number;
}

/** Keeps what was made of a text, least recently used ones let go. */
export function createDocumentCache<Value>({ maxEntries, maxChars }: DocumentCacheOptions) {
  const entries = new Map<string, Value>();
  let chars = 0;

  const remove = (text: string) => {
    if (entries.delete(text)) chars -= text.length;
  };

  return {
    get(text: string): Value | undefined {
      const value = entries.get(text);
      // The order says who goes first, and while there is much room nobody does.
      if (value === undefined || (entries.size < maxEntries / 2 && chars < maxChars / 2)) return value;
      // A map keeps the order of insertion: what was used last is put last.
      entries.delete(text);
      entries.set(text, value);
      return value;
    },
    set(text: string, value: Value): void {
      remove(text);
      if (text.length > maxChars) return;
      entries.set(text, value);
      chars += text.length;
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && chars <= maxChars) break;
        remove(oldest);
      }
    },
  };
}
