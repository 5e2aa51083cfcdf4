import { type DocumentNode, type FragmentDefinitionNode, Kind, visit } from 'graphql';

/** By variable, without its `$`. */
export type VariableUses = ReadonlyMap<string, number>;

/**
 * How often each variable is used in the operation that uses it most, counting a fragment wherever it is
 * spread: a value that is sent once is read, checked and printed that often.
 * @param document must not have circular fragments
 */
export function usesOfVariables(document: DocumentNode): VariableUses {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const counted = new Map<string, VariableUses>();

  const usesIn = (definition: DocumentNode['definitions'][number]): VariableUses => {
    const uses = new Map<string, number>();
    const add = (name: string, count: number) => uses.set(name, (uses.get(name) ?? 0) + count);
    visit(definition, {
      // Its declaration is not a use.
      [Kind.VARIABLE_DEFINITION]: () => false,
      [Kind.VARIABLE]: ({ name }) => void add(name.value, 1),
      [Kind.FRAGMENT_SPREAD]: ({ name }) => {
        for (const [variable, count] of ofFragment(name.value)) add(variable, count);
      },
    });
    return uses;
  };

  const ofFragment = (name: string): VariableUses => {
    const fragment = fragments.get(name);
    const known = counted.get(name) ?? (fragment ? usesIn(fragment) : NONE);
    counted.set(name, known);
    return known;
  };

  const most = new Map<string, number>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const [name, count] of usesIn(definition)) most.set(name, Math.max(most.get(name) ?? 0, count));
  }
  return most;
}

const NONE: VariableUses = new Map();
