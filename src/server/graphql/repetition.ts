import { type DocumentNode, type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import { clip } from '../../kit/text/index.ts';

/**
 * Limit for pairs of fields with the same response name that validation compares in one document, including their selections:
 * each takes microseconds. One field 100 times has 4,950 pairs, and each level of fields in it as many again. Pairs of the same leaf without arguments take almost no time
 * and are not counted, since many fragments may select `id`.
 */
const MOST_COMPARISONS = 10_000;

/** The same limit for fragments that are spread in one place, which are compared with each other: 141 of them. */
const MOST_PAIRS_OF_FRAGMENTS = 10_000;

/** Limit for selections of all operations together, with fragments expanded: each takes a tenth of a microsecond. */
const MOST_SELECTIONS = 100_000;

/** The fields with the same response name in one place of the answer. */
interface Group {
  places: number;
  /** How often each plain leaf occurs, by the leaf's own name. */
  readonly leaves: Map<string, number>;
  readonly selected: SelectionSetNode[];
}

/** Maximum length of a client's name in a message, in UTF-8 bytes. */
const LONGEST_SHOWN = 100;

/**
 * Why it would take too long to compare all fields with the same response name, or undefined. Selections in several
 * places of one field are counted together, since they are answered together, and a fragment once in each of these.
 * @param document must not have circular fragments
 */
export function repetitionFault(document: DocumentNode): GatewayError | undefined {
  const comparisons = new Comparisons(document);
  const name = comparisons.tooMany();
  if (name === undefined) return undefined;
  return new GatewayError(
    'COST_EXCEEDED',
    comparisons.areOfFragments
      ? 'This document spreads too many fragments in one place. Combine some of them, or split it into several operations.'
      : `This document selects the same fields too often, such as "${clip(name, LONGEST_SHOWN)}". Select each field once, or split it into several operations.`,
  );
}

class Comparisons {
  readonly #document: DocumentNode;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #spread = new Set<FragmentDefinitionNode>();
  #comparisonsLeft = MOST_COMPARISONS;
  #pairsOfFragmentsLeft = MOST_PAIRS_OF_FRAGMENTS;
  #selectionsLeft = MOST_SELECTIONS;

  constructor(document: DocumentNode) {
    this.#document = document;
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(definition.name.value, definition);
  }

  /** Whether there are too many of these. */
  get areOfFragments(): boolean {
    return this.#pairsOfFragmentsLeft < 0;
  }

  /** The response name of a field where there are too many. */
  tooMany(): string | undefined {
    const { definitions } = this.#document;
    for (const definition of definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const name = this.#tooManyIn([definition.selectionSet]);
      if (name !== undefined) return name;
    }
    // Unused fragments and those with a duplicate name are compared too.
    for (const definition of definitions) {
      if (definition.kind !== Kind.FRAGMENT_DEFINITION || this.#spread.has(definition)) continue;
      const name = this.#tooManyIn([definition.selectionSet]);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  #tooManyIn(sets: readonly SelectionSetNode[]): string | undefined {
    for (const [name, group] of this.#groupsOf(sets)) {
      this.#comparisonsLeft -= comparisonsOf(group);
      if (Math.min(this.#comparisonsLeft, this.#pairsOfFragmentsLeft, this.#selectionsLeft) < 0) return name;
      const inside = group.selected.length > 0 ? this.#tooManyIn(group.selected) : undefined;
      if (inside !== undefined) return inside;
    }
    return undefined;
  }

  /** Selections that are answered together, by response name. */
  #groupsOf(sets: readonly SelectionSetNode[]): ReadonlyMap<string, Group> {
    const groups = new Map<string, Group>();
    const seen = new Set<FragmentDefinitionNode>();
    const collect = ({ selections }: SelectionSetNode) => {
      this.#selectionsLeft -= selections.length;
      for (const selection of selections) {
        if (selection.kind === Kind.FIELD) addTo(groups, selection);
        else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
        else {
          const fragment = this.#fragments.get(selection.name.value);
          if (!fragment || seen.has(fragment)) continue;
          seen.add(fragment);
          this.#spread.add(fragment);
          collect(fragment.selectionSet);
        }
      }
    };
    for (const set of sets) collect(set);
    this.#pairsOfFragmentsLeft -= pairsOf(seen.size);
    return groups;
  }
}

function addTo(groups: Map<string, Group>, { alias, name, arguments: given, selectionSet }: FieldNode): void {
  const responseName = (alias ?? name).value;
  const group: Group = groups.get(responseName) ?? { places: 0, leaves: new Map(), selected: [] };
  groups.set(responseName, group);
  group.places += 1;
  if (selectionSet) group.selected.push(selectionSet);
  else if (!given?.length) group.leaves.set(name.value, (group.leaves.get(name.value) ?? 0) + 1);
}

function comparisonsOf({ places, leaves }: Group): number {
  let count = pairsOf(places);
  for (const same of leaves.values()) count -= pairsOf(same);
  return count;
}

const pairsOf = (count: number): number => (count * (count - 1)) / 2;
