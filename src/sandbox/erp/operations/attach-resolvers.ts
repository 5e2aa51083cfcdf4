import type { GraphQLSchema } from 'graphql';
import { type ContainerNaming, containerNames } from '../model/container-names.ts';
import type { Model, NodeModel } from '../model/model.ts';
import { attachAggregates } from './aggregates.ts';
import type { Call } from './call.ts';
import { CUSTOM_OPERATIONS } from './custom-operations.ts';
import { nodeResolvers } from './node-fields.ts';
import { checkAllowed, queryRows } from './query-rows.ts';
import {
  bulkDelete,
  bulkUpdate,
  createRecord,
  defaultsOf,
  deleteRecord,
  duplicateOf,
  duplicateRecord,
  updateRecord,
} from './records.ts';
import { anyResolver, type Resolver, type Resolvers, set } from './resolvers.ts';

/** Gives every field of the schema its behaviour, derived from the model; other fields are read by name. */
export function attachResolvers(schema: GraphQLSchema, model: Model, naming: ContainerNaming): void {
  for (const type of [schema.getQueryType(), schema.getMutationType()]) {
    for (const field of Object.values(type?.getFields() ?? {})) field.resolve = anyResolver(pass);
  }
  for (const node of model.nodes.values()) {
    const { name } = node;
    const names = containerNames(naming, name);
    for (const side of ['Query', 'Mutation']) set(schema, `${node.package}${side}`, { [node.field]: pass });
    set(schema, name, nodeResolvers(node));
    set(schema, names.queries, queries(node));
    set(schema, `${name}_Collection`, { query: queryRows(name) });
    set(schema, names.mutations, mutations(node));
    set(schema, `${name}_Lookups`, lookups(node));
    attachAggregates(schema, node, [names.queries, `${name}_Collection`]);
    for (const operation of ['asyncExport', 'bulkDelete'] as const) attachJob(schema, node, operation);
  }
  for (const [typeName, resolvers] of Object.entries(CUSTOM_OPERATIONS)) {
    const names = containerNames(naming, typeName.replace(/_(Connection|Mutations)$/, ''));
    const served = typeName.endsWith('_Connection')
      ? names.queries
      : typeName.endsWith('_Mutations')
        ? names.mutations
        : typeName;
    set(schema, served, resolvers);
  }
}

/** Packages, nodes and groups of operations have no data themselves. */
const pass: Resolver = () => ({});

const queries = ({ name }: NodeModel): Resolvers => ({
  read: (_source, { _id }: { _id: string }, call: Call) => {
    checkAllowed(call, name);
    return call.store.byText(name, _id) ?? null;
  },
  query: queryRows(name),
  getDefaults: (_source, { data }: { data?: object }, call: Call) => defaultsOf(call, name, data ?? {}),
  getDuplicate: (_source, { _id }: { _id: string }, call: Call) => duplicateOf(call, name, _id),
  lookups: pass,
  asyncExport: pass,
  bulkDelete: pass,
});

const mutations = ({ name }: NodeModel): Resolvers => ({
  create: (_source, { data }: { data: object }, call: Call) => createRecord(call, name, data),
  update: (_source, { data }: { data: object }, call: Call) => updateRecord(call, name, data),
  delete: (_source, { _id }: { _id: string }, call: Call) => deleteRecord(call, name, _id),
  bulkUpdate: (_source, args: { filter?: string; data?: object }, call: Call) =>
    bulkUpdate(call, name, args.filter, args.data ?? {}),
  duplicate: (_source, args: { _id: string; data?: object }, call: Call) =>
    duplicateRecord(call, name, args._id, args.data ?? {}),
  asyncExport: pass,
  bulkDelete: pass,
});

const lookups = (node: NodeModel): Resolvers =>
  Object.fromEntries(
    [...node.properties.values()].flatMap((property) =>
      property.kind === 'reference' && property.target ? [[property.name, queryRows(property.target)]] : [],
    ),
  );

function attachJob(
  schema: GraphQLSchema,
  { name, operations }: NodeModel,
  operation: 'asyncExport' | 'bulkDelete',
): void {
  if (!operations.has(operation)) return;
  set(schema, `${name}_Mutations_${operation}`, {
    start: (_source, { filter }: { filter?: string }, call: Call) =>
      call.jobs.start(() =>
        operation === 'bulkDelete' ? String(bulkDelete(call, name, filter)) : `exports/${name}-${call.now()}.csv`,
      ),
    stop: (_source, { trackingId }: { trackingId: string }, { jobs }: Call) => jobs.stop(trackingId),
  });
  set(schema, `${name}_Connection_${operation}`, {
    track: (_source, { trackingId }: { trackingId: string }, { jobs }: Call) => jobs.track(trackingId),
  });
}
