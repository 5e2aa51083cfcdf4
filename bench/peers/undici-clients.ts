import DataLoader from 'dataloader';
import { Pool } from 'undici';
import type { Upstreams } from '../upstreams.ts';
import { loadByKey, type Row, type Sage200Context } from './sage200-schema.ts';

/** Both upstreams by undici's request, for the peers that bring no client of their own. */
export function createClients({ sage200, erp, sage200Headers, erpHeaders }: Upstreams) {
  const [rest, graphql] = [new URL(sage200), new URL(erp)];
  const pools = {
    sage200: new Pool(rest.origin, { connections: 128 }),
    erp: new Pool(graphql.origin, { connections: 128 }),
  };
  const get = async (path: string, query: Readonly<Record<string, string>>): Promise<unknown> => {
    const search = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const target = `${rest.pathname}/${path}?${search.join('&')}`;
    const { statusCode, body } = await pools.sage200.request({ path: target, method: 'GET', headers: sage200Headers });
    const answer = await body.json();
    if (statusCode !== 200) throw new Error(`Sage 200 answered ${statusCode}.`);
    return answer;
  };
  const client: Sage200Context['sage200'] = {
    list: (path, query) => get(path, query) as Promise<Row[]>,
    row: (path, query) => get(path, query) as Promise<Row>,
  };
  return {
    /** Loaders live for one request: what one caller reads is never another's. */
    createContext: (): Sage200Context => ({
      sage200: client,
      customers: new DataLoader<number, Row>((ids) => loadByKey(client, 'customers', ids)),
      currencies: new DataLoader<number, Row>((ids) => loadByKey(client, 'currencies', ids)),
    }),
    async askErp(query: string, variables?: unknown): Promise<Record<string, unknown>> {
      const { body } = await pools.erp.request({
        path: graphql.pathname,
        method: 'POST',
        headers: { ...erpHeaders, 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      return (await body.json()) as Record<string, unknown>;
    },
  };
}

/** The only argument of a peer's process. */
export const readUpstreams = (): Upstreams => JSON.parse(process.argv[2] ?? '{}') as Upstreams;

/** A peer says where it listens, and ends when it is told to. */
export function announce(port: number): void {
  process.on('SIGTERM', () => process.exit(0));
  process.stdout.write(`http://127.0.0.1:${port}\n`);
}
