import { type ASTNode, type DocumentNode, Kind, parse, print, visit } from 'graphql';
import type { Case } from './generate-case.ts';

/** Tries at most: each is several requests. */
const MOST_TRIES = 500;
/** And where upstreams hang, each takes seconds. */
const LONGEST_MS = 45_000;

/**
 * The smallest case found for which `isStill` holds: what can be left out of the document, the request and what the
 * upstreams do is left out.
 */
export async function minimise(found: Case, isStill: (smaller: Case) => Promise<boolean>): Promise<Case> {
  let smallest = found;
  let tries = 0;
  const until = performance.now() + LONGEST_MS;
  const isEnough = () => tries >= MOST_TRIES || performance.now() > until;
  const attempt = async (smaller: Case) => {
    if (isEnough() || smaller.source === '') return false;
    tries += 1;
    const holds = await isStill(smaller);
    if (holds) smallest = smaller;
    return holds;
  };
  for (const simpler of SIMPLER) await attempt(simpler(smallest));
  for (let changed = true; changed && !isEnough(); ) {
    changed = false;
    const sources = smallerSources(smallest.source);
    for (const source of sources) {
      const smaller = { ...smallest, source };
      if (sizeOf(source) < sizeOf(smallest.source) && (await attempt(smaller))) {
        changed = true;
        break;
      }
    }
  }
  for (const name of Object.keys(Object(smallest.variables))) {
    const { [name]: _, ...variables } = Object(smallest.variables) as Record<string, unknown>;
    await attempt({ ...smallest, variables });
  }
  return smallest;
}

/** However it is laid out. */
const sizeOf = (source: string) => source.replaceAll(/\s+/g, '').length;

const SIMPLER: readonly ((from: Case) => Case)[] = [
  (from) => ({ ...from, again: [] }),
  (from) => ({ ...from, again: from.again.slice(0, 1) }),
  (from) => ({ ...from, again: from.again.slice(1) }),
  (from) => ({ ...from, again: from.again.map((each) => ({ ...each, behaviour: {} })) }),
  (from) => ({ ...from, again: from.again.map((each) => ({ ...each, headers: {} })) }),
  (from) => ({ ...from, again: from.again.map((each) => ({ ...each, caller: from.caller })) }),
  (from) => ({ ...from, behaviour: {} }),
  ({ behaviour: { fault: _, ...behaviour }, ...from }) => ({ ...from, behaviour }),
  ({ behaviour: { oddness: _, ...behaviour }, ...from }) => ({ ...from, behaviour }),
  (from) => ({ ...from, headers: {} }),
  (from) => ({ ...from, caller: 'owner' }),
  (from) => ({ ...from, method: 'POST' }),
  ({ more: _, ...from }) => from,
  ({ operationName: _, ...from }) => from,
  ({ variables: _, ...from }) => from,
];

/** The document with one part left out, the largest parts first. */
function smallerSources(source: string): string[] {
  let document: DocumentNode;
  try {
    document = parse(source, { noLocation: true });
  } catch {
    return [];
  }
  const parts: ASTNode[] = [];
  visit(document, {
    enter(node) {
      if (isRemovable(node)) parts.push(node);
    },
  });
  const without = parts.flatMap((part) => [...unwrapped(document, part), leaveOut(document, part)]);
  const texts = without.flatMap((smaller) => {
    try {
      const text = print(withoutUnused(smaller));
      parse(text);
      return [text];
    } catch {
      return [];
    }
  });
  return [...new Set(texts)].sort((one, other) => sizeOf(one) - sizeOf(other));
}

const REMOVABLE: ReadonlySet<string> = new Set([
  Kind.FIELD,
  Kind.INLINE_FRAGMENT,
  Kind.FRAGMENT_SPREAD,
  Kind.FRAGMENT_DEFINITION,
  Kind.OPERATION_DEFINITION,
  Kind.ARGUMENT,
  Kind.DIRECTIVE,
  Kind.VARIABLE_DEFINITION,
  Kind.OBJECT_FIELD,
]);
const isRemovable = ({ kind }: ASTNode) => REMOVABLE.has(kind);

/** A document is refused for fragments and variables that nothing uses. */
function withoutUnused(document: DocumentNode): DocumentNode {
  const used = new Set<string>();
  visit(document, {
    FragmentSpread: ({ name }) => void used.add(name.value),
    Variable: ({ name }, _key, parent) => {
      const isDeclared = parent && 'kind' in parent && parent.kind === Kind.VARIABLE_DEFINITION;
      if (!isDeclared) used.add(`$${name.value}`);
    },
  });
  const smaller: DocumentNode = visit(document, {
    FragmentDefinition: ({ name }) => (used.has(name.value) ? undefined : null),
    VariableDefinition: ({ variable }) => (used.has(`$${variable.name.value}`) ? undefined : null),
  });
  return smaller.definitions.length < document.definitions.length ? withoutUnused(smaller) : smaller;
}

/** A selection set that loses its last member goes with its field. */
function leaveOut(document: DocumentNode, part: ASTNode): DocumentNode {
  return visit(document, { enter: (node) => (node === part ? null : undefined) });
}

/** Without an alias, and what is in a fragment in place of the fragment. */
function unwrapped(document: DocumentNode, part: ASTNode): DocumentNode[] {
  const instead = (selections: readonly ASTNode[]) =>
    visit(document, {
      SelectionSet: {
        leave: (node) => {
          const at = (node.selections as readonly ASTNode[]).indexOf(part);
          return at < 0 ? undefined : { ...node, selections: node.selections.toSpliced(at, 1, ...(selections as [])) };
        },
      },
    });
  if (part.kind === Kind.FIELD && part.alias) {
    const { alias: _, ...bare } = part;
    return [instead([bare])];
  }
  if (part.kind === Kind.INLINE_FRAGMENT) return [instead(part.selectionSet.selections)];
  if (part.kind === Kind.FRAGMENT_SPREAD) {
    const fragment = document.definitions.find(
      (each) => each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === part.name.value,
    );
    if (fragment?.kind === Kind.FRAGMENT_DEFINITION) return [instead(fragment.selectionSet.selections)];
  }
  return [];
}
