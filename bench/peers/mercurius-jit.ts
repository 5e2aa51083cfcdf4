/** Fastify with Mercurius and graphql-jit from the first request of an operation on. */
import { fastify } from 'fastify';
import { mercurius } from 'mercurius';
import { createForwardingSchema } from './forwarding-schema.ts';
import { announce, createClients, readUpstreams } from './undici-clients.ts';

const { askErp, createContext } = createClients(readUpstreams());
const app = fastify();
await app.register(mercurius, {
  schema: await createForwardingSchema(askErp, askErp),
  jit: 1,
  context: createContext,
});
await app.listen({ port: 0, host: '127.0.0.1' });
announce(Number(new URL(app.listeningOrigin).port));
