/** The items in order, in lists of at most that size: none for no items. */
export const inChunks = <Item>(items: readonly Item[], size: number): (readonly Item[])[] =>
  items.length > 0 && items.length <= size
    ? [items]
    : Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
        items.slice(index * size, (index + 1) * size),
      );
