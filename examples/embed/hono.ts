// The gateway under /sage in a Hono application on Node. Requires: npm install sage-gateway hono
import { Hono } from 'hono';
import { createGateway } from 'sage-gateway';

const gateway = createGateway();

export const app = new Hono();
app.get('/', (context) => context.text('A page of our own.'));
app.all('/sage/*', (context) => gateway.fetch(context.req.raw));

export const close = () => gateway.close();
