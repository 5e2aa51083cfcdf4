import { OperationTypeNode } from 'graphql';
import type { RootOf } from '../own-roots.ts';
import type { OwnRoot } from '../subschema.ts';
import { collectRootFields, type OperationShape, type OwnFields } from './classify-operation.ts';
import { isIncluded, planOperation, type Variables } from './plan-operation.ts';

/**
 * The maximum number of requests for the writes of an operation, without its reads: known before the first is sent, so
 * that a limit never stops an operation between two writes. The tenant performs a run of mutations in one request.
 */
export function requestsOfWrites(shape: OperationShape, own: OwnFields, variables: Variables, rootOf: RootOf): number {
  if (shape.operation.operation !== OperationTypeNode.MUTATION) return 0;
  let count = 0;
  for (const { source, fields } of planOperation(shape, own, variables)) {
    if (source === 'hosted') count += 1;
    else
      for (const { name, selectionSet } of [...fields.values()].flat())
        if (selectionSet) count += writesIn(selectionSet, rootOf(name.value)?.requestsOfWrite);
  }
  return count;

  function writesIn(
    selectionSet: OperationShape['operation']['selectionSet'],
    requestsOf: OwnRoot['requestsOfWrite'] = () => 0,
  ): number {
    const inside = { ...shape, operation: { ...shape.operation, selectionSet } };
    const fields = collectRootFields(inside, (selection) => isIncluded(selection, shape, variables));
    return [...fields.values()].reduce((sum, nodes) => {
      const below = (count: (field: string) => number) =>
        nodes.reduce((total, node) => total + (node.selectionSet ? writesIn(node.selectionSet, count) : 0), 0);
      return sum + requestsOf(nodes[0]?.name.value ?? '', below);
    }, 0);
  }
}
