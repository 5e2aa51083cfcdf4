import { CombinedGraphQLErrors } from '@apollo/client';
import { Client, cacheExchange, fetchExchange } from '@urql/core';
import { print } from 'graphql';
import { ClientError, GraphQLClient } from 'graphql-request';
import { filter, firstValueFrom } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../examples/apollo-client.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { BothSystemsQuery, CustomerPageQuery } from '../generated/graphql.ts';
import { startTestGateway, type TestGateway } from '../support/test-gateway.ts';
import {
  BothSystems,
  CreateCustomer,
  CustomerPage,
  DeleteCustomer,
  OneCustomer,
  RenameCustomer,
  TwoCompanies,
} from './documents.ts';

/** Customers in each company. */
const CUSTOMERS = 25;

let sandbox: Sandbox;
let gateway: TestGateway;
let uri: string;

beforeAll(async () => {
  sandbox = await startSandbox({ customers: CUSTOMERS });
  gateway = await startTestGateway({ sandbox });
  uri = `${gateway.url}/graphql`;
});

afterEach(() => {
  sandbox.sage200.clearFaults();
  sandbox.erp.clearFaults();
});

afterAll(async () => {
  await gateway?.close();
  await sandbox?.close();
});

/** Two companies of one site, and a Sage id that a customer has in either. */
function twoCompanies() {
  const [first, second] = sandbox.companies;
  if (!first || !second) throw new Error('The sandbox has two companies unless told otherwise.');
  return { site: first.siteId, first: String(first.companyId), second: String(second.companyId), sageId: '27828' };
}

const secondCompany = () => ({ site: twoCompanies().site, company: twoCompanies().second });

/** What the ERP's GraphQL answers while its token service goes on. */
const breakErp = () => {
  const match = new URL(sandbox.erp.tenants[0]?.graphqlUrl ?? '').pathname;
  sandbox.erp.fault({ kind: 'status', status: 503, match, times: 0 });
};

const breakSage200 = () => sandbox.sage200.fault({ kind: 'status', status: 503, match: '/customers', times: 0 });

