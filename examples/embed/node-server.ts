// Your own server, with the gateway under /sage beside its other pages. Requires: npm install sage-gateway
// publicUrl in gateway.yaml has the same path: https://intranet.example.com/sage
import { createServer } from 'node:http';
import { createGateway } from 'sage-gateway';

export const gateway = createGateway();

export const server = createServer((request, response) => {
  if (request.url?.startsWith('/sage/')) return void gateway.handler(request, response);
  response.end('A page of our own.');
});

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
process.once('SIGTERM', () => server.close(() => gateway.close()));
