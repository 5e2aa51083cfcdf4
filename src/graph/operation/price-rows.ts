import { memoize2 } from '@graphql-tools/utils';
import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLField,
  getNamedType,
  isCompositeType,
  isUnionType,
  Kind,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import { asArray } from '../../kit/graphql-nodes.ts';
import { isObject } from '../../kit/json.ts';
import { scalarsInArguments } from '../../kit/measure-values.ts';
import { DefaultText } from '../../kit/shown-values.ts';
import type { GraphOperation } from '../graph.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { linksIn } from '../stitch/index.ts';
import { classifyOperation, type OperationShape, ownTest, type Selection, type Side } from './classify-operation.ts';
import { argumentValue, isIncluded, type Variables } from './plan-operation.ts';

/** The longest page of the gateway: a field that is given a longer one reports that itself. */
const LONGEST_PAGE = 5_000;
/** The length of a page if neither the document nor the schema specifies it. */
const DEFAULT_PAGE = 20;
/** Arguments that say how many rows a field returns. */
const COUNTS: ReadonlySet<string> = new Set(['first', 'last', 'ids']);
/** Values that a list usually has in its arguments. */
const FEW_VALUES = 5;

/** The number of rows that an operation may return. */
export interface RowPrice {
  /** Undefined if it depends on variables. */
  readonly always: number | undefined;
  readonly total: (variables: Variables) => number;
  /** The number of rows in the data of an answer, counted in the same way. */
  readonly rowsIn: (data: unknown) => number;
  readonly steps: readonly Step[];
}

/** A field with selections; fields with the same response key are one step. */
interface Step {
  /** `Type.field`. */
  readonly name: string;
  /** Its name in the answer. */
  readonly key: string;
  readonly node: FieldNode;
  /** Number of literals in its arguments, which are read again for each row. */
  readonly values: number;
  /** Whether it is a page (`first`) or a list of requested records (`ids`): its rows are counted one by one beforehand. */
  readonly isMany: boolean;
  /** Whether its objects are rows, and not only the path to rows. */
  readonly isCounted: boolean;
  /** Objects that it returns for each parent object. */
  readonly objects: (variables: Variables) => number;
  readonly isThere: (variables: Variables) => boolean;
  readonly below: readonly Step[];
}

/** A field or a selection, with each `@skip` and `@include` on the path to it. */
interface Occurrence {
  readonly node: FieldNode;
  readonly type: GraphQLCompositeType;
  readonly conditions: readonly Selection[];
}

/**
 * Compiled once for each operation and schema. A list of the gateway counts its `first`, or the schema's default, for each row of
 * the surrounding list, or the values in its arguments if these are more. Every other object of the gateway and every link counts
 * 1 a row, and a link to many its page. The tenant's own fields are not counted, but links below them are, once for each record
 * of the tenant's pages.
 */
export const rowPriceOf = memoize2((shape: OperationShape, joined: JoinedSchema): RowPrice => {
  const reader = new StepReader(shape, joined);
  const steps = reader.rootSteps();
  const always = reader.isFixed ? rowsFor(steps, {}) : undefined;
  return {
    always,
    total: (variables) => always ?? rowsFor(steps, variables),
    rowsIn: (data) => rowsBelow(steps, data, false),
    steps,
  };
});

