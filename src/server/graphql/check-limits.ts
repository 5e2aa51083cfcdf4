import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type ParseOptions,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  type Source,
} from 'graphql';
import { isLongDocument } from '../../graph/index.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import {
  levelsOfType,
  scalarsIn,
  scalarsInArguments,
  scalarsInDirectives,
  scalarsInLiteral,
} from '../../kit/measure-values.ts';
import { brokenBound } from '../intake/json-bounds.ts';
import { repetitionFault } from './repetition.ts';
import { usesOfVariables, type VariableUses } from './variable-uses.ts';

/** Largest shape of an operation, with its fragments written out. */
export interface DocumentLimits {
  /** Fields inside fields; `{ a }` has 1. Lists and objects inside one another, in values, likewise. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** Of the document as written; and no more fields than that once its fragments are written out. */
  readonly tokens: number;
  /** Scalars in literals and variables together, those of a variable as often as it is used. */
  readonly values: number;
}

interface Shape {
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly fields: number;
  /** Scalars in literals; not a number where they are too deep. */
  readonly values: number;
}

const NOTHING: Shape = { depth: 0, aliases: 0, rootFields: 0, fields: 0, values: 0 };

interface Passed {
  /** In literals. */
  readonly scalars: number;
  readonly uses: VariableUses;
}

const NOTHING_PASSED: Passed = { scalars: 0, uses: new Map() };

/** Of a body, beside those of its values: what clients write into `extensions` is nobody's to limit. */
const MOST_LEVELS_BESIDE = 500;

/** Of an alias, in characters: it stands in the answer once for each row. No name in a schema is as long. */
const LONGEST_ALIAS = 200;

/** The same for its scalars. */
const MOST_VALUES_BESIDE = 1_000;

/** Lists and objects of a body for each value that there may be: it may be a condition in an object in a list. */
const GROUPS_FOR_VALUE = 4;

/** What a request may cost, checked before anything is done for it. */
export class RequestLimits {
  readonly #limits: DocumentLimits;
  /** Of documents that passed: they come from the parser's cache, and are measured once. */
  readonly #passed = new WeakMap<DocumentNode, Passed>();

  constructor(limits: DocumentLimits) {
    this.#limits = limits;
  }

