import type { SubschemaConfig } from '@graphql-tools/delegate';
import type { Executor } from '@graphql-tools/utils';
import {
  buildSchema,
  type GraphQLFieldResolver,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  OperationTypeNode,
} from 'graphql';
import { memberAt } from '../../kit/json.ts';
import type { OperationShape, Side } from '../operation/classify-operation.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import type { DocumentLinks } from './document-links.ts';
import { type LinkField, sideOfTarget } from './link.ts';
import { SliceTypes, virtualRootOf } from './slice-types.ts';

/** Answers the fields of a slice. */
export interface SliceContext {
  /** The value of a root field. */
  readonly rootValue: (info: GraphQLResolveInfo) => unknown;
  /** The result of a link field of that record. */
  readonly follow: (followed: Followed, record: unknown, info: GraphQLResolveInfo) => unknown;
}

/** A link field, and the way to the other side. */
export interface Followed {
  readonly link: LinkField;
  /** The results for these keys, in order: calls the virtual root of the side that the link leads to. */
  readonly delegate: <Key, Answer>(
    keys: readonly Key[],
    context: DelegatedContext<Key, Answer>,
    info: GraphQLResolveInfo,
  ) => Promise<readonly Answer[]>;
}

/** The context of a virtual root, beside its keys. */
export interface DelegatedContext<Key, Answer> {
  readonly answer: (keys: readonly Key[]) => Promise<readonly Answer[]>;
}

const slices = new WeakMap<OperationShape, WeakMap<JoinedSchema, Promise<GraphQLSchema>>>();

/**
 * The schema that runs an operation of both sides, stitched from the types that the document and its links use. Created
 * with the first run of the operation, and released with its document.
 */
export function sliceFor(
  shape: OperationShape,
  joined: JoinedSchema,
  links: DocumentLinks | undefined,
): Promise<GraphQLSchema> {
  const known = slices.get(shape) ?? new WeakMap<JoinedSchema, Promise<GraphQLSchema>>();
  slices.set(shape, known);
  const slice = known.get(joined) ?? stitchSlice(new SliceTypes(shape, joined.own, links), links);
  known.set(joined, slice);
  return slice;
}

async function stitchSlice(types: SliceTypes, links: DocumentLinks | undefined): Promise<GraphQLSchema> {
  // Loading it takes a tenth of a second and eight megabytes, and many gateways have neither links nor mixed operations.
  const [{ stitchSchemas }, { delegateToSchema }] = await Promise.all([
    import('@graphql-tools/stitch'),
    import('@graphql-tools/delegate'),
  ]);
  const delegateTo = (subschema: SubschemaConfig, link: LinkField): Followed['delegate'] => {
    const virtualRoot = virtualRootOf(link);
    const returnType = subschema.schema.getQueryType()?.getFields()[virtualRoot]?.type;
    return (keys, context, info) =>
      delegateToSchema({
        schema: subschema,
        operation: OperationTypeNode.QUERY,
        operationName: virtualRoot,
        fieldName: virtualRoot,
        // The keys are the only arguments of the virtual root: its side writes the selections of the records itself.
        args: { keys },
        fieldNodes: [],
        ...(returnType && { returnType }),
        context,
        info: { ...info, fragments: {} },
        skipTypeMerging: true,
      });
  };
  const subschemas = new Map<Side, SubschemaConfig>();
  for (const side of ['own', 'hosted'] as const) {
    const sdl = types.sdlOf(side);
    if (sdl !== undefined) subschemas.set(side, toSubschema(sdl));
  }
  return stitchSchemas({
    subschemas: [...subschemas.values()],
    typeDefs: types.joints,
    resolvers: resolversOf(types, links, (link) => {
      const subschema = subschemas.get(sideOfTarget(link));
      if (!subschema) throw new Error(`Nothing answers what ${link.owner}.${link.name} leads to.`);
      return { link, delegate: delegateTo(subschema, link) };
    }),
    assumeValid: true,
    assumeValidSDL: true,
  });
}

function toSubschema(sdl: string): SubschemaConfig {
  return {
    schema: buildSchema(sdl, { assumeValid: true, noLocation: true }),
    createProxyingResolver: () => (_root, _given, context, info) => (context as SliceContext).rootValue(info),
    executor: executeVirtualRoot,
  };
}

/** Only virtual roots are delegated by a request: their one argument is its one variable. */
const executeVirtualRoot: Executor = async ({ operationName = '', variables, context }) => {
  const [keys = []] = Object.values<readonly unknown[]>(variables ?? {});
  const { answer } = context as unknown as DelegatedContext<unknown, unknown>;
  return { data: { [operationName]: await answer(keys) } as never };
};

type Resolver = GraphQLFieldResolver<Readonly<Record<string, unknown>>, SliceContext>;

/** Plain properties by response key: answers are shared between callers, so delegation must not modify them. */
const byResponseKey: Resolver = (record, _given, _context, { path }) => memberAt(record, [path.key]);

function resolversOf(
  { types, unions }: SliceTypes,
  links: DocumentLinks | undefined,
  toFollowed: (link: LinkField) => Followed,
) {
  const resolvers: Record<
    string,
    Record<string, Resolver | ((record: Readonly<Record<string, string>>) => unknown)>
  > = {};
  for (const [name, type] of types) {
    const fields: Record<string, Resolver> = {};
    for (const field of type.fields.keys()) fields[field] = byResponseKey;
    for (const link of type.links.values()) {
      const followed = toFollowed(link);
      fields[link.name] = (record, _given, context, info) => context.follow(followed, record, info);
    }
    resolvers[name] = fields;
  }
  for (const name of unions.keys())
    resolvers[name] = { __resolveType: (record: Readonly<Record<string, string>>) => record[links?.typeAlias ?? ''] };
  return resolvers;
}
