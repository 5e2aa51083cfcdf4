/** Drops keys whose value is undefined: left out is left out. */
export function defined<T extends object>(value: T): Defined<T> {
  // What remains has exactly the keys that are set.
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}

export type Defined<T> = { [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};
