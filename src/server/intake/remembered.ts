/** Most clients send the same few values all the time; what a stranger sends must not fill the memory. */
const MAX_VALUES = 100;
const MAX_CHARS = 200;

/** The same function, which reads what it has read before only once. For what depends on nothing but the text. */
export function remembered<Value>(read: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, { readonly value: Value }>();
  return (text) => {
    const found = known.get(text);
    if (found) return found.value;
    const value = read(text);
    if (text.length > MAX_CHARS) return value;
    if (known.size >= MAX_VALUES) known.clear();
    known.set(text, { value });
    return value;
  };
}
