import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';

/** Largest shape of an operation, with its fragments written out. */
export interface DocumentLimits {
  /** Fields inside fields; `{ a }` has 1. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** Of the document as written; and no more fields than that once its fragments are written out. */
  readonly tokens: number;
}

interface Shape {
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly fields: number;
}

const NOTHING: Shape = { depth: 0, aliases: 0, rootFields: 0, fields: 0 };

/**
 * Why this document is too much, or undefined. Each fragment is measured once and its numbers are used wherever it
 * is spread, so that a few fragments which double each other take no time, however large what they stand for.
 */
export function checkLimits(document: DocumentNode, limits: DocumentLimits): GatewayError | undefined {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Shape | 'open'>();
  let circular: string | undefined;

  const ofFragment = (name: string): Shape => {
    const known = measured.get(name);
    if (known === 'open') circular ??= name;
    if (known !== undefined) return known === 'open' ? NOTHING : known;
    const fragment = fragments.get(name);
    if (!fragment) return NOTHING; // validation says so better
    measured.set(name, 'open');
    const shape = ofSelections(fragment.selectionSet);
    measured.set(name, shape);
    return shape;
  };

  const ofSelections = (set: SelectionSetNode): Shape => {
    let { depth, aliases, rootFields, fields } = NOTHING;
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const below = selection.selectionSet ? ofSelections(selection.selectionSet) : NOTHING;
        depth = Math.max(depth, below.depth + 1);
        aliases += below.aliases + (selection.alias ? 1 : 0);
        rootFields += 1;
        fields += below.fields + 1;
      } else {
        const spread =
          selection.kind === Kind.FRAGMENT_SPREAD
            ? ofFragment(selection.name.value)
            : ofSelections(selection.selectionSet);
        depth = Math.max(depth, spread.depth);
        aliases += spread.aliases;
        rootFields += spread.rootFields;
        fields += spread.fields;
      }
    }
    return { depth, aliases, rootFields, fields };
  };

  // Fragments nobody spreads are measured too: a circle among them would still be walked by others.
  for (const name of fragments.keys()) ofFragment(name);
  if (circular !== undefined) {
    return new GatewayError('BAD_USER_INPUT', `Fragment "${circular}" spreads itself. Take one of the spreads out.`);
  }
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const fault = exceeds(ofSelections(definition.selectionSet), limits);
    if (fault) return fault;
  }
  return undefined;
}

function exceeds(shape: Shape, limits: DocumentLimits): GatewayError | undefined {
  if (shape.depth > limits.depth) {
    return costExceeded(
      'depth',
      limits.depth,
      'levels of fields',
      'Ask for the inner levels in an operation of their own.',
    );
  }
  if (shape.rootFields > limits.rootFields) {
    return costExceeded('rootFields', limits.rootFields, 'fields at the top', 'Split it into several operations.');
  }
  if (shape.aliases > limits.aliases) {
    return costExceeded(
      'aliases',
      limits.aliases,
      'aliases',
      'Use a list with a filter, or split it into several operations.',
    );
  }
  if (shape.fields > limits.tokens) {
    return costExceeded(
      'tokens',
      limits.tokens,
      'fields with its fragments written out',
      'Split it into several operations.',
    );
  }
  return undefined;
}

export function tokensExceeded(limit: number): GatewayError {
  return costExceeded('tokens', limit, 'tokens', 'Send values as variables, and split it into several operations.');
}

function costExceeded(limit: keyof DocumentLimits, largest: number, what: string, advice: string): GatewayError {
  return new GatewayError(
    'COST_EXCEEDED',
    `This operation has more than ${largest} ${what} (limits.${limit}). ${advice}`,
    { details: { limit } },
  );
}
