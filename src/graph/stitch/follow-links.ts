import DataLoader from 'dataloader';
import {
  type FieldNode,
  GraphQLError,
  type GraphQLResolveInfo,
  isCompositeType,
  Kind,
  OperationTypeNode,
  parseType,
  type SelectionNode,
  type VariableDefinitionNode,
} from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import { memberAt } from '../../kit/json.ts';
import { mapInTurns } from '../../kit/turns.ts';
import type { GatewayContext } from '../graph.ts';
import type { OperationShape } from '../operation/classify-operation.ts';
import { type Extract, extractDocument } from '../operation/extract-document.ts';
import { argumentValue, type Variables } from '../operation/plan-operation.ts';
import type { Hosting } from '../subschema.ts';
import type { DocumentLinks } from './document-links.ts';
import { type LinkKey, toKey } from './keys.ts';
import {
  type GivenVariables,
  type LinkedRow,
  type LinkedRows,
  type LinkField,
  type LinkQuestion,
  type LinkScope,
  type LinkTarget,
  sideOfTarget,
} from './link.ts';
import type { Followed } from './slice.ts';

export interface LinkRun {
  readonly links: DocumentLinks;
  readonly shape: OperationShape;
  readonly variables: Variables;
  /** The same, as the tenant is sent them. */
  readonly written: Variables;
  readonly context: GatewayContext;
  readonly hosting: Hosting;
  readonly tenant: string;
  readonly executeOwn: LinkQuestion['executeOwn'];
  /** What the records below that root field are of. */
  readonly scopeAt: (root: FieldNode | undefined, index: string | number | undefined) => LinkScope | undefined;
  /** Takes errors with their paths in the answer. */
  readonly onError: (error: GraphQLError) => void;
  /** Takes what the sources say beside their data. */
  readonly onDiagnoses: (diagnoses: readonly unknown[]) => void;
}

type Path = GraphQLResolveInfo['path'];

/** What one key led to: errors have paths that begin below the link field. */
interface Found {
  readonly value: unknown;
  readonly errors: readonly GraphQLError[];
  readonly scope: LinkScope | undefined;
}

type Loader = DataLoader<LinkKey, Found | null, string>;

/** Requests that one link field sends side by side. */
const REQUESTS_AT_ONCE = 4;

/** Follows the links of one run of an operation: the keys of one place and company are asked for together. */
export class LinkFollower {
  readonly #run: LinkRun;
  /** By place, which graphql-js knows by the list of its nodes; then by scope. */
  readonly #loaders = new WeakMap<readonly FieldNode[], Map<string, Loader>>();
  /** Of the records that links led to, by their place in the answer. */
  readonly #scopes = new WeakMap<Path, LinkScope>();

  constructor(run: LinkRun) {
    this.#run = run;
  }

  async follow(followed: Followed, record: unknown, info: GraphQLResolveInfo): Promise<unknown> {
    const { link } = followed;
    const [first = '', ...rest] = [this.#run.links.keyAlias(link), ...link.keyPath.slice(1)];
    const key = toKey(memberAt(record, [first, ...rest]), link.match);
    if (!key) return null;
    const scope = this.#scopeOf(info);
    try {
      const found = await this.#loaderFor(followed, scope, info).load(key);
      if (!found) return null;
      if (found.scope) this.#scopes.set(info.path, found.scope);
      for (const error of found.errors) this.#report(error, info, error.path);
      return found.value;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#report(new GraphQLError(error.message, { extensions: error.toExtensions() }), info);
      return null;
    }
  }

  #report(error: GraphQLError, { path, fieldNodes }: GraphQLResolveInfo, below: GraphQLError['path'] = []): void {
    const { message, extensions, originalError } = error;
    const more = { extensions, ...(originalError && { originalError }) };
    this.#run.onError(new GraphQLError(message, { nodes: fieldNodes, path: [...toKeys(path), ...below], ...more }));
  }

