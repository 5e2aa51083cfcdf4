/** Apollo Server's standalone server with RESTDataSource for both upstreams, and loaders by key on top of it. */
import { RESTDataSource } from '@apollo/datasource-rest';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import DataLoader from 'dataloader';
import { createForwardingSchema } from './forwarding-schema.ts';
import { loadByKey, type Row, type Sage200Context } from './sage200-schema.ts';
import { announce, createClients, readUpstreams } from './undici-clients.ts';

const upstreams = readUpstreams();

class Sage200Source extends RESTDataSource {
  override baseURL = `${upstreams.sage200}/`;
  list(path: string, params: Readonly<Record<string, string>>): Promise<Row[]> {
    return this.get(path, { params, headers: upstreams.sage200Headers });
  }
  row(path: string, params: Readonly<Record<string, string>>): Promise<Row> {
    return this.get(path, { params, headers: upstreams.sage200Headers });
  }
}

class ErpSource extends RESTDataSource {
  override baseURL = upstreams.erp;
  ask(query: string, variables: unknown): Promise<Record<string, unknown>> {
    return this.post('', { body: { query, variables }, headers: upstreams.erpHeaders });
  }
}

interface Context extends Sage200Context {
  readonly erp: ErpSource;
}

const schema = await createForwardingSchema<Context>(createClients(upstreams).askErp, (query, variables, { erp }) =>
  erp.ask(query, variables),
);
const server = new ApolloServer<Context>({ schema });
const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: '127.0.0.1' },
  context: async () => {
    const source = new Sage200Source();
    const sage200 = {
      list: (path: string, query: Readonly<Record<string, string>>) => source.list(path, query),
      row: (path: string, query: Readonly<Record<string, string>>) => source.row(path, query),
    };
    return {
      sage200,
      erp: new ErpSource(),
      customers: new DataLoader<number, Row>((ids) => loadByKey(sage200, 'customers', ids)),
      currencies: new DataLoader<number, Row>((ids) => loadByKey(sage200, 'currencies', ids)),
    };
  },
});
announce(Number(new URL(url).port));
