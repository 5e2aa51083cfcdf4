import { type FieldNode, type GraphQLObjectType, print } from 'graphql';
import { Bailout } from '../../kit/bailout.ts';
import type { BodyPart } from '../../kit/http/index.ts';
import { isEmpty } from '../../kit/json.ts';
import { andThen, type MaybePromise, together } from '../../kit/maybe-promise.ts';
import { askTenantAndKeep } from '../execution/ask-tenant.ts';
import { forwardedSource } from '../execution/forwarded-source.ts';
import type { GraphOperation } from '../graph.ts';
import { isTypename, type OperationShape, sourcesOf } from '../operation/classify-operation.ts';
import { extractDocument } from '../operation/extract-document.ts';
import { type Part, planOperation, rootFieldsFor, type Variables } from '../operation/plan-operation.ts';
import { assertRight, type OwnerOf } from '../own-roots.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import {
  type HostedReply,
  type HostedRequest,
  type Hosting,
  type PlainData,
  requestText,
  type Subschema,
} from '../subschema.ts';
import { generalPlan, type Plan, type PlannedRequest } from './plan.ts';

export interface PlanOptions {
  readonly hosting: Hosting;
  readonly ownerOf: OwnerOf;
}

/** A query that was found valid, on its way to a plan. */
export interface PlannedQuery {
  readonly joined: JoinedSchema;
  readonly operation: GraphOperation;
  readonly shape: OperationShape;
}

/** One root field, or several that stand side by side: `"gateway":{…}`. */
interface Member {
  readonly words: readonly string[];
  readonly write: (request: PlannedRequest) => MaybePromise<MemberText>;
}

interface MemberText {
  readonly parts: readonly BodyPart[];
  /** Whether the tenant says that there are no diagnoses. */
  readonly hasDiagnoses?: boolean;
}

/** The tenant's own document: its text as written, its answer as the tenant gave it. */
export function compileForwarded({ joined, operation, shape }: PlannedQuery, options: PlanOptions): Plan {
  const { operationName } = operation;
  const query = forwardedSource(joined, shape, operation);
  const ask = tenantAsker(options);
  const requestFor = requestMaker({ query, operationName });
  return {
    kind: options.hosting.name,
    words: [
      `1 request to the ${options.hosting.title}, with the text as written`,
      'the answer of the tenant is passed on as it is',
    ],
    run: (request) => ask(request, requestFor(writtenIn(request))).then(({ bytes }) => [bytes]),
  };
}

/**
 * Compiles what asks the gateway something, and perhaps the tenant too.
 * @param conditions values of the variables in its `@skip` and `@include`: the plan holds for these alone
 */
export function compileParts(query: PlannedQuery, conditions: Variables, options: PlanOptions): Plan {
  const { shape, joined } = query;
  const isMixed = sourcesOf(shape, joined.own) === 'mixed';
  try {
    const members = compileMembers(query, planOperation(shape, joined.own, conditions), conditions, options);
    return {
      kind: isMixed ? 'mixed' : kindOf(shape, options.ownerOf),
      words: members.flatMap(({ words }) => words),
      run: (request) =>
        andThen(
          together(members, ({ write }) => write(request)),
          bodyOf,
        ),
    };
  } catch (error) {
    if (error instanceof Bailout) return generalPlan(error.message);
    throw error;
  }
}

/** The source that answers it; the gateway itself where none is asked. */
const kindOf = ({ rootNames }: OperationShape, ownerOf: OwnerOf): string =>
  [...new Set([...rootNames].flatMap((name) => ownerOf(name)?.name ?? []))].join('+') || 'gateway';

function bodyOf(texts: readonly MemberText[]): readonly BodyPart[] {
  const body: BodyPart[] = ['{"data":{'];
  for (const [index, { parts }] of texts.entries()) {
    if (index > 0) body.push(',');
    body.push(...parts);
  }
  body.push(texts.some(({ hasDiagnoses }) => hasDiagnoses) ? '},"extensions":{"diagnoses":[]}}' : '}}');
  return body;
}

