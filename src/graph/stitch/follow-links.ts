import DataLoader from 'dataloader';
import {
  type ExecutionResult,
  type FieldNode,
  GraphQLError,
  type GraphQLResolveInfo,
  isCompositeType,
  print,
} from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import { memberAt } from '../../kit/json.ts';
import { askTenant } from '../execution/ask-tenant.ts';
import type { GatewayContext } from '../graph.ts';
import type { OperationShape } from '../operation/classify-operation.ts';
import type { Extract } from '../operation/extract-document.ts';
import { argumentValue, type Variables } from '../operation/plan-operation.ts';
import type { Hosting } from '../subschema.ts';
import type { DocumentLinks } from './document-links.ts';
import { type Found, findRecords } from './find-records.ts';
import { type LinkKey, toKey } from './keys.ts';
import {
  type LinkAnswer,
  type LinkField,
  type LinkQuery,
  type LinkScope,
  type LinkTarget,
  type MadeQuery,
  sideOfTarget,
} from './link.ts';
import { selectionsBelow, toLinkDocument } from './link-document.ts';
import type { Followed } from './slice.ts';

export interface LinkRun {
  readonly links: DocumentLinks;
  readonly shape: OperationShape;
  readonly variables: Variables;
  /** The same, as sent to the tenant. */
  readonly written: Variables;
  readonly context: GatewayContext;
  readonly hosting: Hosting;
  readonly tenant: string;
  /** Executes a query on the gateway's types. */
  readonly executeOwn: (extract: Extract) => Promise<ExecutionResult>;
  /** The scope of the records below that root field. */
  readonly scopeAt: (root: FieldNode | undefined, index: string | number | undefined) => LinkScope | undefined;
  /** Receives errors with their paths in the answer. */
  readonly onError: (error: GraphQLError) => void;
  /** Receives what the sources return beside their data. */
  readonly onDiagnoses: (diagnoses: readonly unknown[]) => void;
}

type Path = GraphQLResolveInfo['path'];

type Loader = DataLoader<LinkKey, Found | null, string>;

/** Follows the links of one run of an operation: the keys of one place and company are requested together. */
export class LinkFollower {
  readonly #run: LinkRun;
  /** By field position, which graphql-js identifies by its list of nodes; then by scope. */
  readonly #loaders = new WeakMap<readonly FieldNode[], Map<string, Loader>>();
  /** Scopes of the records that links led to, by their place in the answer. */
  readonly #scopes = new WeakMap<Path, LinkScope>();

  constructor(run: LinkRun) {
    this.#run = run;
  }

  async follow(followed: Followed, record: unknown, info: GraphQLResolveInfo): Promise<unknown> {
    const { link } = followed;
    const [first = '', ...rest] = [this.#run.links.keyAlias(link, String(info.path.key)), ...link.keyPath.slice(1)];
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

  /** The scope of the nearest link above, or of the root field. */
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

  /** Whether the record's scope matters: the target is looked up in it, or leads on to links that need it. */
  #isScoped(link: LinkField, nodes: readonly FieldNode[]): boolean {
    const { links } = this.#run;
    if (link.target?.isScoped) return true;
    const type = links.schema.getType(link.target?.typeName ?? '');
    return isCompositeType(type) && nodes.some(({ selectionSet }) => selectionSet && links.reaches(selectionSet, type));
  }

  /** The tenant's schema was not available when the operation began. */
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
    const target = place.link.target ?? this.#absent;
    const answers = await findRecords(place.link, target, keys, this.#question(place));
    return keys.map(({ id }) => answers.get(id) ?? null);
  }

  #question({ link, nodes, scope }: Place) {
    const { links, shape, variables, tenant } = this.#run;
    const [first] = nodes;
    return {
      match: link.match,
      written: first?.arguments ?? [],
      argument: (name: string) => first && argumentValue(first, name, shape, variables),
      selections: selectionsBelow(links, link, nodes),
      prefix: links.prefix,
      ask: ({ make }: LinkQuery, given: Variables) => this.#ask(link, make(), given),
      scope,
      tenant,
    };
  }

  async #ask(link: LinkField, query: MadeQuery, given: Variables): Promise<LinkAnswer> {
    const { shape, links, variables, written, executeOwn, onDiagnoses } = this.#run;
    if (sideOfTarget(link) === 'own') {
      const { data, errors = [] } = await executeOwn(toLinkDocument(shape, links, query, { ...variables, ...given }));
      return { data, errors };
    }
    const { document, variables: asked } = toLinkDocument(shape, links, query, { ...written, ...given });
    const request = { kind: 'query', query: print(document), variables: asked } as const;
    const { data, errors = [], extensions } = (await askTenant({ ...this.#run, request })).result();
    const diagnoses = extensions?.['diagnoses'];
    if (Array.isArray(diagnoses)) onDiagnoses(diagnoses);
    return {
      data,
      errors: errors.map(
        ({ message, path, extensions }) =>
          new GraphQLError(message, { path: path ?? null, extensions: { ...extensions } }),
      ),
    };
  }
}

/** A link field at one place of the operation, followed within one scope. */
interface Place {
  readonly link: LinkField;
  readonly scope: LinkScope | undefined;
  readonly nodes: readonly FieldNode[];
}

function toKeys(path: Path): (string | number)[] {
  return path.prev ? [...toKeys(path.prev), path.key] : [path.key];
}
