import { readFileSync } from 'node:fs';
import type { ServedRelease } from '../model/build-release.ts';
import { buildSchema } from '../model/build-release.ts';
import type { Model, NodeModel, Operation } from '../model/model.ts';
import { index, readModel } from '../model/read-model.ts';

/** Operations that X3 publishes; the others are those of Sage's sister product. */
const PUBLISHED: ReadonlySet<Operation> = new Set([
  'readAggregate',
  'queryAggregate',
  'getDefaults',
  'create',
  'update',
]);
/** Service properties that every node has there and none has here. Source: X3's node reference. */
const ABSENT: ReadonlySet<string> = new Set(['_sourceId', '_customData', '_updateTick', '_createUser', '_updateUser']);

/** The schema of an X3 folder. The `_id` of a record is its natural key. */
export function buildX3(): ServedRelease {
  const model = x3Model(readModel(readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8')));
  return { model, schema: buildSchema(model, 'x3') };
}

const x3Model = (model: Model): Model => ({
  ...model,
  idsAreKeys: true,
  nodes: new Map([...model.nodes].map(([name, node]) => [name, x3Node(node)])),
});

function x3Node(node: NodeModel): NodeModel {
  const properties = [...node.properties.values()].flatMap((property) => {
    if (ABSENT.has(property.name)) return [];
    if (property.name !== '_id') return [property];
    return [{ ...property, column: '_key', kind: 'string' as const, computed: { how: 'key' as const } }];
  });
  return {
    ...node,
    ...index(properties),
    operations: new Set([...node.operations].filter((operation) => PUBLISHED.has(operation))),
  };
}
