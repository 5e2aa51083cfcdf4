// The gateway under /sage in a Fastify application. Requires: npm install sage-gateway fastify
import fastify from 'fastify';
import { createGateway } from 'sage-gateway';

const gateway = createGateway();

export const app = fastify();
app.get('/', () => 'A page of our own.');
app.register(
  (scope, _options, done) => {
    // The gateway reads bodies itself, within its own limits.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    scope.all('/*', (request, reply) => {
      reply.hijack();
      return gateway.handler(request.raw, reply.raw, { remoteAddress: request.ip });
    });
    done();
  },
  { prefix: '/sage' },
);
app.addHook('onClose', () => gateway.close());
