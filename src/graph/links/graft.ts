// Longer than most, and one thing: an answer without link fields becomes one with them.
import {
  type FieldNode,
  type GraphQLCompositeType,
  GraphQLError,
  type GraphQLObjectType,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { GatewayError } from '../../kit/errors/index.ts';
import { decodeGlobalId } from '../../subschemas/sage200/index.ts';
import type { OperationShape } from '../operation/classify-operation.ts';
import { argumentValue, isIncluded, type Variables } from '../operation/plan-operation.ts';
import type { DocumentLinks } from './document-links.ts';
import { type LinkKey, toKey } from './keys.ts';
import type { LinkField } from './link.ts';

export type Path = readonly (string | number)[];

/** Site and company that a link field inherits from the Sage 200 record it stands on. */
export interface Company {
  readonly site?: string | undefined;
  readonly company?: string | undefined;
}

/** What one key led to. Errors have paths that begin below the link field. */
export interface Found {
  readonly value: unknown;
  readonly errors: readonly GraphQLError[];
}

/** Looks up the keys of one link field, all at once. A key that is not in the answer has no counterpart. */
export type Load = (
  field: SelectedLink,
  keys: readonly LinkKey[],
  company: Company | undefined,
) => Promise<ReadonlyMap<string, Found | GatewayError>>;

/** A link field as the operation selects it at one place. */
export interface SelectedLink {
  readonly link: LinkField;
  readonly nodes: readonly FieldNode[];
  readonly sets: readonly SelectionSetNode[];
}

interface Entry {
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly link: SelectedLink | undefined;
  /** Only where a link is below. */
  readonly below: { readonly type: GraphQLCompositeType; readonly sets: readonly SelectionSetNode[] } | undefined;
}

/** A link field of one record, waiting for its value. */
interface Place {
  readonly field: SelectedLink;
  readonly key: LinkKey | undefined;
  readonly into: Record<string, unknown>;
  readonly responseKey: string;
  readonly path: Path;
  readonly company: Company | undefined;
  readonly errors: GraphQLError[];
}

/** A value without its link fields, and where it is from. */
export interface Stem {
  readonly value: unknown;
  readonly type: GraphQLCompositeType;
  readonly sets: readonly SelectionSetNode[];
  readonly company: Company | undefined;
  /** Errors below the value are added here, with paths that begin at it. */
  readonly errors: GraphQLError[];
}

type Entries = readonly Entry[];

/** Walks answers along the operation as the caller wrote it, and fills in what its link fields lead to. */
export class Grafter {
  readonly #links: DocumentLinks;
  readonly #shape: OperationShape;
  readonly #variables: Variables;
  readonly #load: Load;
  readonly #entries = new WeakMap<readonly SelectionSetNode[], Map<GraphQLObjectType, Entries>>();

  constructor(links: DocumentLinks, shape: OperationShape, variables: Variables, load: Load) {
    this.#links = links;
    this.#shape = shape;
    this.#variables = variables;
    this.#load = load;
  }

  /** The answer to root fields, with its links. */
  async root(
    fields: ReadonlyMap<string, readonly FieldNode[]>,
    data: Readonly<Record<string, unknown>>,
    errors: GraphQLError[],
  ): Promise<Record<string, unknown>> {
    const type = this.#links.schema.getRootType(this.#shape.operation.operation);
    const places: Place[] = [];
    const result: Record<string, unknown> = {};
    for (const [key, nodes] of fields) {
      if (!(key in data)) continue;
      const below = type && this.#toEntry(key, nodes, type).below;
      const companyAt = this.#companies(nodes[0]);
      result[key] = below ? this.#walk(data[key], { ...below, errors, path: [key], companyAt, places }) : data[key];
    }
    await this.#fill(places);
    return result;
  }

  /** Several values at once, so that what they link to is asked for together. In their order, without aliases of ours. */
  async values(stems: readonly Stem[]): Promise<unknown[]> {
    const places: Place[] = [];
    const results = stems.map(({ value, type, sets, company, errors }) =>
      this.#walk(value, { type, sets, path: [], companyAt: () => company, places, errors }),
    );
    await this.#fill(places);
    return results;
  }

  #walk(value: unknown, at: Walk): unknown {
    if (Array.isArray(value)) return value.map((each, index) => this.#walk(each, { ...at, path: [...at.path, index] }));
    if (!isObject(value)) return value;
    const { typeAlias, schema } = this.#links;
    const type = isAbstractType(at.type) ? schema.getType(String(value[typeAlias])) : at.type;
    if (!isObjectType(type)) return value;
    const result: Record<string, unknown> = {};
    for (const { key, link, below } of this.#entriesOf(at.sets, type)) {
      const path = [...at.path, key];
      if (link) {
        result[key] = null;
        const found = readPath(value[this.#links.keyAlias(link.link)], link.link.keyPath.slice(1));
        const { errors, companyAt } = at;
        const place = { field: link, into: result, responseKey: key, path, company: companyAt(path), errors };
        at.places.push({ ...place, key: toKey(found, link.link.match) });
      } else if (key in value) {
        result[key] = below ? this.#walk(value[key], { ...at, ...below, path }) : value[key];
      }
    }
    return result;
  }

  /** Response keys in the order of the answer, for one concrete type. */
  #entriesOf(sets: readonly SelectionSetNode[], type: GraphQLObjectType): Entries {
    const known = this.#entries.get(sets) ?? new Map<GraphQLObjectType, Entries>();
    this.#entries.set(sets, known);
    const entries = known.get(type) ?? this.#collect(sets, type);
    known.set(type, entries);
    return entries;
  }

  #collect(sets: readonly SelectionSetNode[], type: GraphQLObjectType): Entries {
    const found = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    const visit = (set: SelectionSetNode) => {
      for (const selection of set.selections) {
        if (!isIncluded(selection, this.#shape, this.#variables)) continue;
        if (selection.kind === Kind.FIELD) {
          const key = (selection.alias ?? selection.name).value;
          found.set(key, [...(found.get(key) ?? []), selection]);
          continue;
        }
        const name = selection.kind === Kind.FRAGMENT_SPREAD ? selection.name.value : undefined;
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? this.#shape.fragments.get(selection.name.value) : selection;
        if (!fragment || (name !== undefined && spread.has(name))) continue;
        if (name !== undefined) spread.add(name);
        const condition = this.#links.conditionOf(fragment, type);
        const isMet =
          condition === type || (isAbstractType(condition) && this.#links.schema.isSubType(condition, type));
        if (isMet) visit(fragment.selectionSet);
      }
    };
    for (const set of sets) visit(set);
    return [...found].map(([key, nodes]) => this.#toEntry(key, nodes, type));
  }

  #toEntry(key: string, nodes: readonly FieldNode[], type: GraphQLObjectType): Entry {
    const [first] = nodes;
    const sets = nodes.flatMap(({ selectionSet }) => (selectionSet ? [selectionSet] : []));
    const link = first && this.#links.linkAt(type, first.name.value);
    if (link) return { key, nodes, link: { link, nodes, sets }, below: undefined };
    const next = first && this.#links.typeOf(first, type);
    const reaches = next && sets.some((set) => this.#links.reaches(set, next));
    return { key, nodes, link: undefined, below: reaches ? { type: next, sets } : undefined };
  }

  async #fill(places: readonly Place[]): Promise<void> {
    const groups = new Map<SelectedLink, Map<string, Place[]>>();
    for (const place of places) {
      const byCompany = groups.get(place.field) ?? new Map<string, Place[]>();
      groups.set(place.field, byCompany);
      const company = this.#matters(place) ? JSON.stringify([place.company?.site, place.company?.company]) : '';
      const group = byCompany.get(company);
      if (group) group.push(place);
      else byCompany.set(company, [place]);
    }
    await Promise.all(
      [...groups].flatMap(([field, byCompany]) =>
        [...byCompany.values()].map((group) => this.#fillGroup(field, group)),
      ),
    );
  }

  /** Keys asked together only for one company, where what is found is looked for, or leads on, in Sage 200. */
  #matters({ field: { link, sets } }: Place): boolean {
    const { target } = link;
    if (target.kind !== 'erp') return true;
    return sets.some((set) => this.#links.reaches(set, target.many ? target.pageType : target.nodeType));
  }

  async #fillGroup(field: SelectedLink, places: readonly Place[]): Promise<void> {
    const keys = new Map(places.flatMap(({ key }) => (key ? [[key.id, key] as const] : [])));
    if (keys.size === 0) return;
    const found = await this.#load(field, [...keys.values()], places[0]?.company);
    for (const { key, into, responseKey, path, errors } of places) {
      const each = key && found.get(key.id);
      if (each instanceof GatewayError) {
        errors.push(new GraphQLError(each.message, { nodes: field.nodes, path, extensions: each.toExtensions() }));
      } else if (each) {
        into[responseKey] = each.value;
        errors.push(...each.errors.map((error) => atPath(error, [...path, ...(error.path ?? [])], field.nodes)));
      }
    }
  }

  /** Which company the records below a root field are of. */
  #companies(node: FieldNode | undefined): (path: Path) => Company | undefined {
    const given = (name: string) => node && argumentValue(node, name, this.#shape, this.#variables);
    switch (node?.name.value) {
      case 'sage200': {
        const company = { site: toText(given('site')), company: toText(given('company')) };
        return () => company;
      }
      case 'node': {
        const company = companyOfId(given('id'));
        return () => company;
      }
      case 'nodes': {
        const ids = given('ids');
        return ([, index]) => companyOfId(Array.isArray(ids) ? ids[Number(index)] : ids);
      }
      default:
        return () => undefined;
    }
  }
}

interface Walk {
  readonly type: GraphQLCompositeType;
  readonly sets: readonly SelectionSetNode[];
  readonly path: Path;
  readonly companyAt: (path: Path) => Company | undefined;
  readonly places: Place[];
  readonly errors: GraphQLError[];
}

/** An id may be written as a number. */
export const toText = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

const companyOfId = (id: unknown): Company | undefined => {
  const found = typeof id === 'string' ? decodeGlobalId(id) : undefined;
  return found && { site: found.site, company: found.company };
};

export function atPath(error: GraphQLError, path: Path, nodes: readonly FieldNode[]): GraphQLError {
  const { message, extensions, originalError } = error;
  return new GraphQLError(message, { nodes, path, extensions, ...(originalError && { originalError }) });
}

function readPath(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((found, name) => (isObject(found) ? found[name] : undefined), value);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
