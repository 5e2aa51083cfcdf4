/** GraphQL Yoga over `stitchSchemas`: the tenant as a subschema, Sage 200 by local resolvers with loaders by key. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stitchSchemas } from '@graphql-tools/stitch';
import type { ExecutionResult, Executor } from '@graphql-tools/utils';
import { schemaFromExecutor } from '@graphql-tools/wrap';
import { print } from 'graphql';
import { createYoga } from 'graphql-yoga';
import { sage200Resolvers, sage200TypeDefs } from './sage200-schema.ts';
import { announce, createClients, readUpstreams } from './undici-clients.ts';

const { askErp, createContext } = createClients(readUpstreams());
const executor: Executor = async ({ document, variables }) =>
  (await askErp(print(document), variables)) as ExecutionResult<never>;

const schema = stitchSchemas({
  subschemas: [{ schema: await schemaFromExecutor(executor), executor, batch: true }],
  typeDefs: sage200TypeDefs,
  resolvers: sage200Resolvers,
});
const yoga = createYoga({ schema, context: createContext, logging: false, graphiql: false });
const server = createServer(yoga);
server.listen(0, '127.0.0.1', 1_024, () => announce((server.address() as AddressInfo).port));
