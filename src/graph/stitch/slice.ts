import type { SubschemaConfig } from '@graphql-tools/delegate';
import { type Executor, memoize2 } from '@graphql-tools/utils';
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
import { linksIn } from './document-links.ts';
import type { LinkField } from './link.ts';
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
    answer: AnswerKeys<Key, Answer>,
    info: GraphQLResolveInfo,
  ) => Promise<readonly Answer[]>;
}

/** What a virtual root is answered with. */
type AnswerKeys<Key, Answer> = (keys: readonly Key[]) => Promise<readonly Answer[]>;

/**
 * The schema that runs an operation of both sides, stitched from the types that the document and its links use. Created
 * with the first run of the operation, and released with its document.
 */
export const sliceFor = memoize2(async (shape: OperationShape, joined: JoinedSchema): Promise<GraphQLSchema> => {
  const links = linksIn(shape, joined);
  const slice = new SliceTypes(shape, joined.own, links);
  // Loading it takes a tenth of a second and eight megabytes, and many gateways have neither links nor mixed operations.
  const [{ stitchSchemas }, { delegateToSchema }] = await Promise.all([
    import('@graphql-tools/stitch'),
    import('@graphql-tools/delegate'),
  ]);
  const subschemas = new Map<Side, SubschemaConfig>();
  for (const side of ['own', 'hosted'] as const) {
    const sdl = slice.sdlOf(side);
    if (sdl !== undefined) subschemas.set(side, toSubschema(sdl));
  }
  const toFollowed = (link: LinkField): Followed => {
    const schema = subschemas.get(link.target.side);
    if (!schema) throw new Error(`Nothing answers what ${link.owner}.${link.name} leads to.`);
    const fieldName = virtualRootOf(link);
    const returnType = schema.schema.getQueryType()?.getFields()[fieldName]?.type;
    return {
      link,
      delegate: (keys, answer, info) =>
        delegateToSchema({
          schema,
          operation: OperationTypeNode.QUERY,
          operationName: fieldName,
          fieldName,
          // The keys are the only arguments of the virtual root: its side writes the selections of the records itself.
          args: { keys },
          fieldNodes: [],
          ...(returnType && { returnType }),
          context: { answer },
          info: { ...info, fragments: {} },
          skipTypeMerging: true,
        }),
    };
  };
  return stitchSchemas({
    subschemas: [...subschemas.values()],
    typeDefs: slice.joints,
    resolvers: resolversOf(slice, links?.typeAlias ?? '', toFollowed),
    assumeValid: true,
    assumeValidSDL: true,
  });
});

const toSubschema = (sdl: string): SubschemaConfig => ({
  schema: buildSchema(sdl, { assumeValid: true, noLocation: true }),
  createProxyingResolver: () => (_root, _given, context, info) => (context as SliceContext).rootValue(info),
  executor: executeVirtualRoot,
});

/** Only virtual roots are delegated by a request: their one argument is its one variable. */
const executeVirtualRoot: Executor = async ({ operationName = '', variables, context }) => {
  const [keys = []] = Object.values<readonly unknown[]>(variables ?? {});
  const { answer } = context as unknown as { readonly answer: AnswerKeys<unknown, unknown> };
  return { data: { [operationName]: await answer(keys) } as never };
};

type Resolver = GraphQLFieldResolver<unknown, SliceContext>;

/** Plain properties by response key: answers are shared between callers, so delegation must not modify them. */
const byResponseKey: Resolver = (record, _given, _context, { path }) => memberAt(record, [path.key]);

function resolversOf({ types, unions }: SliceTypes, typeAlias: string, toFollowed: (link: LinkField) => Followed) {
  const resolvers: Record<string, Record<string, Resolver | ((record: unknown) => unknown)>> = {};
  for (const [name, { fields, links }] of types) {
    const onType: Record<string, Resolver> = {};
    for (const field of fields.keys()) onType[field] = byResponseKey;
    for (const link of links.values()) {
      const followed = toFollowed(link);
      onType[link.name] = (record, _given, context, info) => context.follow(followed, record, info);
    }
    resolvers[name] = onType;
  }
  for (const { name } of unions.keys())
    resolvers[name] = { __resolveType: (record: unknown) => memberAt(record, [typeAlias]) };
  return resolvers;
}
