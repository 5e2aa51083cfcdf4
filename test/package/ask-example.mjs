// Runs beside the examples, where the package is installed: asks one of them, and prints what it answered.
const [name, key] = process.argv.slice(2);
const ORIGIN = 'http://localhost:3000';

/** How each is asked, and how it is ended. */
const WAYS = {
  async 'node-server'({ server, gateway }) {
    if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
    return { ask: at(server.address().port), end: () => server.close(() => gateway.close()) };
  },
  async hono({ app, close }) {
    return { ask: (path, init) => app.request(`${ORIGIN}${path}`, init), end: close };
  },
  async fastify({ app }) {
    await app.listen({ port: 0, host: '127.0.0.1' });
    return { ask: at(app.server.address().port), end: () => app.close() };
  },
  async 'next-route'(route) {
    const ask = (path, init = {}) => route[init.method ?? 'GET'](new Request(`${ORIGIN}${path}`, init));
    return { ask, end: () => globalThis.gateway.close() };
  },
};
const at = (port) => (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init);

const { ask, end } = await WAYS[name](await import(`./${name}.ts`));
const query = (headers) =>
  ask('/sage/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: '{ gateway { me { id } } sage200 { customers(first: 40) { nodes { name } } } }' }),
  }).then((response) => response.json());
const page = await ask('/sage/', { headers: { accept: 'text/html' } });
const [withKey, stranger, html] = [await query({ authorization: `Bearer ${key}` }), await query({}), await page.text()];
console.log(
  JSON.stringify({
    page: page.status,
    links: [...new Set([...html.matchAll(/href="(\/[^"?]*)/g)].map(([, href]) => href))],
    me: withKey.data?.gateway.me.id ?? withKey,
    customers: withKey.data?.sage200.customers.nodes.length,
    stranger: stranger.errors?.[0].extensions.code,
  }),
);
await end();
