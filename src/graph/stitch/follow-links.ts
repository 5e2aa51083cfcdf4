import { pathToArray } from '@graphql-tools/utils';
import DataLoader from 'dataloader';
import { type FieldNode, GraphQLError, type GraphQLResolveInfo, isCompositeType, print } from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import { memberAt } from '../../kit/json.ts';
import { askTenant } from '../execution/ask-tenant.ts';
import { executeDocument } from '../execution/execute-document.ts';
import { toPartError } from '../execution/to-graphql-error.ts';
import { argumentValue, type Variables } from '../operation/plan-operation.ts';
import type { Subschema } from '../subschema.ts';
import { type DocumentLinks, selectionsBelow, toLinkDocument } from './document-links.ts';
import type { Aside, StitchedRun } from './execute-stitched.ts';
import { type Found, findRecords } from './find-records.ts';
import { type LinkKey, toKey } from './keys.ts';
import type { LinkAnswer, LinkField, LinkQuery, LinkScope, MadeQuery } from './link.ts';
import type { Followed } from './slice.ts';

type Path = GraphQLResolveInfo['path'];

type Loader = DataLoader<LinkKey, Found | null, string>;

/** Follows the links of one run of an operation: the keys of one place and company are requested together. */
export class LinkFollower {
  readonly #links: DocumentLinks;
  readonly #run: StitchedRun;
  readonly #aside: Aside;
  readonly #tenant: string;
  /** By field position, which graphql-js identifies by its list of nodes; then by scope. */
  readonly #loaders = new WeakMap<readonly FieldNode[], Map<string, Loader>>();
  /** Scopes of the records that links led to, by their place in the answer. */
  readonly #scopes = new WeakMap<Path, LinkScope>();

  constructor(links: DocumentLinks, run: StitchedRun, aside: Aside) {
    this.#links = links;
    this.#run = run;
    this.#aside = aside;
    this.#tenant = String(run.tenant);
  }

  async follow(followed: Followed, record: unknown, info: GraphQLResolveInfo): Promise<unknown> {
    const { link } = followed;
    const keyPath = [this.#links.keyAlias(link, String(info.path.key)), ...link.keyPath.slice(1)];
    const key = toKey(memberAt(record, keyPath), link.match);
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
    const options = { nodes: fieldNodes, path: [...pathToArray(path), ...below], ...more };
    this.#aside.errors.push(new GraphQLError(message, options));
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
      return root && this.#scopeAt(root, index);
    }
  }

  /** The scope of the records below that root field. */
  #scopeAt(field: FieldNode, index: string | number | undefined): LinkScope | undefined {
    const { ownerOf, shape, variables, context } = this.#run;
    const root = ownerOf(field.name.value)?.roots?.[field.name.value];
    const given = (name: string) => argumentValue(field, name, shape, variables);
    if (!root?.objectAt) return root?.scopeOfLinks?.(given);
    const id = root.objectAt(given, index);
    const isOwner = ({ node }: Subschema) => typeof id === 'string' && node?.isOwn(id) === true;
    return context.graph.subschemas.find(isOwner)?.node?.scopeOfLinks?.(id);
  }

  #loaderFor({ link, delegate }: Followed, scope: LinkScope | undefined, info: GraphQLResolveInfo): Loader {
    const byScope = this.#loaders.get(info.fieldNodes) ?? new Map<string, Loader>();
    this.#loaders.set(info.fieldNodes, byScope);
    const name = this.#isScoped(link, info.fieldNodes) ? JSON.stringify(scope ?? {}) : '';
    const known = byScope.get(name);
    if (known) return known;
    const question = this.#questionAt(link, info.fieldNodes, scope);
    const answer = async (keys: readonly LinkKey[]) => {
      const answers = await findRecords(link, keys, question);
      return keys.map(({ id }) => answers.get(id) ?? null);
    };
    const loader: Loader = new DataLoader<LinkKey, Found | null, string>((keys) => delegate(keys, answer, info), {
      cacheKeyFn: ({ id }) => id,
    });
    byScope.set(name, loader);
    return loader;
  }

  /** Whether the record's scope matters: the target is looked up in it, or leads on to links that need it. */
  #isScoped(link: LinkField, nodes: readonly FieldNode[]): boolean {
    const links = this.#links;
    if (link.target.isScoped) return true;
    const type = links.schema.getType(link.target.typeName);
    return isCompositeType(type) && nodes.some(({ selectionSet }) => selectionSet && links.reaches(selectionSet, type));
  }

  #questionAt(link: LinkField, nodes: readonly FieldNode[], scope: LinkScope | undefined) {
    const { shape, variables } = this.#run;
    const links = this.#links;
    const [first] = nodes;
    return {
      match: link.match,
      written: first?.arguments ?? [],
      argument: (name: string) => first && argumentValue(first, name, shape, variables),
      selections: selectionsBelow(links, link, nodes),
      prefix: links.prefix,
      ask: ({ make }: LinkQuery, given: Variables) => this.#ask(link, make(), given),
      scope,
      tenant: this.#tenant,
    };
  }

  async #ask(link: LinkField, query: MadeQuery, given: Variables): Promise<LinkAnswer> {
    const { shape, variables, written, context, hosting, joined } = this.#run;
    const isOwn = link.target.side === 'own';
    const extract = toLinkDocument(shape, this.#links, query, { ...(isOwn ? variables : written), ...given });
    if (isOwn) {
      const { data, errors = [] } = await executeDocument({ ...extract, schema: joined.schema, context });
      return { data, errors };
    }
    const request = { kind: 'query', query: print(extract.document), variables: extract.variables } as const;
    const result = (await askTenant({ hosting, tenant: this.#tenant, request, context })).result();
    this.#aside.noteDiagnoses(result);
    return { data: result.data, errors: (result.errors ?? []).map((error) => toPartError(error)) };
  }
}
