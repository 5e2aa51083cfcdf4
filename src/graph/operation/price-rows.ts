import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isUnionType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import { scalarsInArguments } from '../../kit/measure-values.ts';
import { DefaultText } from '../../kit/shown-values.ts';
import type { GraphOperation } from '../graph.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { linksIn, sideOfTarget } from '../stitch/index.ts';
import { classifyOperation, type OperationShape, ownTest, type Selection, type Side } from './classify-operation.ts';
import { argumentValue, isIncluded, type Variables } from './plan-operation.ts';
import { type CountedStep, rowsIn } from './rows-in.ts';

/** The longest page of the gateway: a field that is given a longer one reports that itself. */
const LONGEST_PAGE = 5_000;
/** The length of a page if neither the document nor the schema specifies it. */
const DEFAULT_PAGE = 20;

/** The number of rows that an operation may return. */
export interface RowPrice {
  /** Undefined if it depends on variables. */
  readonly always: number | undefined;
  readonly total: (variables: Variables) => number;
  /** The field that returns the most of them; undefined if there are no rows. */
  readonly dearest: (variables: Variables) => PricedField | undefined;
  /** The number of rows in the data of an answer, counted in the same way. */
  readonly rowsIn: (data: unknown) => number;
}

export interface PricedField {
  /** `Type.field`. */
  readonly name: string;
  readonly node: FieldNode;
  /** Number of literals in its arguments, which are read again for each row. */
  readonly values: number;
}

/** A field with selections; fields with the same response key are one step. */
interface Step extends PricedField, CountedStep {
  /** Objects that it returns for each parent object, given variables. */
  readonly objects: (variables: Variables) => number;
  readonly isThere: ((variables: Variables) => boolean) | undefined;
  readonly below: readonly Step[];
  /** Rows, including nested ones, for each parent object; undefined if they depend on variables. */
  readonly always: number | undefined;
}

/** Selections of one object, with each `@skip` and `@include` on the path to them. */
interface Place {
  readonly set: SelectionSetNode;
  readonly conditions: readonly Selection[];
}

interface Occurrence {
  readonly node: FieldNode;
  readonly type: GraphQLCompositeType;
  readonly conditions: readonly Selection[];
}

/** Values that a list usually has in its arguments. */
const FEW_VALUES = 5;

const prices = new WeakMap<OperationShape, WeakMap<GraphQLSchema, RowPrice>>();

/**
 * Compiled once for each operation and schema. A list of the gateway counts its `first`, or the schema's default, for each row of
 * the surrounding list, or the values in its arguments if these are more. Every other object of the gateway and every link counts
 * 1 a row, and a link to many its page. The tenant's own fields are not counted, but links below them are, once for each record
 * of the tenant's pages.
 */
export function rowPriceOf(shape: OperationShape, joined: JoinedSchema): RowPrice {
  const known = prices.get(shape) ?? new WeakMap<GraphQLSchema, RowPrice>();
  prices.set(shape, known);
  const price = known.get(joined.schema) ?? compile(shape, joined);
  known.set(joined.schema, price);
  return price;
}

/** Why an operation with these variables is too large; otherwise undefined. */
export function faultOfRows(
  { document, operationName, variables = {} }: GraphOperation,
  joined: JoinedSchema,
  limit: number,
): GraphQLError | undefined {
  const shape = classifyOperation(document, operationName);
  const price = shape && rowPriceOf(shape, joined);
  return price && price.total(variables) > limit ? rowsExceeded(price.dearest(variables), limit) : undefined;
}

function rowsExceeded(dearest: PricedField | undefined, limit: number): GraphQLError {
  const place = dearest ? `, most of them at ${dearest.name}` : '';
  const values = (dearest?.values ?? 0) > FEW_VALUES ? 'write its values as variables, ' : '';
  const error = new GatewayError(
    'COST_EXCEEDED',
    `This operation may return more than ${limit} rows (limits.rows)${place}. Request fewer with "first", ${values}or split it into several operations.`,
    { details: { limit: 'rows' } },
  );
  // Its details reach callers through the original error.
  return new GraphQLError(error.message, { ...(dearest && { nodes: dearest.node }), originalError: error });
}

