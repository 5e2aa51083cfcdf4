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

/** The size of the largest operation, with its fragments expanded. */
export interface DocumentLimits {
  /** Nesting of fields (`{ a }` has 1), and of lists and objects in values. */
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  /** Of the document as written; also the limit for its fields with fragments expanded. */
  readonly tokens: number;
  /** Scalars in literals and variables together, counting a variable at each use. */
  readonly values: number;
}

interface Shape {
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly fields: number;
  /** Scalars in literals; NaN if they are nested too deeply. */
  readonly values: number;
}

const NOTHING: Shape = { depth: 0, aliases: 0, rootFields: 0, fields: 0, values: 0 };

interface Passed {
  /** In literals. */
  readonly scalars: number;
  readonly uses: VariableUses;
}

const NOTHING_PASSED: Passed = { scalars: 0, uses: new Map() };

/** Extra values allowed in a body, for what clients write into `extensions`. */
const MOST_LEVELS_BESIDE = 500;

/** Maximum length of an alias, in characters: it is in the answer once for each row. No name in a schema is that long. */
const LONGEST_ALIAS = 200;

/** The same for its scalars. */
const MOST_VALUES_BESIDE = 1_000;

/** Lists and objects allowed in a body for each allowed value: a value may be a condition in an object in a list. */
const GROUPS_FOR_VALUE = 4;

/** Checks the cost of a request before anything is done for it. */
export class RequestLimits {
  readonly #limits: DocumentLimits;
  /** Measures of valid documents: they come from the parser's cache and are measured once. */
  readonly #passed = new WeakMap<DocumentNode, Passed>();

  constructor(limits: DocumentLimits) {
    this.#limits = limits;
  }

  /**
   * Checks a body before it is parsed. @throws GatewayError COST_EXCEEDED
   * @param raised a higher limit of values for this caller, if it has one; the same below
   */
  checkBody(body: Buffer, raised = 0): void {
    const { depth } = this.#limits;
    const values = Math.max(this.#limits.values, raised);
    const most = values + MOST_VALUES_BESIDE;
    // Callers who may send more values send them as plain members of objects.
    const groups = Math.max((this.#limits.values + MOST_VALUES_BESIDE) * GROUPS_FOR_VALUE, most);
    const bounds = { levels: depth + MOST_LEVELS_BESIDE, values: most, groups };
    const broken = brokenBound(bounds, body);
    if (broken === 'levels') throw valuesTooDeep(depth);
    if (broken) throw tooManyValues(values, 'values in its variables and extensions');
  }

  /** @throws GatewayError COST_EXCEEDED; GraphQLError if it is not valid GraphQL */
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
      // The parser is recursive, so very deep nesting overflows the stack; nothing else in it fails like this.
      throw error instanceof RangeError ? documentTooDeep(depth) : error;
    }
  }

  /** Why this document exceeds a limit, or undefined. */
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

  /** Why these variables exceed a limit in a valid document, or undefined. */
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
 * Why this document exceeds a limit, or how many scalars its literals have. Each fragment is measured once and the result
 * is used wherever it is spread, so that fragments which double each other take no time, however large the result.
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
    if (!fragment) return NOTHING; // validation has a better message
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

  // Unused fragments are measured too: other code would still walk a circle among them.
  let isTooDeep = false;
  for (const name of fragments.keys()) isTooDeep = Number.isNaN(ofFragment(name).values) || isTooDeep;
  if (circular !== undefined) {
    return new GatewayError('BAD_USER_INPUT', `Fragment "${circular}" spreads itself. Remove one of the spreads.`);
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

/** graphql-js has no code or class for this error. */
function isAboutTokens(error: unknown): boolean {
  return error instanceof GraphQLError && /Document contains more tha[nt] \d+ tokens/.test(error.message);
}

/** In a selection's own arguments and directives. */
function scalarsBeside(selection: SelectionNode, { depth }: DocumentLimits): number {
  const given = selection.kind === Kind.FIELD ? scalarsInArguments(selection.arguments, depth) : 0;
  return given + scalarsInDirectives(selection.directives, depth);
}

/** In the part before an operation's selections. */
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

/** The measure, its limit, its name in messages, and what to do about it; only the first one that is exceeded is reported. */
const BOUNDS = [
  ['depth', 'depth', 'levels of fields', 'Query the inner levels in a separate operation.'],
  ['rootFields', 'rootFields', 'root fields', 'Split it into several operations.'],
  ['aliases', 'aliases', 'aliases', 'Use a list with a filter, or split it into several operations.'],
  ['fields', 'tokens', 'fields with fragments expanded', 'Split it into several operations.'],
] as const;

function exceeds(shape: Shape, limits: DocumentLimits): GatewayError | undefined {
  const broken = BOUNDS.find(([measured, limit]) => shape[measured] > limits[limit]);
  if (!broken) return undefined;
  const [, limit, what, advice] = broken;
  return costExceeded(limit, limits[limit], what, advice);
}

/** @param scalars in literals and variables; NaN if they are nested too deeply */
function valuesExceeded(scalars: number, values: number, depth: number): GatewayError | undefined {
  if (Number.isNaN(scalars)) return valuesTooDeep(depth);
  if (scalars <= values) return undefined;
  return tooManyValues(values, 'values in its literals and variables');
}

const aliasTooLong = (): GatewayError =>
  new GatewayError(
    'COST_EXCEEDED',
    `An alias in this document has more than ${LONGEST_ALIAS} characters. Use a shorter one.`,
    { details: { limit: 'aliases' } },
  );

const tooManyValues = (limit: number, what: string): GatewayError =>
  costExceeded('values', limit, what, 'Send fewer values at a time, in several operations.');

const valuesTooDeep = (limit: number): GatewayError =>
  costExceeded('depth', limit, 'nested lists and objects in a value', 'Send a flatter value.');

/** For a document that is too deep to parse. */
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