describe('Apollo Client 4', () => {
  const createApollo = () => createClient({ uri });

  test('separates two companies with the same Sage id in its cache, even after a write to one of them', async () => {
    const apollo = createApollo();
    const variables = twoCompanies();
    const { data: before } = await apollo.query({ query: TwoCompanies, variables });

    await apollo.mutate({
      mutation: RenameCustomer,
      variables: { ...secondCompany(), id: variables.sageId, name: 'Renamed in the second' },
    });

    const after = apollo.readQuery({ query: TwoCompanies, variables });
    expect(before?.first?.customer).toMatchObject({ sageId: '27828', reference: 'ABS001', name: 'ABS Garages Ltd' });
    expect(before?.second?.customer).toMatchObject({ sageId: '27828', reference: 'ABS001' });
    expect(before?.second?.customer?.name).not.toBe('ABS Garages Ltd');
    expect(after?.first?.customer?.name).toBe('ABS Garages Ltd');
    expect(after?.second?.customer?.name).toBe('Renamed in the second');
    const cached = Object.keys(apollo.cache.extract() as object);
    expect(cached.filter((key) => key.startsWith('Sage200:'))).toHaveLength(2);
    expect(cached.filter((key) => key.startsWith('Sage200Customer:'))).toHaveLength(2);
    expect(await apollo.query({ query: TwoCompanies, variables, fetchPolicy: 'network-only' })).toMatchObject({
      data: after,
    });
  });

  test('answers from its cache what it read under a global id', async () => {
    const apollo = createApollo();
    const { data } = await apollo.query({ query: TwoCompanies, variables: twoCompanies() });
    const id = data?.second?.customer?.id ?? '';
    const variables = { ...secondCompany(), id };
    const { data: read } = await apollo.query({ query: OneCustomer, variables });
    sandbox.sage200.clearRequests();

    const { data: again } = await apollo.query({ query: OneCustomer, variables });

    expect(read?.sage200?.customer?.id).toBe(id);
    expect(read?.sage200?.customer?.currency?.id).toEqual(expect.any(String));
    expect(again).toEqual(read);
    expect(sandbox.sage200.requests()).toEqual([]);
  });

  test('reads a list page by page into one list', async () => {
    const apollo = createApollo();
    const list = apollo.watchQuery({ query: CustomerPage, variables: { first: 10 } });
    const shown = list.subscribe({});
    const start = await firstValueFrom(list.pipe(filter(({ loading }) => !loading)));

    let pages = 1;
    let pageInfo = (start.data as CustomerPageQuery).sage200?.customers?.pageInfo;
    while (pageInfo?.hasNextPage && pages < CUSTOMERS) {
      const { data } = await list.fetchMore({ variables: { after: pageInfo.endCursor } });
      pageInfo = data?.sage200?.customers?.pageInfo;
      pages += 1;
    }

    const all = apollo.readQuery({ query: CustomerPage, variables: { first: 10 } });
    const references = all?.sage200?.customers?.edges.map(({ node }) => node?.reference);
    shown.unsubscribe();
    expect(pages).toBe(3);
    expect(references).toHaveLength(CUSTOMERS);
    expect(references).toEqual([...new Set(references)].sort());
  });

  test('keeps the shown list when its next page fails, and says why', async () => {
    const apollo = createApollo();
    const list = apollo.watchQuery({ query: CustomerPage, variables: { first: 10 } });
    const shown = list.subscribe({});
    const start = await firstValueFrom(list.pipe(filter(({ loading }) => !loading)));
    const { sage200 } = start.data as CustomerPageQuery;
    breakSage200();

    const next = list.fetchMore({ variables: { after: sage200?.customers?.pageInfo.endCursor } });

    await expect(next).rejects.toMatchObject({ errors: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }] });
    const kept = apollo.readQuery({ query: CustomerPage, variables: { first: 10 } });
    shown.unsubscribe();
    expect(kept?.sage200?.customers?.edges).toHaveLength(10);
  });

  test('creates, changes and deletes a customer', async () => {
    const apollo = createApollo();
    const company = secondCompany();

    const created = await apollo.mutate({
      mutation: CreateCustomer,
      variables: { ...company, reference: 'APOLLO1', name: "O'Hara & Daughters" },
    });
    const customer = created.data?.sage200?.createCustomer?.customer;
    const id = customer?.id ?? '';
    const renamed = await apollo.mutate({ mutation: RenameCustomer, variables: { ...company, id, name: 'O’Hara' } });
    const taken = await apollo.mutate({
      mutation: CreateCustomer,
      variables: { ...company, reference: 'APOLLO1', name: 'Another' },
    });
    const deleted = await apollo.mutate({ mutation: DeleteCustomer, variables: { ...company, id } });
    const gone = await apollo.query({ query: OneCustomer, variables: { ...company, id } });

    expect(created.error).toBeUndefined();
    expect(customer).toMatchObject({ reference: 'APOLLO1', name: "O'Hara & Daughters" });
    expect(renamed.data?.sage200?.updateCustomer).toMatchObject({ customer: { id, name: 'O’Hara' }, userErrors: [] });
    expect(taken.data?.sage200?.createCustomer).toMatchObject({
      customer: null,
      userErrors: [{ code: 'UPSTREAM_REJECTED', message: expect.stringContaining('reference') }],
    });
    expect(deleted.data?.sage200?.deleteCustomer).toMatchObject({ deletedId: id, userErrors: [] });
    expect(gone).toMatchObject({ data: { sage200: { customer: null } } });
    expect(gone.error).toBeUndefined();
  });

  test('shows the ERP’s data and an error while Sage 200 is down', async () => {
    breakSage200();

    const { data, error } = await createApollo().query({ query: BothSystems, variables: { first: 2 } });

    expect(data?.xtremMasterData?.customer?.query?.edges).toHaveLength(2);
    expect(data?.sage200?.customers).toBeNull();
    expect(CombinedGraphQLErrors.is(error) && error.errors).toMatchObject([
      { path: ['sage200', 'customers'], extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'sage200' } },
    ]);
  });

  test('shows Sage 200’s data and an error while the ERP is down', async () => {
    breakErp();

    const { data, error } = await createApollo().query({ query: BothSystems, variables: { first: 2 } });

    expect(data?.sage200?.customers?.nodes).toHaveLength(2);
    expect(data?.xtremMasterData).toBeNull();
    expect(CombinedGraphQLErrors.is(error) && error.errors).toMatchObject([
      { path: ['xtremMasterData'], extensions: { code: 'UPSTREAM_UNAVAILABLE', source: 'erp:acme' } },
    ]);
  });
});

