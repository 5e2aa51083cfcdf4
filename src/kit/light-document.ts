import { type DefinitionNode, type DocumentNode, Kind } from 'graphql';

/**
 * A document that keeps its definitions only while somebody works with them, and makes them again for who comes later:
 * syntax trees are larger than the schema that is made of them, and after the start hardly anybody wants them again.
 */
export function lightDocument(make: () => readonly DefinitionNode[]): DocumentNode {
  // Held until the end of this turn of the event loop: who made the document mostly uses it there.
  let made = new WeakRef(make());
  return {
    kind: Kind.DOCUMENT,
    get definitions() {
      const known = made.deref();
      if (known) return known;
      const again = make();
      made = new WeakRef(again);
      return again;
    },
  };
}