function compile(shape: OperationShape, joined: JoinedSchema): RowPrice {
  const { operation } = shape;
  const root = joined.schema.getRootType(operation.operation);
  const reader = new StepReader(shape, joined);
  const steps = root ? reader.rootSteps(root) : [];
  return {
    always: sumAlways(steps),
    total: (variables) => sum(steps, variables),
    dearest: (variables) => dearestOf(steps, variables, 1)?.step,
    rowsIn: (data) => rowsIn(steps, data),
  };
}

class StepReader {
  readonly #shape: OperationShape;
  readonly #joined: JoinedSchema;

  constructor(shape: OperationShape, joined: JoinedSchema) {
    this.#shape = shape;
    this.#joined = joined;
  }

  rootSteps(root: GraphQLCompositeType): readonly Step[] {
    const { schema, own, links } = this.#joined;
    const { operation } = this.#shape;
    const isOwn = ownTest(operation, own);
    const isLinked = linksIn(this.#shape, schema, links) !== undefined;
    const found = this.#collect([{ set: operation.selectionSet, conditions: [] }], root);
    return found.flatMap((occurrences) => {
      const side: Side = isOwn(occurrences[0]?.node.name.value ?? '') ? 'own' : 'hosted';
      // The tenant's own fields return no rows of the gateway, unless there are links below them.
      return side === 'own' || isLinked ? this.#toStep(occurrences, side, false) : [];
    });
  }

  #steps(places: readonly Place[], type: GraphQLCompositeType, side: Side): readonly Step[] {
    return this.#collect(places, type).flatMap((occurrences) => {
      const [first] = occurrences;
      const link = first && this.#joined.links.fields.get(first.type.name)?.get(first.node.name.value);
      if (link) return this.#toStep(occurrences, sideOfTarget(link), true);
      return this.#toStep(occurrences, side, side === 'own' && !isWrapper(type));
    });
  }

  /** Undefined for plain values, and for fields that are not in the schema. */
  #toStep(occurrences: readonly Occurrence[], side: Side, isCounted: boolean): readonly Step[] {
    const [first] = occurrences;
    const field = first && !isUnionType(first.type) ? first.type.getFields()[first.node.name.value] : undefined;
    const type = field && getNamedType(field.type);
    if (!first || !field || !isCompositeType(type)) return [];
    const { node } = first;
    const places = occurrences.flatMap(({ node: { selectionSet: set }, conditions }) =>
      set ? [{ set, conditions }] : [],
    );
    const below = this.#steps(places, type, side);
    const { objects, isFixed } = this.#objects(node, field, side);
    const isThere = this.#isThere(occurrences);
    const inside = sumAlways(below);
    const values = isCounted ? scalarsInArguments(node.arguments, Number.POSITIVE_INFINITY) : 0;
    const name = `${first.type.name}.${node.name.value}`;
    const key = (node.alias ?? node.name).value;
    const isMany = field.args.some((each) => each.name === 'first' || each.name === 'ids');
    const step = { name, key, node, objects, isMany, isCounted, values, isThere, below };
    const always = isFixed && !isThere && inside !== undefined ? rowsOf(step, objects({}), inside) : undefined;
    return [{ ...step, always }];
  }

  #objects(node: FieldNode, { args }: GraphQLField<unknown, unknown>, side: Side) {
    const shape = this.#shape;
    const given = args.find(({ name }) => name === 'first');
    const read = (name: string, variables: Variables) => argumentValue(node, name, shape, variables);
    const isFixed = !node.arguments?.some(
      ({ name, value }) => ['first', 'last', 'ids'].includes(name.value) && hasVariable(value),
    );
    if (given) {
      const longest = side === 'own' ? LONGEST_PAGE : Number.POSITIVE_INFINITY;
      const byDefault = pageByDefault(given);
      const objects = (variables: Variables) => {
        const asked = read('first', variables) ?? read('last', variables);
        return typeof asked === 'number' ? Math.min(Math.max(asked, 1), longest) : byDefault;
      };
      return { objects, isFixed };
    }
    if (!args.some(({ name }) => name === 'ids')) return { objects: () => 1, isFixed: true };
    const objects = (variables: Variables) => {
      const ids = read('ids', variables);
      return Array.isArray(ids) ? ids.length : 1;
    };
    return { objects, isFixed };
  }

  /** Undefined if it is in the answer with any variables. */
  #isThere(occurrences: readonly Occurrence[]): Step['isThere'] {
    if (occurrences.some(({ conditions }) => conditions.length === 0)) return undefined;
    return (variables) =>
      occurrences.some(({ conditions }) => conditions.every((each) => isIncluded(each, this.#shape, variables)));
  }

  /** Fields with selections, fragments expanded, by their parent type and response key. */
  #collect(places: readonly Place[], type: GraphQLCompositeType): readonly (readonly Occurrence[])[] {
    const found = new Map<string, Occurrence[]>();
    const collect = ({ set, conditions: outer }: Place, on: GraphQLCompositeType) => {
      for (const selection of set.selections) {
        const conditions = selection.directives?.length ? [...outer, selection] : outer;
        if (selection.kind === Kind.FIELD) {
          if (!selection.selectionSet) continue;
          const key = `${on.name} ${(selection.alias ?? selection.name).value}`;
          const same = found.get(key) ?? [];
          same.push({ node: selection, type: on, conditions });
          found.set(key, same);
          continue;
        }
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? this.#shape.fragments.get(selection.name.value) : selection;
        const condition = fragment?.typeCondition && this.#joined.schema.getType(fragment.typeCondition.name.value);
        const next = fragment?.typeCondition ? condition : on;
        if (fragment && isCompositeType(next)) collect({ set: fragment.selectionSet, conditions }, next);
      }
    };
    for (const place of places) collect(place, type);
    return [...found.values()];
  }
}

