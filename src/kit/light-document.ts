import { type DefinitionNode, type DocumentNode, Kind } from 'graphql';

/**
 * A document that keeps its definitions only while they are in use, and creates them again when needed later: syntax
 * trees are larger than the schema that is built from them, and are rarely needed after the start.
 */
export function lightDocument(make: () => readonly DefinitionNode[]): DocumentNode {
  // Held until the end of this turn of the event loop: the creator of the document usually uses it there.
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
