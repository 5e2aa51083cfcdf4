import { type DefinitionNode, type DocumentNode, Kind } from 'graphql';

/** Keeps what `make` creates only while it is in use, and creates it again when it is needed later. */
export function light<Value extends object>(make: () => Value): () => Value {
  let made: WeakRef<Value> | undefined;
  return () => {
    const known = made?.deref();
    if (known) return known;
    const again = make();
    made = new WeakRef(again);
    return again;
  };
}

/**
 * A document that keeps its definitions only while they are in use: syntax trees are larger than the schema that is built
 * from them, and are rarely needed after the start.
 */
export function lightDocument(make: () => readonly DefinitionNode[]): DocumentNode {
  const definitions = light(make);
  return {
    kind: Kind.DOCUMENT,
    get definitions() {
      return definitions();
    },
  };
}
