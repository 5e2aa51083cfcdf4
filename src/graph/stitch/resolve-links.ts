import { type GraphQLSchema, isObjectType } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import type { Hosting } from '../subschema.ts';
import type { FoundEnd, LinkEnds, LinkField, LinkOptions, LinkTarget } from './link.ts';

/** Finds the ends of links, on either side. */
export interface EndFinders {
  readonly own: readonly LinkEnds[];
  readonly hosted: LinkEnds | undefined;
}

/** Marks fields that the gateway added to a tenant's type. */
export const LINK_MARK = 'sageGatewayLink';

/**
 * Finds both ends of each link. A link is left out if one of its ends is missing in this tenant's schema, and a field
 * is left out if its name is taken; the other direction remains.
 */
export function resolveLinks(
  options: readonly LinkOptions[],
  { hosted, own, ends }: { readonly hosted: GraphQLSchema; readonly own: GraphQLSchema; readonly ends: EndFinders },
) {
  const links: LinkField[] = [];
  /** Fields left out because the type already has a field of that name. */
  const collisions: string[] = [];
  /** Why configured links are missing, for the operator. */
  const problems: string[] = [];
  const add = (link: LinkField, schema: GraphQLSchema) => {
    const type = schema.getType(link.owner);
    const taken = isObjectType(type) ? type.getFields()[link.name] : undefined;
    const twice = links.some(({ owner, name }) => owner === link.owner && name === link.name);
    if (twice || (taken && !taken.extensions[LINK_MARK])) collisions.push(`${link.owner}.${link.name}`);
    else links.push(link);
  };
  for (const option of options) {
    const { name, match, many, reverse } = option;
    const from = findOwn(option, own, ends);
    const to = ends.hosted?.find({ at: option.to, key: option.key, many }, hosted) ?? 'there are no tenants';
    for (const end of [from, to]) if (typeof end === 'string') problems.push(`${name}: ${end}`);
    if (typeof from === 'string' || typeof to === 'string') continue;
    if (typeof to.target === 'string') problems.push(`${name}: ${to.target}`);
    else add({ owner: from.typeName, name, keyPath: from.keyPath, match, target: to.target }, own);
    if (reverse === undefined) continue;
    if (typeof from.target === 'string') problems.push(`${reverse}: ${from.target}`);
    else add({ owner: to.typeName, name: reverse, keyPath: to.keyPath, match, target: from.target }, hosted);
  }
  return { links, collisions, problems };
}

/** Links on the gateway's types while there is no tenant's schema: their fields exist, and fail. */
export function absentLinks(
  options: readonly LinkOptions[],
  own: GraphQLSchema,
  ends: EndFinders,
  { title, hosted }: Hosting,
): LinkField[] {
  const target: LinkTarget = {
    side: 'hosted',
    typeName: '',
    args: {},
    describe: () => '',
    reads: '',
    isScoped: false,
    batchFor: () => ({ keys: Number.POSITIVE_INFINITY, isLearning: false }),
    canAsk: () => true,
    async load({ tenant }) {
      await hosted.schemaOf(tenant);
      const message = `The schema of ${title} "${tenant}" was still loading. Try again.`;
      throw new GatewayError('UPSTREAM_UNAVAILABLE', message, { source: hosted.sourceOf(tenant), retryAfter: 1 });
    },
  };
  return options.flatMap((option): LinkField[] => {
    const found = findOwn(option, own, ends);
    const type = typeof found === 'string' ? undefined : own.getType(found.typeName);
    if (typeof found === 'string' || !isObjectType(type) || type.getFields()[option.name]) return [];
    return [{ owner: type.name, name: option.name, keyPath: found.keyPath, match: option.match, target }];
  });
}

function findOwn({ from, many }: LinkOptions, own: GraphQLSchema, ends: EndFinders): FoundEnd | string {
  const found = ends.own.map((each) => each.find({ at: from, many }, own));
  return found.find((end) => typeof end !== 'string') ?? found[0] ?? `no source has ${from}`;
}