/** Why an operation with these variables is too large; otherwise undefined. */
export function faultOfRows(
  { document, operationName, variables = {} }: GraphOperation,
  joined: JoinedSchema,
  limit: number,
): GraphQLError | undefined {
  const shape = classifyOperation(document, operationName);
  const price = shape && rowPriceOf(shape, joined);
  if (!price || price.total(variables) <= limit) return undefined;
  const dearest = dearestOf(price.steps, variables, 1)?.step;
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

class StepReader {
  readonly #shape: OperationShape;
  readonly #joined: JoinedSchema;
  /** Whether the rows of all its steps are the same with any variables. */
  isFixed = true;

  constructor(shape: OperationShape, joined: JoinedSchema) {
    this.#shape = shape;
    this.#joined = joined;
  }

  rootSteps(): readonly Step[] {
    const { operation } = this.#shape;
    const root = this.#joined.schema.getRootType(operation.operation);
    if (!root) return [];
    const isOwn = ownTest(operation, this.#joined.own);
    const isLinked = linksIn(this.#shape, this.#joined) !== undefined;
    return this.#collect([{ node: operation, conditions: [] }], root).flatMap((occurrences) => {
      const side: Side = isOwn(occurrences[0].node.name.value) ? 'own' : 'hosted';
      // The tenant's own fields return no rows of the gateway, unless there are links below them.
      return side === 'own' || isLinked ? this.#toStep(occurrences, side, false) : [];
    });
  }

  #toStep(occurrences: Occurrences, side: Side, isCounted: boolean): readonly Step[] {
    const [{ node, type }] = occurrences;
    const field = isUnionType(type) ? undefined : type.getFields()[node.name.value];
    const output = field && getNamedType(field.type);
    // Plain values, and fields that are not in the schema.
    if (!field || !isCompositeType(output)) return [];
    if (occurrences.every(({ conditions }) => conditions.length > 0)) this.isFixed = false;
    const isIn = (each: Selection, variables: Variables) => isIncluded(each, this.#shape, variables);
    return [
      {
        name: `${type.name}.${node.name.value}`,
        key: (node.alias ?? node.name).value,
        node,
        values: isCounted ? scalarsInArguments(node.arguments, Number.POSITIVE_INFINITY) : 0,
        isMany: field.args.some(({ name }) => name === 'first' || name === 'ids'),
        isCounted,
        objects: this.#objects(node, field, side),
        isThere: (variables) => occurrences.some(({ conditions }) => conditions.every((each) => isIn(each, variables))),
        below: this.#collect(occurrences, output).flatMap((below) => {
          const [first] = below;
          const link = this.#joined.links.fields.get(first.type.name)?.get(first.node.name.value);
          if (link) return this.#toStep(below, link.target.side, true);
          return this.#toStep(below, side, side === 'own' && !isWrapper(output));
        }),
      },
    ];
  }

  #objects(node: FieldNode, { args }: GraphQLField<unknown, unknown>, side: Side): Step['objects'] {
    const [page, ids] = ['first', 'ids'].map((name) => args.find((each) => each.name === name));
    if (!page && !ids) return () => 1;
    const read = (name: string, variables: Variables) => argumentValue(node, name, this.#shape, variables);
    const count = (variables: Variables): number => {
      if (!page) return Array.isArray(read('ids', variables)) ? asArray(read('ids', variables)).length : 1;
      const asked = read('first', variables) ?? read('last', variables);
      if (typeof asked !== 'number') return pageByDefault(page);
      return Math.min(Math.max(asked, 1), side === 'own' ? LONGEST_PAGE : Number.POSITIVE_INFINITY);
    };
    if (node.arguments?.some(({ name, value }) => COUNTS.has(name.value) && hasVariable(value))) {
      this.isFixed = false;
      return count;
    }
    const always = count({});
    return () => always;
  }

  /** Fields with selections below these nodes, fragments expanded, by their parent type and response key. */
  #collect(places: readonly Place[], type: GraphQLCompositeType): readonly Occurrences[] {
    const found = new Map<string, [Occurrence, ...Occurrence[]]>();
    const collect = ({ node: { selectionSet }, conditions: outer }: Place, on: GraphQLCompositeType) => {
      for (const selection of selectionSet?.selections ?? []) {
        const conditions = selection.directives?.length ? [...outer, selection] : outer;
        if (selection.kind === Kind.FIELD) {
          if (!selection.selectionSet) continue;
          const key = `${on.name} ${(selection.alias ?? selection.name).value}`;
          const occurrence = { node: selection, type: on, conditions };
          const same = found.get(key);
          if (same) same.push(occurrence);
          else found.set(key, [occurrence]);
          continue;
        }
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? this.#shape.fragments.get(selection.name.value) : selection;
        const condition = fragment?.typeCondition && this.#joined.schema.getType(fragment.typeCondition.name.value);
        const next = fragment?.typeCondition ? condition : on;
        if (fragment && isCompositeType(next)) collect({ node: fragment, conditions }, next);
      }
    };
    for (const place of places) collect(place, type);
    return [...found.values()];
  }
}

