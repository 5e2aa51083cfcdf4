import { type FieldNode, isObjectType, print } from 'graphql';
import { Bailout } from '../../kit/bailout.ts';
import { BoundedCache } from '../../kit/cache.ts';
import { coerceVariables } from '../../kit/coerce-variables.ts';
import { GatewayError } from '../../kit/errors/index.ts';
import { type BodyPart, textOf } from '../../kit/http/index.ts';
import { memberAt } from '../../kit/json.ts';
import { type MaybePromise, together } from '../../kit/maybe-promise.ts';
import { argumentValue, type Variables } from '../operation/plan-operation.ts';
import {
  definitionsOf,
  findRecords,
  type LinkAnswer,
  type LinkField,
  type LinkKey,
  type LinkQuestion,
  type LinkScope,
  type LinkTarget,
  type MadeQuery,
  selectionsBelow,
  toKey,
  toLinkDocument,
} from '../stitch/index.ts';
import { AnswerReader, type Mark, RECORD, RecordText } from './answer-reader.ts';
import { askPlain, requestMaker, variablesNamed, writtenIn } from './ask-plain.ts';
import { fieldsOf, type LaidOut, layOut, layOutQuery, type RecordLayout, setsOf } from './link-layout.ts';
import type { PlannedRequest } from './plan.ts';
import { type PlanOptions, planRoot } from './plan-root.ts';

/** One run of an operation, as used by its links. */
export interface LinkRun {
  readonly request: PlannedRequest;
  /** Where the links of these records look for their targets. */
  readonly scope: LinkScope | undefined;
  /** Called if a tenant says that there are no diagnoses. */
  readonly onNoDiagnoses: () => void;
}

/** Completes the texts of records with the results of their links: those at one place are followed for all at once. */
export function completeRecords(
  { steps }: RecordLayout,
  records: readonly RecordText[],
  run: LinkRun,
): MaybePromise<readonly string[]> {
  const keys = steps.map((): unknown[] => []);
  for (const { marks } of records) for (const { step, key } of marks) keys[step]?.push(key);
  return together(
    steps,
    (step) => step.follow(keys[steps.indexOf(step)] ?? [], run),
    (texts) => {
      const next = steps.map(() => 0);
      const textFor = ({ step }: Mark) => {
        const at = next[step] ?? 0;
        next[step] = at + 1;
        return `${steps[step]?.head}${texts[step]?.[at]}`;
      };
      return records.map((record) => record.with(textFor));
    },
  );
}

/** Characters that represent bytes, as in `latin1`. */
export function byteText(parts: readonly BodyPart[]): string {
  const { chars, bytes } = textOf(parts);
  return bytes === chars.length ? chars : Buffer.from(chars).toString('latin1');
}

/** Maximum number of cached queries for one place: one for each number of keys if each key has its own query. */
const MAX_QUERIES = 16;

/** Takes values of a query's own variables, and returns the way to its records. */
type Ask = (given: Variables, run: LinkRun) => Promise<LinkAnswer>;

/** A link field at one place of an operation: takes keys, and returns the texts of records. */
export class LinkStep {
  /** Name of the field in the answer: `"orders":`. */
  readonly head: string;
  readonly #link: LinkField;
  readonly #target: LinkTarget;
  readonly #first: FieldNode;
  readonly #layout: RecordLayout;
  readonly #laid: LaidOut;
  readonly #options: PlanOptions;
  readonly #question: Pick<LinkQuestion, 'match' | 'written' | 'selections' | 'prefix'>;
  readonly #queries = new BoundedCache<string, Ask>({ name: 'queries of links', maxEntries: MAX_QUERIES });