function compileMembers(
  { shape, joined }: PlannedQuery,
  parts: readonly Part[],
  conditions: Variables,
  options: PlanOptions,
): readonly Member[] {
  const own = parts.find(({ source }) => source === 'own')?.fields ?? NO_FIELDS;
  const hosted = parts.find(({ source }) => source === 'hosted');
  const owners = [...own.values()].map(([node]) => node && options.ownerOf(node.name.value));
  const rootType = joined.schema.getQueryType();
  if (!rootType) throw new Bailout('there is nothing to answer');
  const fields = [...rootFieldsFor(shape, conditions)];
  // The tenant's members are pasted as they come, so its fields must stand side by side.
  const isHosted = fields.map(([key]) => hosted?.fields.has(key));
  const at = isHosted.indexOf(true);
  if (hosted && isHosted.lastIndexOf(true) - at + 1 !== hosted.fields.size)
    throw new Bailout("fields of the gateway stand between the tenant's own");
  return fields.flatMap(([key, nodes], index): readonly Member[] => {
    const [first, ...others] = nodes;
    if (!first) return [];
    if (isTypename(first.name.value)) return [typenameMember(key, rootType)];
    if (isHosted[index]) return hosted && index === at ? [compileTenantPart(shape, hosted, options)] : [];
    const owner = options.ownerOf(first.name.value);
    const isOnlyRoot = owners.filter((each) => each === owner).length === 1;
    return [compileOwn(key, [first, ...others], { shape, joined, conditions, rootType, owner, isOnlyRoot })];
  });
}

const NO_FIELDS: Part['fields'] = new Map();

const typenameMember = (key: string, { name }: GraphQLObjectType): Member => ({
  words: [],
  write: () => ({ parts: [`${JSON.stringify(key)}:${JSON.stringify(name)}`] }),
});

interface OwnField {
  readonly shape: OperationShape;
  readonly joined: JoinedSchema;
  readonly conditions: Variables;
  readonly rootType: GraphQLObjectType;
  /** Undefined for introspection. */
  readonly owner: Subschema | undefined;
  readonly isOnlyRoot: boolean;
}

function compileOwn(key: string, nodes: readonly [FieldNode, ...FieldNode[]], field: OwnField): Member {
  const { shape, joined, conditions, rootType, owner, isOnlyRoot } = field;
  const head = `${JSON.stringify(key)}:`;
  const name = nodes[0].name.value;
  const step = owner?.roots?.[name]?.compile?.(nodes, {
    schema: joined.schema,
    rootType: rootType.name,
    fragments: Object.fromEntries(shape.fragments),
    variables: conditions,
    isOnlyRoot,
  });
  if (!owner || !step) throw new Bailout(`${name} is answered from memory, by its id or from the schema`);
  return {
    words: step.reads,
    write({ coerced, context }) {
      assertRight(owner, context.principal, 'query');
      return andThen(step.run(context.scopeOf(owner), coerced), (parts) => ({ parts: [head, ...parts] }));
    },
  };
}

/** The tenant's root fields as a document of their own, and the members of its answer's data as they are. */
function compileTenantPart(shape: OperationShape, { fields }: Part, options: PlanOptions): Member {
  const nodes = [...fields.values()].flat();
  const { document, variableNames } = extractDocument(shape, nodes, {});
  const query = print(document);
  const operationName = shape.operation.name?.value;
  const names = [...fields.keys()].join();
  const ask = tenantAsker(options);
  const requestFor = requestMaker({ query, operationName });
  return {
    words: [
      `1 request to the ${options.hosting.title} for its fields`,
      'what the tenant answers is passed on as it is',
    ],
    write(request) {
      const given = Object.entries(writtenIn(request)).filter(([name]) => variableNames.has(name));
      const variables = Object.fromEntries(given);
      return ask(request, requestFor(variables)).then(({ bytes, plain }) => {
        // Pasted beside ours, a member that nobody asked for might take the place of one of them.
        if (plain.names.join() !== names) throw new Bailout('the answer has other members than were asked for');
        return { parts: [bytes.subarray(plain.start, plain.end)], hasDiagnoses: plain.hasDiagnoses };
      });
    },
  };
}

function tenantAsker({ hosting }: PlanOptions) {
  return ({ context }: PlannedRequest, request: HostedRequest): Promise<PlainReply> => {
    const { tenant } = context;
    if (tenant === undefined) throw new Bailout('this caller has no tenant');
    return askTenantAndKeep({ hosting, tenant, request, context }).then(asPlain);
  };
}

const writtenIn = ({ variables, asked }: PlannedRequest): Variables =>
  isEmpty(variables) ? variables : (asked.written ?? variables);

function asPlain({ bytes, plain }: HostedReply): PlainReply {
  if (!plain) throw new Bailout('the answer of the tenant has to be read');
  return { bytes, plain };
}

/** An operation whose variables alone change, if there are any. */
function requestMaker(given: Pick<HostedRequest, 'query' | 'operationName'>): (variables: Variables) => HostedRequest {
  const kind = 'query';
  const plain: HostedRequest = { ...given, kind, variables: {}, text: requestText(given) };
  return (variables) =>
    isEmpty(variables) ? plain : { ...given, kind, variables, text: requestText({ ...given, variables }) };
}

interface PlainReply {
  readonly bytes: Buffer;
  readonly plain: PlainData;
}