function pageByDefault({ defaultValue }: GraphQLArgument): number {
  if (defaultValue instanceof DefaultText) return Number.parseInt(defaultValue.text, 10) || DEFAULT_PAGE;
  return typeof defaultValue === 'number' ? defaultValue : DEFAULT_PAGE;
}

/** Between a list and its rows. */
const isWrapper = ({ name }: GraphQLCompositeType): boolean => name.endsWith('Connection') || name.endsWith('Edge');

const hasVariable = (value: NonNullable<FieldNode['arguments']>[number]['value']): boolean =>
  value.kind === Kind.VARIABLE || (value.kind === Kind.LIST && value.values.some(hasVariable));

function sumAlways(steps: readonly Step[]): number | undefined {
  let count = 0;
  for (const { always } of steps) {
    if (always === undefined) return undefined;
    count += always;
  }
  return count;
}

function sum(steps: readonly Step[], variables: Variables): number {
  let count = 0;
  for (const step of steps) {
    const { always, isThere, objects, below } = step;
    if (always !== undefined) count += always;
    else if (!isThere || isThere(variables)) count += rowsOf(step, objects(variables), sum(below, variables));
  }
  return count;
}

/** For each parent object. */
const rowsOf = ({ isCounted, values }: Pick<Step, 'isCounted' | 'values'>, objects: number, inside: number): number =>
  Math.max(values, objects * ((isCounted ? 1 : 0) + inside));

interface Dearest {
  readonly step: Step;
  readonly rows: number;
}

function dearestOf(steps: readonly Step[], variables: Variables, times: number): Dearest | undefined {
  let dearest: Dearest | undefined;
  for (const step of steps) {
    if (step.isThere && !step.isThere(variables)) continue;
    const objects = times * step.objects(variables);
    const own = step.isCounted ? { step, rows: Math.max(objects, times * step.values) } : undefined;
    const inside = dearestOf(step.below, variables, objects);
    // If equal, the outer one: the list with the `first`.
    for (const each of [own, inside]) if (each && each.rows > (dearest?.rows ?? 0)) dearest = each;
  }
  return dearest;
}
