import { type FieldNode, OperationTypeNode } from 'graphql';
import type { GraphOperation } from '../graph.ts';
import type { RootOf } from '../own-roots.ts';
import type { OwnRoot } from '../subschema.ts';
import { classifyOperation, collectFields, type OperationShape, type OwnFields } from './classify-operation.ts';
import { isIncluded, planOperation, rootFieldsFor, type Variables } from './plan-operation.ts';

/** One mutation of an operation. */
export interface NamedMutation {
  /** Such as `xtremSales.salesOrder.create`: names of fields, without values. */
  readonly name: string;
  /** Response keys on the path to it. */
  readonly path: readonly string[];
}

type Fields = ReadonlyMap<string, readonly FieldNode[]>;

/** Package, node, operation. Source: Sage's guide to queries and mutations of Distribution and Manufacturing Operations. */
const LEVELS = 3;
/** An asynchronous operation is one level deeper (`start`); no tenant nests further. */
const MAX_LEVELS = 6;

/**
 * The mutations of an operation, in their packages and nodes. An operation is a field with arguments, or any field on
 * the third level; found without a schema.
 */
export function nameMutations(
  shape: OperationShape,
  fields: Fields,
  variables: Variables,
  rootOf: RootOf = () => undefined,
): readonly NamedMutation[] {
  const named: NamedMutation[] = [];
  const visit = (level: Fields, names: readonly string[], path: readonly string[]) => {
    for (const [key, nodes] of level) {
      const [node] = nodes;
      if (!node || node.name.value.startsWith('__')) continue;
      const here = { names: [...names, node.name.value], path: [...path, key] };
      const isNamespace = !hasArguments(nodes) || (names.length === 0 && rootOf(node.name.value)?.isNamespace === true);
      const below = isNamespace && here.names.length < MAX_LEVELS ? fieldsBelow(nodes, shape, variables) : NONE;
      const operations = [...below].filter(([, [field]]) => field && !field.name.value.startsWith('__'));
      const isNode =
        operations.length > 0 && (here.names.length < LEVELS || operations.some(([, found]) => hasArguments(found)));
      if (isNode) visit(below, here.names, here.path);
      else named.push({ name: here.names.join('.'), path: here.path });
    }
  };
  visit(fields, [], []);
  return named;
}

/** Only the names, for an operation that was not analysed yet. */
export function mutationNames(
  { document, operationName, variables = {} }: GraphOperation,
  rootOf: RootOf,
): readonly string[] {
  const shape = classifyOperation(document, operationName);
  if (!shape) return [];
  return nameMutations(shape, rootFieldsFor(shape, variables), variables, rootOf).map(({ name }) => name);
}

const NONE: Fields = new Map();

const hasArguments = (nodes: readonly FieldNode[]) => nodes.some((node) => (node.arguments?.length ?? 0) > 0);

const fieldsBelow = (nodes: readonly FieldNode[], shape: OperationShape, variables: Variables): Fields =>
  collectFields(
    nodes.flatMap(({ selectionSet }) => selectionSet ?? []),
    shape.fragments,
    (selection) => isIncluded(selection, shape, variables),
  );

/**
 * The maximum number of requests for the writes of an operation, without its reads: known before the first is sent, so
 * that a limit never stops an operation between two writes. The tenant performs a run of mutations in one request.
 */
export function requestsOfWrites(shape: OperationShape, own: OwnFields, variables: Variables, rootOf: RootOf): number {
  if (shape.operation.operation !== OperationTypeNode.MUTATION) return 0;
  const writesBelow = (nodes: readonly FieldNode[], requestsOf: OwnRoot['requestsOfWrite'] = () => 0): number =>
    [...fieldsBelow(nodes, shape, variables).values()].reduce(
      (sum, found) => sum + requestsOf(found[0]?.name.value ?? '', (count) => writesBelow(found, count)),
      0,
    );
  return planOperation(shape, own, variables).reduce((sum, { source, fields }) => {
    if (source === 'hosted') return sum + 1;
    return [...fields.values()].reduce(
      (total, nodes) => total + writesBelow(nodes, rootOf(nodes[0]?.name.value ?? '')?.requestsOfWrite),
      sum,
    );
  }, 0);
}
