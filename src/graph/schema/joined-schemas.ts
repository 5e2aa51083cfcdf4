import type { GraphQLSchema } from 'graphql';
import type { Logger } from 'pino';
import { BoundedCache } from '../../kit/cache.ts';
import type { Principal } from '../../kit/principal.ts';
import type { LeftOut, TenantReport } from '../graph.ts';
import { absentLinks, type EndFinders, type LinkOptions, toLinkSet } from '../stitch/index.ts';
import type { Hosting, Subschema, TenantSchema } from '../subschema.ts';
import { combineSchemas, type JoinedSchema } from './combine-schemas.ts';
import { describeOwn, describeSchema } from './describe-own.ts';
import { hideSources } from './hide-sources.ts';
import { createOwnSchema, type JoinedTypes, joinOwn, ownFieldsOf } from './own-schema.ts';

/** Maximum number of digests whose omissions are cached after their schemas are released. */
const MAX_LEFT_OUT = 1_000;

const NOTHING: LeftOut = { collisions: [], notShown: [], problems: [] };

export interface JoinedSchemasOptions {
  readonly subschemas: readonly Subschema[];
  readonly hosting: Hosting;
  readonly links: readonly LinkOptions[];
  readonly log: Logger;
}

/** The schemas that callers see: the gateway's own, and one for each schema of a tenant. Created on first use. */
export class JoinedSchemas {
  /** The gateway's own, for callers without a tenant and while a tenant's schema is not available. */
  readonly alone: JoinedSchema;
  readonly #options: JoinedSchemasOptions;
  readonly #ownTypes: JoinedTypes;
  readonly #ends: EndFinders;
  // Each digest's schema is one object in the registry, so it is the key here; an upgrade releases the old one.
  readonly #byTenantSchema = new WeakMap<GraphQLSchema, JoinedSchema>();
  readonly #bySchema = new WeakMap<GraphQLSchema, JoinedSchema>();
  readonly #shown = new WeakMap<JoinedSchema, Map<string, JoinedSchema>>();
  readonly #described = new WeakSet<JoinedSchema>();
  readonly #leftOut = new BoundedCache<string, LeftOut>({ name: 'leftOut', maxEntries: MAX_LEFT_OUT });

  /** @throws Error if the SDL of the gateway is wrong */
  constructor(options: JoinedSchemasOptions) {
    const { subschemas, hosting, links } = options;
    this.#options = options;
    this.#ends = {
      own: subschemas.flatMap((each) => (each.own && each.links ? [each.links] : [])),
      hosted: hosting.links,
    };
    this.#ownTypes = joinOwn(subschemas);
    const schema = createOwnSchema(this.#ownTypes);
    this.alone = {
      id: 0,
      schema,
      own: ownFieldsOf(schema),
      hasTenant: false,
      collisions: [],
      notShown: [],
      links: toLinkSet(absentLinks(links, schema, this.#ends, hosting)),
      problems: [],
    };
  }

  /** Details of a schema that callers see. */
  of(schema: GraphQLSchema): JoinedSchema {
    return this.#bySchema.get(schema) ?? this.alone;
  }

  /** The part that introspection shows to that caller: without sources that it has no right to. */
  shownTo(principal: Principal, joined: JoinedSchema): JoinedSchema {
    if (!this.#described.has(joined)) describeOwn(joined.schema, this.#options.subschemas, joined.collisions);
    this.#described.add(joined);
    const hidden = this.#options.subschemas.filter(
      ({ own, right }) => own && right?.isGiven(principal, 'query') === false,
    );
    if (hidden.length === 0) return joined;
    const known = this.#shown.get(joined) ?? new Map<string, JoinedSchema>();
    this.#shown.set(joined, known);
    // One for each combination of rights, of which there are few.
    const key = hidden.map(({ name }) => name).join();
    const shown = known.get(key) ?? hideSources(joined, hidden);
    known.set(key, shown);
    return shown;
  }

  /** The gateway's types with that schema. */
  with(tenant: string, { schema, digest }: TenantSchema): JoinedSchema {
    const known = this.#byTenantSchema.get(schema);
    if (known) return known;
    const joined = this.#combine(tenant, schema, digest) ?? this.alone;
    this.#byTenantSchema.set(schema, joined);
    if (joined === this.alone) return joined;
    const { collisions, notShown, problems } = joined;
    this.#leftOut.set(digest, { collisions, notShown, problems });
    this.#bySchema.set(joined.schema, joined);
    return joined;
  }

  /** What is left out for the tenant's callers, based on the current schema. */
  leftOutOf(tenant: string): LeftOut {
    const { hosted } = this.#options.hosting;
    const known = this.#leftOut.get(hosted.status(tenant).digest ?? '');
    const current = known ? undefined : hosted.peekSchema(tenant);
    return known ?? (current ? this.with(tenant, current) : NOTHING);
  }

  async reportOf(tenant: string): Promise<TenantReport> {
    const current = await this.#options.hosting.hosted.schemaOf(tenant);
    const { schema, collisions, notShown, problems, hasTenant, links } = this.with(tenant, current);
    const fields = hasTenant ? [...links.fields] : [];
    const names = fields.flatMap(([type, onType]) => [...onType.keys()].map((name) => `${type}.${name}`));
    const types = Object.keys(schema.getTypeMap()).length;
    return { tenant, digest: current.digest, types, links: names, collisions, notShown, problems };
  }

  #combine(tenant: string, tenantSchema: GraphQLSchema, digest: string): JoinedSchema | undefined {
    const { hosting, links, log } = this.#options;
    try {
      const description = describeSchema(this.#options.subschemas, tenantSchema);
      const joined = combineSchemas(tenantSchema, this.#ownTypes, this.alone.schema, links, this.#ends, description);
      const { collisions, notShown, problems } = joined;
      if (collisions.length > 0)
        log.warn({ tenant, digest, collisions }, 'names of the gateway are left out because the tenant uses them');
      if (notShown.length > 0)
        log.warn({ tenant, digest, notShown }, 'left out of introspection because a type is nested too deeply');
      if (problems.length > 0)
        log.warn({ tenant, digest, problems }, 'configured links are left out because one side is missing');
      return joined;
    } catch (err) {
      log.error(
        { tenant, digest, err },
        `the schema of the ${hosting.title} cannot be joined with the gateway's own; its documents are forwarded without it`,
      );
      return undefined;
    }
  }
}
