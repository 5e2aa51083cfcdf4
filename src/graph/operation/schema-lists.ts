import { type FieldNode, GraphQLError, Kind, type SelectionSetNode } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import type { OperationShape } from './classify-operation.ts';
import { reachesSchema } from './introspection.ts';

/** Lists below `__schema` in one operation, with fragments expanded. A tool that reads the whole schema selects about ten. */
const MOST_LISTS = 24;

const LISTS: ReadonlySet<string> = new Set(
  'types directives fields args inputFields enumValues interfaces possibleTypes'.split(' '),
);

/** Why an operation selects too much of the schema; otherwise undefined. Each list may be as long as the schema is large. */
export function faultOfSchemaLists(shape: OperationShape | undefined): GraphQLError | undefined {
  if (!shape || !reachesSchema(shape)) return undefined;
  const found = firstTooMany(shape);
  if (!found) return undefined;
  const originalError = new GatewayError(
    'COST_EXCEEDED',
    `This operation selects more than ${MOST_LISTS} lists of the schema. Select each only once, or split it into several operations.`,
    { details: { limit: 'introspection' } },
  );
  return new GraphQLError(originalError.message, { nodes: found, originalError });
}

/** The first list beyond the limit. The walk ends there, however often fragments repeat. */
function firstTooMany({ operation, fragments }: OperationShape): FieldNode | undefined {
  let lists = 0;
  /** Fragments that are being walked, or have no lists. */
  const skipped = new Set<string>();
  const walk = ({ selections }: SelectionSetNode, isSchema: boolean): FieldNode | undefined => {
    for (const node of selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(node.name.value);
        const key = `${isSchema} ${node.name.value}`;
        if (!fragment || skipped.has(key)) continue;
        const before = lists;
        skipped.add(key);
        const found = walk(fragment.selectionSet, isSchema);
        if (found) return found;
        if (lists > before) skipped.delete(key);
        continue;
      }
      if (node.kind === Kind.FIELD && isSchema && LISTS.has(node.name.value)) lists += 1;
      if (node.kind === Kind.FIELD && lists > MOST_LISTS) return node;
      const isBelow = isSchema || (node.kind === Kind.FIELD && node.name.value === '__schema');
      const found = node.selectionSet && walk(node.selectionSet, isBelow);
      if (found) return found;
    }
    return undefined;
  };
  return walk(operation.selectionSet, false);
}
