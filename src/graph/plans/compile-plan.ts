import { type FieldNode, type GraphQLObjectType, print } from 'graphql';
import { Bailout } from '../../kit/bailout.ts';
import { type BodyPart, ByteText } from '../../kit/http/index.ts';
import { andThen, type MaybePromise, together } from '../../kit/maybe-promise.ts';
import { forwardedSource } from '../execution/forwarded-source.ts';
import type { GraphOperation } from '../graph.ts';
import { isTypename, type OperationShape, sourcesOf } from '../operation/classify-operation.ts';
import { argumentValue, type Part, planOperation, rootFieldsFor, type Variables } from '../operation/plan-operation.ts';
import type { OwnerOf } from '../own-roots.ts';
import type { JoinedSchema } from '../schema/combine-schemas.ts';
import { type DocumentLinks, extractPart } from '../stitch/index.ts';
import { AnswerReader } from './answer-reader.ts';
import { askPlain, requestMaker, variablesNamed, writtenIn } from './ask-plain.ts';
import { type LaidOut, layOut, type RecordLayout } from './link-layout.ts';
import { byteText, completeRecords, type LinkRun, LinkStep } from './link-step.ts';
import { generalPlan, type Plan, type PlannedRequest } from './plan.ts';
import { type PlanOptions, planRoot, type RootContext } from './plan-root.ts';

export type { PlanOptions } from './plan-root.ts';

/** A valid query that is to become a plan. */
export interface PlannedQuery {
  readonly joined: JoinedSchema;
  readonly operation: GraphOperation;
  readonly shape: OperationShape;
  /** Undefined if it follows no links. */
  readonly links: DocumentLinks | undefined;
}

/** One root field, or several adjacent ones: `"gateway":{…}`. */
interface Member {
  readonly words: readonly string[];
  readonly write: (request: PlannedRequest) => MaybePromise<MemberText>;
}

interface MemberText {
  readonly parts: readonly BodyPart[];
  /** Whether the tenant says that there are no diagnoses. */
  readonly hasDiagnoses?: boolean | undefined;
}

/** The tenant's own document: its text as written, and its answer as the tenant sent it. */
export function compileForwarded({ joined, operation, shape }: PlannedQuery, options: PlanOptions): Plan {
  const { operationName } = operation;
  const query = forwardedSource(joined, shape, operation);
  const requestFor = requestMaker({ query, operationName });
  return {
    kind: options.hosting.name,
    words: [
      `1 request to the ${options.hosting.title}, with the text as written`,
      'the answer of the tenant is passed on as it is',
    ],
    run: (request) => askPlain(options.hosting, request, requestFor(writtenIn(request))).then(({ bytes }) => [bytes]),
  };
}

/**
 * Compiles operations that use the gateway's fields, and perhaps the tenant's too.
 * @param conditions values of the variables in its `@skip` and `@include`: the plan is valid only for these
 */
export function compileParts(query: PlannedQuery, conditions: Variables, options: PlanOptions): Plan {
  const { shape, joined, links } = query;
  const isMixed = links !== undefined || sourcesOf(shape, joined.own) === 'mixed';
  try {
    const members = compileMembers(query, planOperation(shape, joined.own, conditions), conditions, options);
    return {
      kind: isMixed ? 'mixed' : kindOf(shape, options.ownerOf),
      words: members.flatMap(({ words }) => words),
      run: (request) => together(members, ({ write }) => write(request), bodyOf),
    };
  } catch (error) {
    if (error instanceof Bailout) return generalPlan(error.message);
    throw error;
  }
}

/** The source that answers it; the gateway itself if it uses no source. */
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
  { shape, joined, links }: PlannedQuery,
  parts: readonly Part[],
  conditions: Variables,
  options: PlanOptions,
): readonly Member[] {
  const own = parts.find(({ source }) => source === 'own')?.fields ?? NO_FIELDS;
  const hosted = parts.find(({ source }) => source === 'hosted');
  const owners = [...own.values()].map(([node]) => node && options.ownerOf(node.name.value));
  const rootType = joined.schema.getQueryType();
  if (!rootType) throw new Bailout('there is nothing to answer');
  const root: Root = { joined, shape, links, conditions, rootType, options };
  const fields = [...rootFieldsFor(shape, conditions)];
  // The tenant's members are inserted unchanged, so its fields must be adjacent.
  const isHosted = fields.map(([key]) => hosted?.fields.has(key));
  const at = isHosted.indexOf(true);
  if (hosted && isHosted.lastIndexOf(true) - at + 1 !== hosted.fields.size)
    throw new Bailout("fields of the gateway are between the tenant's own");
  return fields.flatMap(([key, nodes], index): readonly Member[] => {
    const [first, ...others] = nodes;
    if (!first) return [];
    if (isTypename(first.name.value)) return [typenameMember(key, rootType)];
    if (isHosted[index]) return hosted && index === at ? [compileTenantPart(hosted, root)] : [];
    const owner = options.ownerOf(first.name.value);
    const isOnlyRoot = owners.filter((each) => each === owner).length === 1;
    return [compileOwn([first, ...others], root, isOnlyRoot)];
  });
}