  /** That of the nearest link above, else of the root field. */
  #scopeOf({ path, operation }: GraphQLResolveInfo): LinkScope | undefined {
    let index: string | number | undefined;
    for (let at = path; ; index = at.key, at = at.prev) {
      const known = this.#scopes.get(at);
      if (known) return known;
      if (at.prev) continue;
      const roots = operation.selectionSet.selections as readonly FieldNode[];
      const root = roots.find(({ name, alias }) => (alias ?? name).value === at.key);
      return this.#run.scopeAt(root, index);
    }
  }

  #loaderFor(followed: Followed, scope: LinkScope | undefined, info: GraphQLResolveInfo): Loader {
    const byScope = this.#loaders.get(info.fieldNodes) ?? new Map<string, Loader>();
    this.#loaders.set(info.fieldNodes, byScope);
    const name = this.#isScoped(followed.link, info.fieldNodes) ? JSON.stringify(scope ?? {}) : '';
    const known = byScope.get(name);
    if (known) return known;
    const place: Place = { link: followed.link, scope, nodes: info.fieldNodes };
    const loader: Loader = new DataLoader<LinkKey, Found | null, string>(
      (keys) => followed.delegate(keys, { answer: (asked) => this.#answer(place, asked) }, info),
      { cacheKeyFn: ({ id }) => id },
    );
    byScope.set(name, loader);
    return loader;
  }

  /** Whether it matters where the record stands: what is found is looked for there, or leads on to it. */
  #isScoped(link: LinkField, nodes: readonly FieldNode[]): boolean {
    const { links } = this.#run;
    if (link.target?.isScoped) return true;
    const type = links.schema.getType(link.target?.typeName ?? '');
    return isCompositeType(type) && nodes.some(({ selectionSet }) => selectionSet && links.reaches(selectionSet, type));
  }

  /** The tenant's schema was not there when the operation began. */
  get #absent(): Pick<LinkTarget, 'batchFor' | 'canAsk' | 'load'> {
    const { hosting, tenant } = this.#run;
    const { title, hosted } = hosting;
    return {
      batchFor: () => ({ keys: Number.POSITIVE_INFINITY, isLearning: false }),
      canAsk: () => true,
      async load() {
        await hosted.schemaOf(tenant);
        const message = `The schema of ${title} "${tenant}" was still loading. Try again.`;
        throw new GatewayError('UPSTREAM_UNAVAILABLE', message, { source: hosted.sourceOf(tenant), retryAfter: 1 });
      },
    };
  }

  async #answer(place: Place, keys: readonly LinkKey[]): Promise<readonly (Found | Error | null)[]> {
    const { link } = place;
    const target = link.target ?? this.#absent;
    const asked = keys.filter((key) => target.canAsk(key, link.match));
    const answers = new Map<string, Found | GatewayError>();
    const load = async (chunk: readonly LinkKey[]) => {
      try {
        const rows = await target.load({ ...this.#question(place), keys: chunk });
        for (const key of chunk) answers.set(key.id, answerFor(key, rows, link));
      } catch (error) {
        // A fault of the gateway is nobody's failure: it ends the operation.
        if (!(error instanceof GatewayError)) throw error;
        for (const key of chunk) answers.set(key.id, error);
      }
    };
    const { tenant } = this.#run;
    const { keys: atFirst, isLearning } = target.batchFor(tenant);
    const learnFrom = isLearning && asked.length > atFirst ? asked.slice(0, atFirst) : [];
    if (learnFrom.length > 0) await load(learnFrom);
    const left = asked.slice(learnFrom.length);
    await mapInTurns(inChunks(left, target.batchFor(tenant).keys), REQUESTS_AT_ONCE, load);
    return keys.map(({ id }) => answers.get(id) ?? null);
  }

  #question({ link, nodes, scope }: Place) {
    const { links, shape, variables, written, context, tenant, executeOwn, onDiagnoses } = this.#run;
    const [first] = nodes;
    const type = links.schema.getType(link.target?.typeName ?? '');
    const selections = nodes.flatMap(({ selectionSet }): readonly SelectionNode[] =>
      selectionSet && isCompositeType(type) ? links.withoutLinks(selectionSet, type).selections : [],
    );
    return {
      match: link.match,
      written: first?.arguments ?? [],
      argument: (name: string) => first && argumentValue(first, name, shape, variables),
      selections,
      prefix: links.prefix,
      toDocument: (root: FieldNode, given: GivenVariables) =>
        toDocument(this.#run, root, given, sideOfTarget(link) === 'own' ? variables : written),
      executeOwn,
      scope,
      context,
      tenant,
      onDiagnoses,
    };
  }
}

/** A link field at one place of the operation, followed within one scope. */
interface Place {
  readonly link: LinkField;
  readonly scope: LinkScope | undefined;
  readonly nodes: readonly FieldNode[];
}

/** No record is null, two are a fault that names both. */
function answerFor(key: LinkKey, { rows, errors, place, source, scope }: LinkedRows, link: LinkField) {
  const [row, second] = rowsByKey(rows, link).get(key.id) ?? [];
  if (!row) return { value: null, errors, scope };
  if (!second) return { value: row.value, errors: row.errors, scope };
  const message = `${link.name} leads to two records of ${place} with the key “${key.text.slice(0, 80)}”: ${row.name} and ${second.name}. Give one of them another key.`;
  return new GatewayError('UPSTREAM_REJECTED', message, { source });
}

const sorted = new WeakMap<readonly LinkedRow[], Map<string, LinkedRow[]>>();

function rowsByKey(rows: readonly LinkedRow[], { match }: LinkField): ReadonlyMap<string, readonly LinkedRow[]> {
  const known = sorted.get(rows);
  if (known) return known;
  const byKey = new Map<string, LinkedRow[]>();
  for (const row of rows) {
    const key = toKey(row.key, match);
    if (key) byKey.set(key.id, [...(byKey.get(key.id) ?? []), row]);
  }
  sorted.set(rows, byKey);
  return byKey;
}

/** A query of one root field with the caller's fragments and variables, as far as it uses them, and variables of the gateway. */
function toDocument(
  { shape, links }: LinkRun,
  root: FieldNode,
  { given, types }: GivenVariables,
  variables: Variables,
): Extract {
  const definitions = Object.entries(types).map(
    ([name, type]): VariableDefinitionNode => ({
      kind: Kind.VARIABLE_DEFINITION,
      variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } },
      type: parseType(type),
    }),
  );
  const { name: _name, ...operation } = shape.operation;
  const variableDefinitions = [...(operation.variableDefinitions ?? []), ...definitions];
  const asked = { ...operation, operation: OperationTypeNode.QUERY, variableDefinitions };
  return extractDocument({ ...shape, fragments: links.fragments, operation: asked }, [root], {
    ...variables,
    ...given,
  });
}

function toKeys(path: Path): (string | number)[] {
  return path.prev ? [...toKeys(path.prev), path.key] : [path.key];
}

function inChunks<Item>(items: readonly Item[], size: number): Item[][] {
  if (items.length <= size) return items.length > 0 ? [[...items]] : [];
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
