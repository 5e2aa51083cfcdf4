import { ApolloClient, type FieldPolicy, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';
import { cachePolicies, type Schema } from 'sage-gateway/client-caches';

export interface ClientOptions {
  /** Such as `https://gateway.example.com/graphql`. */
  readonly uri: string;
  /** A gateway API key, `sgk_…`. Keep it on a server; in a browser, send your user's own token. */
  readonly key?: string;
  /** The ERP tenant, if the caller may use several. Use one client for each: tenants may use the same ids. */
  readonly tenant?: string;
  /** The gateway's introspection, from `/schema.json`: with it, the cache can identify the tenant's rows too. */
  readonly schema?: Schema;
}

/** Apollo Client 4 set up for the gateway: you receive partial answers, and lists grow page by page. */
export function createClient({ uri, key, tenant, schema }: ClientOptions): ApolloClient {
  return new ApolloClient({
    link: new HttpLink({
      uri,
      headers: {
        ...(key !== undefined && { authorization: `Bearer ${key}` }),
        ...(tenant !== undefined && { 'x-tenant': tenant }),
      },
    }),
    // A Sage 200 `id` is unique across all companies, so the cache needs no other key.
    cache: new InMemoryCache({
      typePolicies: {
        ...(schema && cachePolicies(schema)),
        Sage200: { merge: true, fields: { customers: growingList(), sopOrders: growingList() } },
      },
    }),
    // With one system down, you get `error` and the data of the other.
    defaultOptions: {
      query: { errorPolicy: 'all' },
      watchQuery: { errorPolicy: 'all' },
      mutate: { errorPolicy: 'all' },
    },
  });
}

/** Joins pages of `edges { node { … } }`. Keeps a failed list null, which Apollo's own policy would turn into an empty one. */
function growingList(): FieldPolicy {
  const { keyArgs, read, merge } = relayStylePagination(['filter', 'orderBy']);
  return {
    ...(keyArgs !== undefined && { keyArgs }),
    read: (list, options) => (list && read ? read(list, options) : list),
    merge: (list, page, options) => (page && typeof merge === 'function' ? merge(list, page, options) : (list ?? page)),
  };
}

declare module '@apollo/client' {
  namespace ApolloClient {
    namespace DeclareDefaultOptions {
      interface Query {
        errorPolicy: 'all';
      }
      interface WatchQuery {
        errorPolicy: 'all';
      }
      interface Mutate {
        errorPolicy: 'all';
      }
    }
  }
}
