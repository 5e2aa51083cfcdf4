import type { Model, NodeModel, PropertyModel } from './model.ts';
import { index } from './read-model.ts';

interface Rename {
  readonly node: string;
  readonly column: string;
  readonly from: string;
  readonly to: string;
}

interface Drop {
  readonly enum: string;
  readonly member: string;
  /** The new value of records with the member at the upgrade. */
  readonly becomes: string;
}

interface Release {
  readonly name: string;
  /** Breaking changes since the previous release, as listed in the change logs. */
  readonly renames: readonly Rename[];
  readonly drops: readonly Drop[];
}

/** The releases that a tenant can be on, oldest first; `schema.graphql` holds the second. */
export const RELEASES: readonly Release[] = [
  { name: '2025.R7', renames: [], drops: [] },
  {
    name: '2025.R8',
    renames: [{ node: 'SalesOrder', column: 'site', from: 'salesSite', to: 'site' }],
    drops: [{ enum: 'ItemStatus', member: 'underReview', becomes: 'inDevelopment' }],
  },
  {
    name: '2025.R9',
    renames: [{ node: 'PurchaseOrder', column: 'orderDate', from: 'orderDate', to: 'date' }],
    drops: [{ enum: 'ItemStatus', member: 'notRenewed', becomes: 'obsolete' }],
  },
];

export const CURRENT_RELEASE = '2025.R8';

/** The model of another release: later changes applied, or earlier ones undone. @throws Error for an unknown name. */
export function modelOfRelease(current: Model, name: string): Model {
  const from = positionOf(CURRENT_RELEASE);
  const to = positionOf(name);
  const later = RELEASES.slice(from + 1, to + 1).reduce(apply, current);
  return RELEASES.slice(to + 1, from + 1).reduceRight(undo, later);
}

/** The release after `name`; undefined for the newest. */
export const releaseAfter = (name: string): Release | undefined => RELEASES[positionOf(name) + 1];

function positionOf(name: string): number {
  const position = RELEASES.findIndex((release) => release.name === name);
  if (position < 0) throw new Error(`unknown release ${name}: one of ${RELEASES.map((each) => each.name).join(', ')}`);
  return position;
}

function apply(model: Model, release: Release): Model {
  const nodes = new Map(model.nodes);
  for (const { node, column, to } of release.renames) rename(nodes, node, column, to);
  const enums = new Map(model.enums);
  for (const drop of release.drops) {
    enums.set(
      drop.enum,
      (enums.get(drop.enum) ?? []).filter((member) => member !== drop.member),
    );
  }
  return { ...model, nodes, enums };
}

function undo(model: Model, release: Release): Model {
  const nodes = new Map(model.nodes);
  for (const { node, column, from } of release.renames) rename(nodes, node, column, from);
  const enums = new Map(model.enums);
  for (const drop of release.drops) enums.set(drop.enum, [...(enums.get(drop.enum) ?? []), drop.member]);
  return { ...model, nodes, enums };
}

function rename(nodes: Map<string, NodeModel>, name: string, column: string, to: string): void {
  const node = nodes.get(name);
  if (!node) return;
  const renamed = (property: PropertyModel) => (property.column === column ? { ...property, name: to } : property);
  nodes.set(name, { ...node, ...index([...node.properties.values()].map(renamed)) });
}