  /** @throws Bailout */
  constructor(
    link: LinkField,
    nodes: readonly [FieldNode, ...FieldNode[]],
    path: readonly string[],
    laid: LaidOut,
    options: PlanOptions,
  ) {
    const { target } = link;
    const { links } = laid;
    const type = links.schema.getType(target?.typeName ?? '');
    if (!target || !isObjectType(type)) throw new Bailout('a link leads to a tenant whose schema is not there');
    this.head = `${JSON.stringify(path.at(-1))}:`;
    this.#link = link;
    this.#target = target;
    [this.#first] = nodes;
    this.#laid = laid;
    this.#options = options;
    this.#layout = layOut(fieldsOf(setsOf(nodes), type, laid), type, path, laid);
    this.#question = {
      match: link.match,
      written: this.#first.arguments ?? [],
      selections: selectionsBelow(links, link, nodes),
      prefix: links.prefix,
    };
    // Errors of compilation should appear now, if there is only one query.
    const query = target.query?.(this.#question);
    if (query) this.#queries.set(query.name, this.#prepare(query.make()));
  }

  /** @returns the texts of the targets, in the order of the keys */
  async follow(values: readonly unknown[], run: LinkRun): Promise<readonly string[]> {
    const { request } = run;
    const { tenant } = request.context;
    if (tenant === undefined) throw new Bailout('this caller has no tenant');
    const { match, keyPath } = this.#link;
    const inner = keyPath.slice(1);
    const keys = values.map((value) => toKey(memberAt(value, inner), match));
    const byId = new Map<string, LinkKey>();
    for (const key of keys) if (key && !byId.has(key.id)) byId.set(key.id, key);
    const answers = await findRecords(this.#link, [...byId.values()], {
      ...this.#question,
      argument: (name) => argumentValue(this.#first, name, this.#laid.shape, request.variables),
      ask: ({ name, make }, given) => this.#queries.getOrMake(name, () => this.#prepare(make()))(given, run),
      scope: run.scope,
      tenant,
    });
    const ids: string[] = [];
    const records: RecordText[] = [];
    let scope: LinkScope | undefined;
    for (const [id, answer] of answers) {
      if (answer instanceof GatewayError) throw answer;
      if (answer.errors.length > 0) throw new Bailout('there is an error about a record');
      if (answer.value === null) continue;
      ids.push(id);
      records.push(recordOf(answer.value));
      ({ scope } = answer);
    }
    const texts = await completeRecords(this.#layout, records, { ...run, scope });
    const textById = new Map(ids.map((id, index) => [id, texts[index]]));
    return keys.map((key) => (key && textById.get(key.id)) ?? 'null');
  }

  #prepare(query: MadeQuery): Ask {
    return this.#target.side === 'own' ? this.#prepareOwn(query) : this.#prepareHosted(query);
  }

  #prepareOwn(query: MadeQuery): Ask {
    const { links, shape } = this.#laid;
    const way = this.#wayOf(query);
    const { variableNames } = toLinkDocument(shape, links, query, {});
    const definitions = definitionsOf(query.types);
    const step = planRoot([query.root], this.#laid, this.#options, false);
    return async (given, { request }) => {
      const { values } = coerceVariables(links.schema, definitions, given);
      if (!values) throw new Bailout('a key is not of the type that its filter takes');
      const parts = await step.run(request.context, {
        ...variablesNamed(variableNames, request.coerced),
        ...values,
      });
      return { data: new AnswerReader(byteText(['{', step.head, ...parts, '}'])).way(way), errors: [] };
    };
  }

  #prepareHosted(query: MadeQuery): Ask {
    const { links, shape } = this.#laid;
    const way = this.#wayOf(query);
    const { document, variableNames } = toLinkDocument(shape, links, query, {});
    const requestFor = requestMaker({ query: print(document), operationName: undefined });
    return async (given, { request, onNoDiagnoses }) => {
      const variables = variablesNamed(variableNames, { ...writtenIn(request), ...given });
      const { bytes, plain } = await askPlain(this.#options.hosting, request, requestFor(variables));
      if (plain.hasDiagnoses) onNoDiagnoses();
      const data = new AnswerReader(bytes.toString('latin1', plain.start - 1, plain.end + 1)).way(way);
      return { data, errors: [] };
    };
  }

  #wayOf(query: MadeQuery) {
    const rootType = this.#laid.links.schema.getQueryType();
    if (!rootType) throw new Bailout('there is nothing to answer');
    return layOutQuery(query, rootType, this.#layout, this.#question.selections.length);
  }
}

function recordOf(value: unknown): RecordText {
  const record = typeof value === 'object' && value !== null ? Reflect.get(value, RECORD) : undefined;
  if (!(record instanceof RecordText)) throw new Bailout('what a link leads to is not a record');
  return record;
}
