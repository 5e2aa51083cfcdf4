import type { Model, NodeModel, PropertyKind, PropertyModel } from './model.ts';
import { ALL_USUAL, index } from './read-model.ts';
import { serviceProperties } from './service-properties.ts';

/** Types of one full node: itself, its input, containers, aggregates and two for its export. */
const TYPES_PER_NODE = 14;
const NODES_PER_PACKAGE = 25;
const PROPERTIES = 18;
const KINDS: readonly (readonly [PropertyKind, string])[] = [
  ['string', 'String'],
  ['decimal', 'Decimal'],
  ['boolean', 'Boolean'],
  ['date', 'Date'],
  ['int', 'Int'],
];

/**
 * Adds empty nodes in separate packages until the schema has about `types` types, so that clients can be tested with
 * tenants of any size. A real tenant of the sister product X3 has 696 nodes in 30 packages.
 */
export function withGeneratedNodes(model: Model, types: number, typesNow: number): Model {
  const count = Math.ceil((types - typesNow) / TYPES_PER_NODE);
  if (count <= 0) return model;
  const nodes = new Map(model.nodes);
  for (let number = 1; number <= count; number++) {
    const node = generateNode(number);
    nodes.set(node.name, node);
  }
  return { ...model, nodes };
}

function generateNode(number: number): NodeModel {
  const name = nameOf(number);
  const properties: PropertyModel[] = [property('id', 'string', 'String'), property('name', 'string', 'String')];
  for (let at = 1; at <= PROPERTIES; at++) {
    const [kind, type] = KINDS[at % KINDS.length] ?? (['string', 'String'] as const);
    properties.push(property(`property${at}`, kind, type));
  }
  properties.push(property('site', 'reference', 'Site'), property('item', 'reference', 'Item'));
  if (number > 1) properties.push(property('previous', 'reference', nameOf(number - 1)));
  return {
    name,
    field: name.charAt(0).toLowerCase() + name.slice(1),
    package: `xtremGenerated${String(Math.ceil(number / NODES_PER_PACKAGE)).padStart(2, '0')}`,
    key: ['id'],
    operations: new Set(ALL_USUAL),
    ...index([...serviceProperties(false), ...properties]),
    frozen: undefined,
    warnings: [],
    queries: [],
    mutations: [],
  };
}

const nameOf = (number: number): string => `Generated${String(number).padStart(4, '0')}`;

const property = (name: string, kind: PropertyKind, typeName: string): PropertyModel => ({
  name,
  column: name,
  kind,
  typeName,
  target: kind === 'reference' ? typeName : undefined,
  children: undefined,
  computed: undefined,
  writable: true,
  required: false,
  vital: false,
  default: undefined,
});