const NO_FIELDS: Part['fields'] = new Map();

const typenameMember = (key: string, { name }: GraphQLObjectType): Member => ({
  words: [],
  write: () => ({ parts: [`${JSON.stringify(key)}:${JSON.stringify(name)}`] }),
});

interface Root extends RootContext {
  readonly rootType: GraphQLObjectType;
  readonly options: PlanOptions;
}

function compileOwn(nodes: readonly [FieldNode, ...FieldNode[]], root: Root, isOnlyRoot: boolean): Member {
  const { links, shape, rootType, options } = root;
  const [first, ...others] = nodes;
  const bare = (node: FieldNode) => links?.fieldWithoutLinks(node, rootType) ?? node;
  const step = planRoot([bare(first), ...others.map(bare)], root, options, isOnlyRoot);
  const key = (first.alias ?? first.name).value;
  const { words, complete } = followLinks(new Map([[key, nodes]]), root, ({ variables }) =>
    options
      .ownerOf(first.name.value)
      ?.roots?.[first.name.value]?.scopeOfLinks?.((name) => argumentValue(first, name, shape, variables)),
  );
  return {
    words: [...step.reads, ...words],
    write(request) {
      return andThen(step.run(request.context, request.coerced), (text) => {
        const parts = [step.head, ...text];
        return complete ? complete(parts, request) : { parts };
      });
    },
  };
}

/** The tenant's root fields as a separate document, and the members of its answer's data, unchanged. */
function compileTenantPart({ fields }: Part, root: Root): Member {
  const { shape, links, options } = root;
  const { document, variableNames } = extractPart(shape, [...fields.values()].flat(), {}, links);
  const requestFor = requestMaker({ query: print(document), operationName: shape.operation.name?.value });
  const names = [...fields.keys()].join();
  const { words, complete } = followLinks(fields, root, () => undefined);
  return {
    words: [
      `1 request to the ${options.hosting.title} for its fields`,
      'what the tenant answers is passed on as it is',
      ...words,
    ],
    async write(request) {
      const variables = variablesNamed(variableNames, writtenIn(request));
      const { bytes, plain } = await askPlain(options.hosting, request, requestFor(variables));
      // Beside the gateway's members, an unrequested member might take the place of one of them.
      if (plain.names.join() !== names) throw new Bailout('the answer has other members than requested');
      const parts = [bytes.subarray(plain.start, plain.end)];
      const { hasDiagnoses } = plain;
      if (!complete) return { parts, hasDiagnoses };
      const completed = await complete(parts, request);
      return { ...completed, hasDiagnoses: hasDiagnoses || completed.hasDiagnoses };
    },
  };
}

/** Inserts the results of links into the text of root fields. */
type Complete = (members: readonly BodyPart[], request: PlannedRequest) => MaybePromise<MemberText>;

/** @param scopeIn where links of these fields are resolved */
function followLinks(
  fields: Part['fields'],
  root: Root,
  scopeIn: (request: PlannedRequest) => LinkRun['scope'],
): { readonly words: readonly string[]; readonly complete?: Complete } {
  const { links, rootType, options } = root;
  if (!links) return { words: [] };
  const words: string[] = [];
  const laid: LaidOut = {
    ...root,
    links,
    stepFor(link, nodes, path) {
      words.push(`keys of ${path.join('.')} → ${link.target?.reads}`);
      return new LinkStep(link, nodes, path, laid, options);
    },
  };
  const layout: RecordLayout = layOut(fields, rootType, [], laid);
  // On the way to a link that is left out this time, the members must still be the requested ones.
  if (layout.members.every(({ kind }) => kind === 'text')) return { words };
  return {
    words,
    complete(members, request) {
      let hasDiagnoses = false;
      const run: LinkRun = {
        request,
        scope: scopeIn(request),
        onNoDiagnoses() {
          hasDiagnoses = true;
        },
      };
      const record = new AnswerReader(byteText(['{', ...members, '}'])).whole(layout.members);
      return andThen(completeRecords(layout, [record], run), ([text = '']) => ({
        // Its members are inserted among others.
        parts: [new ByteText(text.slice(1, -1))],
        hasDiagnoses,
      }));
    },
  };
}
