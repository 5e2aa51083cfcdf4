/** An object whose values are created when they are first read. */
export function lazyRecord<Value>(makers: Readonly<Record<string, () => Value>>): Record<string, Value> {
  const descriptors = Object.entries(makers).map(([name, make]) => {
    // The member itself stays as it is: replacing it by its value takes longer, the more members there are.
    let made: { readonly value: Value } | undefined;
    const get = () => {
      made ??= { value: make() };
      return made.value;
    };
    return [name, { enumerable: true, get }] as const;
  });
  return Object.defineProperties({}, Object.fromEntries(descriptors));
}