type Occurrences = readonly [Occurrence, ...Occurrence[]];

interface Place extends Pick<Occurrence, 'conditions'> {
  readonly node: { readonly selectionSet?: SelectionSetNode | undefined };
}

function pageByDefault({ defaultValue }: GraphQLArgument): number {
  if (defaultValue instanceof DefaultText) return Number.parseInt(defaultValue.text, 10) || DEFAULT_PAGE;
  return typeof defaultValue === 'number' ? defaultValue : DEFAULT_PAGE;
}

/** Between a list and its rows. */
const isWrapper = ({ name }: GraphQLCompositeType): boolean => name.endsWith('Connection') || name.endsWith('Edge');

const hasVariable = (value: ValueNode): boolean =>
  value.kind === Kind.VARIABLE || (value.kind === Kind.LIST && value.values.some(hasVariable));

function rowsFor(steps: readonly Step[], variables: Variables): number {
  let count = 0;
  for (const { isThere, objects, isCounted, values, below } of steps)
    if (isThere(variables))
      count += Math.max(values, objects(variables) * ((isCounted ? 1 : 0) + rowsFor(below, variables)));
  return count;
}

/** The field that returns the most rows; undefined if there are none. */
function dearestOf(steps: readonly Step[], variables: Variables, times: number) {
  let dearest: { readonly step: Step; readonly rows: number } | undefined;
  for (const step of steps) {
    if (!step.isThere(variables)) continue;
    const objects = times * step.objects(variables);
    const own = step.isCounted ? { step, rows: Math.max(objects, times * step.values) } : undefined;
    const inside: typeof dearest = dearestOf(step.below, variables, objects);
    // If equal, the outer one: the list with the `first`.
    for (const each of [own, inside]) if (each && each.rows > (dearest?.rows ?? 0)) dearest = each;
  }
  return dearest;
}

/**
 * Rows in an answer, by the rules of `rowPriceOf`: the expected number, but with the rows that came instead of each `first`
 * and of each possible object. So it is never higher. Children that are included in a row count as one, since their number
 * is not known beforehand; of the rows below them, the largest number counts for all.
 * @param isPage whether lists directly below are the rows of a page
 */
function rowsBelow(steps: readonly Step[], value: unknown, isPage: boolean): number {
  if (!isObject(value)) return 0;
  // Fields of different types may have one name in the answer; each object has one of them.
  const byKey = new Map<string, number>();
  for (const step of steps) {
    const rows = rowsAt(step, value[step.key], isPage || step.isMany);
    byKey.set(step.key, Math.max(rows, byKey.get(step.key) ?? 0));
  }
  return sum([...byKey.values()]);
}

function rowsAt(step: Step, value: unknown, areAllCounted: boolean): number {
  if (!Array.isArray(value))
    return isObject(value) ? ownRows(step, value) + rowsBelow(step.below, value, step.isMany) : 0;
  const each = value.map((item) => rowsAt(step, item, areAllCounted));
  return areAllCounted ? sum(each) : Math.max(0, ...each);
}

function ownRows({ isCounted, isMany, below }: Step, value: Readonly<Record<string, unknown>>): number {
  if (!isCounted) return 0;
  // A page: its rows may appear under several names, as `nodes` and as `edges`.
  return isMany ? Math.max(0, ...below.map(({ key }) => asArray(value[key]).length)) : 1;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