describe('urql', () => {
  const createUrql = () => new Client({ url: uri, exchanges: [cacheExchange, fetchExchange] });

  test('reads, writes, and reads again what its write changed', async () => {
    const urql = createUrql();
    const company = secondCompany();
    const created = await urql.mutation(CreateCustomer, { ...company, reference: 'URQL1', name: 'Urban Quarry Ltd' });
    const id = created.data?.sage200?.createCustomer?.customer?.id ?? '';
    const before = await urql.query(OneCustomer, { ...company, id });

    const renamed = await urql.mutation(RenameCustomer, { ...company, id, name: 'Urban Quarries Ltd' });

    const after = await urql.query(OneCustomer, { ...company, id });
    // The answer holds no customer any more: its type is named for the cache, which goes by the types it sees.
    const deleted = await urql.mutation(
      DeleteCustomer,
      { ...company, id },
      { additionalTypenames: ['Sage200Customer'] },
    );
    const gone = await urql.query(OneCustomer, { ...company, id });
    expect(created.error).toBeUndefined();
    expect(before.data?.sage200?.customer?.name).toBe('Urban Quarry Ltd');
    expect(renamed.data?.sage200?.updateCustomer?.userErrors).toEqual([]);
    expect(after.data?.sage200?.customer?.name).toBe('Urban Quarries Ltd');
    expect(deleted.data?.sage200?.deleteCustomer?.deletedId).toBe(id);
    expect(gone).toMatchObject({ data: { sage200: { customer: null } }, error: undefined });
  });

  test('shows the data of one system and the error of the other', async () => {
    breakSage200();

    const { data, error } = await createUrql().query(BothSystems, { first: 2 });

    expect(data?.xtremMasterData?.customer?.query?.edges).toHaveLength(2);
    expect(error?.networkError).toBeUndefined();
    expect(error?.graphQLErrors).toMatchObject([
      { path: ['sage200', 'customers'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } },
    ]);
  });
});

describe('graphql-request', () => {
  test('reads and writes', async () => {
    const client = new GraphQLClient(uri);
    const company = secondCompany();

    const created = await client.request(CreateCustomer, { ...company, reference: 'GREQ1', name: 'Green Quay plc' });
    const id = created.sage200?.createCustomer?.customer?.id ?? '';
    const renamed = await client.request(RenameCustomer, { ...company, id, name: 'Green Quays plc' });
    const read = await client.request(OneCustomer, { ...company, id });
    const deleted = await client.request(DeleteCustomer, { ...company, id });

    expect(renamed.sage200?.updateCustomer?.userErrors).toEqual([]);
    expect(read.sage200?.customer).toMatchObject({ id, reference: 'GREQ1', name: 'Green Quays plc' });
    expect(deleted.sage200?.deleteCustomer?.deletedId).toBe(id);
  });

  test('gets partial data on request, and otherwise an error that contains the data', async () => {
    breakErp();
    const partial = new GraphQLClient(uri, { errorPolicy: 'all' });
    const strict = new GraphQLClient(uri);

    const { data, errors } = await partial.rawRequest<BothSystemsQuery>(print(BothSystems), { first: 2 });
    const failure = await strict.request(BothSystems, { first: 2 }).catch((error: unknown) => error);

    expect(data.sage200?.customers?.nodes).toHaveLength(2);
    expect(errors).toMatchObject([{ path: ['xtremMasterData'], extensions: { source: 'erp:acme' } }]);
    expect(failure).toBeInstanceOf(ClientError);
    expect(failure).toMatchObject({ response: { status: 200, data: { sage200: data.sage200 } } });
  });
});
