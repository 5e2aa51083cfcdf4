import { type DocumentNode, type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import { clip } from '../../kit/text/index.ts';

/**
 * Pairs of fields with one response name that validation compares in one document, down to what is selected in them: each
 * takes it microseconds. One field 100 times has 4,950, and each level of fields in it as many again. Pairs of the same leaf without arguments take it next to nothing
 * and are not counted: many fragments may each ask for `id`.
 */
const MOST_COMPARISONS = 10_000;

/** The same for fragments that are spread in one place, each of which is compared with each other: 141 of them in one. */
const MOST_PAIRS_OF_FRAGMENTS = 10_000;

/** Selections of all operations together, with their fragments written out: of these, one takes a tenth of a microsecond. */
const MOST_SELECTIONS = 100_000;

/** The fields with one response name in one place of the answer. */
interface Group {
  places: number;
  /** How often it is each plain leaf, by the leaf's own name. */
  readonly leaves: Map<string, number>;
  readonly selected: SelectionSetNode[];
}

/** UTF-8 bytes of a client's name in a message. */
const LONGEST_SHOWN = 100;

/**
 * Why comparing all fields with one response name with each other would take long, or undefined. What is selected in several
 * places of one field is counted together, as it is answered together, and a fragment once in each of these.
 * @param document without circles of fragments
 */
export function repetitionFault(document: DocumentNode): GatewayError | undefined {
  const comparisons = new Comparisons(document);
  const name = comparisons.tooMany();
  if (name === undefined) return undefined;
  return new GatewayError(
    'COST_EXCEEDED',
    comparisons.areOfFragments
      ? 'This document spreads so many fragments in one place that they cannot be compared with each other. Put some of them together, or split it into several operations.'
      : `This document selects the same fields so often, such as "${clip(name, LONGEST_SHOWN)}", that they cannot be compared with each other. Select each field once, or split it into several operations.`,
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

  /** Whether it is these that are too many. */
  get areOfFragments(): boolean {
    return this.#pairsOfFragmentsLeft < 0;
  }

  /** The response name of a field in the place where there were too many. */
  tooMany(): string | undefined {
    const { definitions } = this.#document;
    for (const definition of definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
      const name = this.#tooManyIn([definition.selectionSet]);
      if (name !== undefined) return name;
    }
    // Those nobody spreads, or that have the name of another, are compared as well.
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

  /** What is answered together, by response name. */
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
