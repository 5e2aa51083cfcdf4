import { canAsk, type FoundEnd, type LinkEnds, type LinkTarget } from '../../../graph/subschema.ts';
import { findNode, type NodesByKey } from './find-node.ts';
import { loadNodes } from './load-nodes.ts';
import { loadPages } from './load-pages.ts';
import { KEYS_IN_A_FILTER, PageSizes } from './page-sizes.ts';

/** Maximum number of aliased queries in one document. */
const KEYS_IN_A_DOCUMENT = 100;

/** The tenants' side of links: nodes, found with the filter of their `query`. */
export function createErpLinkEnds(): LinkEnds {
  const sizes = new PageSizes();
  return {
    find(wanted, schema) {
      const node = findNode(wanted, schema);
      if (typeof node === 'string') return node;
      const target = toTarget(node, sizes);
      return { typeName: node.nodeType.name, keyPath: node.keyPath, target } satisfies FoundEnd;
    },
  };
}

function toTarget(target: NodesByKey, sizes: PageSizes): LinkTarget {
  const { many, keyPath, keyKind, query } = target;
  const what = many ? 'Records' : 'The record';
  const pageArguments = query.args.filter(({ name }) => name !== 'filter');
  return {
    side: 'hosted',
    typeName: (many ? target.pageType : target.nodeType).name,
    args: many
      ? Object.fromEntries(
          pageArguments.map(({ name, type, description, defaultValue }) => [name, { type, description, defaultValue }]),
        )
      : {},
    describe: (from) =>
      `${what} of ${target.package}.${target.node} of the ERP tenant whose \`${keyPath.join('.')}\` is this record's \`${from.join('.')}\`.`,
    reads: many
      ? `1 request to ${target.package}.${target.node} of the tenant for each ${KEYS_IN_A_DOCUMENT} keys, with a query for each key`
      : `1 request to ${target.package}.${target.node} of the tenant for each ${KEYS_IN_A_FILTER} keys, or for each of its pages`,
    isScoped: false,
    batchFor: (tenant) =>
      many
        ? { keys: KEYS_IN_A_DOCUMENT, isLearning: false }
        : { keys: sizes.keysFor(tenant), isLearning: !sizes.isKnown(tenant) },
    canAsk: (key) => canAsk(key, keyKind),
    load: (question) => (many ? loadPages : loadNodes)({ sizes, target, question }),
  };
}
