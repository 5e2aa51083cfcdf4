/** Hive Gateway over the supergraph that Mesh composed; the second argument names its file. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime, createLoggerFromLogging } from '@graphql-hive/gateway';
import { announce } from './undici-clients.ts';

const gateway = createGatewayRuntime({
  supergraph: process.argv[3] ?? 'supergraph.graphql',
  logging: createLoggerFromLogging('error'),
  graphiql: false,
  landingPage: false,
});
// Reads and builds the supergraph before the first request, as its own command line does.
await gateway.getSchema();
const server = createServer(gateway);
server.listen(0, '127.0.0.1', 1_024, () => announce((server.address() as AddressInfo).port));