  /**
   * Before anybody reads it. @throws GatewayError COST_EXCEEDED
   * @param raised values that this caller may send, where that is more than others may; the same below
   */
  checkBody(body: Buffer, raised = 0): void {
    const { depth } = this.#limits;
    const values = Math.max(this.#limits.values, raised);
    const most = values + MOST_VALUES_BESIDE;
    // Those who may send more values send them as plain members of objects.
    const groups = Math.max((this.#limits.values + MOST_VALUES_BESIDE) * GROUPS_FOR_VALUE, most);
    const bounds = { levels: depth + MOST_LEVELS_BESIDE, values: most, groups };
    const broken = brokenBound(bounds, body);
    if (broken === 'levels') throw valuesTooDeep(depth);
    if (broken) throw tooManyValues(values, 'values in its variables and extensions');
  }

  /** @throws GatewayError COST_EXCEEDED; GraphQLError for what is not GraphQL */
  parse(source: string | Source, options?: ParseOptions): DocumentNode {
    const { tokens, depth } = this.#limits;
    try {
      return parse(source, {
        ...options,
        maxTokens: tokens,
        noLocation: isLongDocument(typeof source === 'string' ? source : source.body),
      });
    } catch (error) {
      if (isAboutTokens(error)) throw tokensExceeded(tokens);
      // The parser calls itself for each level, and nothing else in it can fail like this.
      throw error instanceof RangeError ? documentTooDeep(depth) : error;
    }
  }

  /** Why this document is too much, or undefined. */
  checkDocument(document: DocumentNode, raised = 0): GatewayError | undefined {
    if (this.#passed.has(document)) return undefined;
    const values = Math.max(this.#limits.values, raised);
    const measured = checkLimits(document, { ...this.#limits, values });
    if (measured instanceof GatewayError) return measured;
    const fault = repetitionFault(document);
    if (fault) return fault;
    this.#passed.set(document, { scalars: measured, uses: usesOfVariables(document) });
    return undefined;
  }

  /** Why these variables are too much for a document that passed, or undefined. */
  checkVariables(
    document: DocumentNode,
    variables: Readonly<Record<string, unknown>>,
    raised = 0,
  ): GatewayError | undefined {
    const { scalars: inLiterals, uses } = this.#passed.get(document) ?? NOTHING_PASSED;
    let scalars = inLiterals;
    for (const name in variables) scalars += scalarsIn(variables[name], this.#limits.depth) * (uses.get(name) ?? 1);
    return valuesExceeded(scalars, Math.max(this.#limits.values, raised), this.#limits.depth);
  }
}

/**
 * Why this document is too much, or how many scalars its literals have. Each fragment is measured once and its numbers
 * are used wherever it is spread, so that a few fragments which double each other take no time, however large what they
 * stand for.
 */
function checkLimits(document: DocumentNode, limits: DocumentLimits): GatewayError | number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Shape | 'open'>();
  let circular: string | undefined;
  let isLongNamed = false;

  const ofFragment = (name: string): Shape => {
    const known = measured.get(name);
    if (known === 'open') circular ??= name;
    if (known !== undefined) return known === 'open' ? NOTHING : known;
    const fragment = fragments.get(name);
    if (!fragment) return NOTHING; // validation says so better
    measured.set(name, 'open');
    const selected = ofSelections(fragment.selectionSet);
    const shape = { ...selected, values: selected.values + scalarsInDirectives(fragment.directives, limits.depth) };
    measured.set(name, shape);
    return shape;
  };

  const ofBelow = (selection: SelectionNode): Shape => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return ofFragment(selection.name.value);
    return selection.selectionSet ? ofSelections(selection.selectionSet) : NOTHING;
  };

  const ofSelections = (set: SelectionSetNode): Shape => {
    let { depth, aliases, rootFields, fields, values } = NOTHING;
    for (const selection of set.selections) {
      values += scalarsBeside(selection, limits);
      const field = selection.kind === Kind.FIELD ? selection : undefined;
      if (field?.alias && field.alias.value.length > LONGEST_ALIAS) isLongNamed = true;
      const below = ofBelow(selection);
      depth = Math.max(depth, below.depth + (field ? 1 : 0));
      aliases += below.aliases + (field?.alias ? 1 : 0);
      rootFields += field ? 1 : below.rootFields;
      fields += below.fields + (field ? 1 : 0);
      values += below.values;
    }
    return { depth, aliases, rootFields, fields, values };
  };

  // Fragments nobody spreads are measured too: a circle among them would still be walked by others.
  let isTooDeep = false;
  for (const name of fragments.keys()) isTooDeep = Number.isNaN(ofFragment(name).values) || isTooDeep;
  if (circular !== undefined) {
    return new GatewayError('BAD_USER_INPUT', `Fragment "${circular}" spreads itself. Take one of the spreads out.`);
  }
  if (isTooDeep) return valuesTooDeep(limits.depth);
  let most = 0;
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const selected = ofSelections(definition.selectionSet);
    const shape = { ...selected, values: selected.values + scalarsOfOperation(definition, limits) };
    const fault =
      (isLongNamed ? aliasTooLong() : exceeds(shape, limits)) ??
      valuesExceeded(shape.values, limits.values, limits.depth);
    if (fault) return fault;
    most = Math.max(most, shape.values);
  }
  return most;
}

/** graphql-js gives this one no code or class of its own. */
function isAboutTokens(error: unknown): boolean {
  return error instanceof GraphQLError && /Document contains more tha[nt] \d+ tokens/.test(error.message);
}

/** In a selection's own arguments and directives. */
function scalarsBeside(selection: SelectionNode, { depth }: DocumentLimits): number {
  const given = selection.kind === Kind.FIELD ? scalarsInArguments(selection.arguments, depth) : 0;
  return given + scalarsInDirectives(selection.directives, depth);
}

/** In what stands before an operation's selections. */
function scalarsOfOperation(
  { directives, variableDefinitions = [] }: OperationDefinitionNode,
  { depth }: DocumentLimits,
) {
  let count = scalarsInDirectives(directives, depth);
  for (const definition of variableDefinitions) {
    count += levelsOfType(definition.type, depth) + scalarsInDirectives(definition.directives, depth);
    if (definition.defaultValue) count += scalarsInLiteral(definition.defaultValue, depth);
  }
  return count;
}

/** What is measured, the limit that counts for it, what that is called, and what to do: in the order in which they are told. */
const BOUNDS = [
  ['depth', 'depth', 'levels of fields', 'Ask for the inner levels in an operation of their own.'],
  ['rootFields', 'rootFields', 'fields at the top', 'Split it into several operations.'],
  ['aliases', 'aliases', 'aliases', 'Use a list with a filter, or split it into several operations.'],
  ['fields', 'tokens', 'fields with its fragments written out', 'Split it into several operations.'],
] as const;

function exceeds(shape: Shape, limits: DocumentLimits): GatewayError | undefined {
  const broken = BOUNDS.find(([measured, limit]) => shape[measured] > limits[limit]);
  if (!broken) return undefined;
  const [, limit, what, advice] = broken;
  return costExceeded(limit, limits[limit], what, advice);
}

/** @param scalars in literals and variables; not a number where they are too deep */
function valuesExceeded(scalars: number, values: number, depth: number): GatewayError | undefined {
  if (Number.isNaN(scalars)) return valuesTooDeep(depth);
  if (scalars <= values) return undefined;
  return tooManyValues(values, 'values in its literals and variables');
}

const aliasTooLong = (): GatewayError =>
  new GatewayError(
    'COST_EXCEEDED',
    `An alias in this document has more than ${LONGEST_ALIAS} characters. Take a shorter one.`,
    { details: { limit: 'aliases' } },
  );

const tooManyValues = (limit: number, what: string): GatewayError =>
  costExceeded('values', limit, what, 'Send fewer values at a time, in several operations.');

const valuesTooDeep = (limit: number): GatewayError =>
  costExceeded('depth', limit, 'lists and objects inside one another in a value', 'Send a flatter value.');

/** For a document that nobody can even read, so deep is it. */
const documentTooDeep = (limit: number): GatewayError =>
  costExceeded('depth', limit, 'levels of fields, lists or objects', 'Split it, or send flatter values.');

function tokensExceeded(limit: number): GatewayError {
  return costExceeded('tokens', limit, 'tokens', 'Send values as variables, and split it into several operations.');
}

function costExceeded(limit: keyof DocumentLimits, largest: number, what: string, advice: string): GatewayError {
  return new GatewayError(
    'COST_EXCEEDED',
    `This operation has more than ${largest} ${what} (limits.${limit}). ${advice}`,
    { details: { limit } },
  );
}
