/* eslint-disable */
import * as types from './graphql.ts';
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';

/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  fragment CustomerRow on Sage200Customer {\n    id\n    sageId\n    reference\n    name\n    balance\n  }\n": typeof types.CustomerRowFragmentDoc,
    "\n  query TwoCompanies($site: ID!, $first: ID!, $second: ID!, $sageId: ID!) {\n    first: sage200(site: $site, company: $first) {\n      id\n      customer(id: $sageId) {\n        ...CustomerRow\n      }\n    }\n    second: sage200(site: $site, company: $second) {\n      id\n      customer(id: $sageId) {\n        ...CustomerRow\n      }\n    }\n  }\n": typeof types.TwoCompaniesDocument,
    "\n  query OneCustomer($site: ID!, $company: ID!, $id: ID!) {\n    sage200(site: $site, company: $company) {\n      id\n      customer(id: $id) {\n        ...CustomerRow\n        currency {\n          id\n          symbol\n        }\n      }\n    }\n  }\n": typeof types.OneCustomerDocument,
    "\n  query CustomerPage($first: Int!, $after: String) {\n    sage200 {\n      id\n      customers(first: $first, after: $after, orderBy: [{ reference: ASC }]) {\n        edges {\n          cursor\n          node {\n            ...CustomerRow\n          }\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": typeof types.CustomerPageDocument,
    "\n  query BothSystems($first: Int!) {\n    sage200 {\n      id\n      customers(first: $first, filter: { balance: { gt: \"0\" } }) {\n        nodes {\n          ...CustomerRow\n        }\n      }\n    }\n    xtremMasterData {\n      customer {\n        query(first: $first) {\n          totalCount\n          edges {\n            node {\n              _id\n              id\n              name\n            }\n          }\n        }\n      }\n    }\n  }\n": typeof types.BothSystemsDocument,
    "\n  mutation CreateCustomer($site: ID!, $company: ID!, $reference: String!, $name: String!) {\n    sage200(site: $site, company: $company) {\n      createCustomer(input: { reference: $reference, name: $name }) {\n        customer {\n          ...CustomerRow\n        }\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n": typeof types.CreateCustomerDocument,
    "\n  mutation RenameCustomer($site: ID!, $company: ID!, $id: ID!, $name: String!) {\n    sage200(site: $site, company: $company) {\n      updateCustomer(id: $id, input: { name: $name }) {\n        customer {\n          id\n          name\n        }\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n": typeof types.RenameCustomerDocument,
    "\n  mutation DeleteCustomer($site: ID!, $company: ID!, $id: ID!) {\n    sage200(site: $site, company: $company) {\n      deleteCustomer(id: $id) {\n        deletedId\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n": typeof types.DeleteCustomerDocument,
};
const documents: Documents = {
    "\n  fragment CustomerRow on Sage200Customer {\n    id\n    sageId\n    reference\n    name\n    balance\n  }\n": types.CustomerRowFragmentDoc,
    "\n  query TwoCompanies($site: ID!, $first: ID!, $second: ID!, $sageId: ID!) {\n    first: sage200(site: $site, company: $first) {\n      id\n      customer(id: $sageId) {\n        ...CustomerRow\n      }\n    }\n    second: sage200(site: $site, company: $second) {\n      id\n      customer(id: $sageId) {\n        ...CustomerRow\n      }\n    }\n  }\n": types.TwoCompaniesDocument,
    "\n  query OneCustomer($site: ID!, $company: ID!, $id: ID!) {\n    sage200(site: $site, company: $company) {\n      id\n      customer(id: $id) {\n        ...CustomerRow\n        currency {\n          id\n          symbol\n        }\n      }\n    }\n  }\n": types.OneCustomerDocument,
    "\n  query CustomerPage($first: Int!, $after: String) {\n    sage200 {\n      id\n      customers(first: $first, after: $after, orderBy: [{ reference: ASC }]) {\n        edges {\n          cursor\n          node {\n            ...CustomerRow\n          }\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n": types.CustomerPageDocument,
    "\n  query BothSystems($first: Int!) {\n    sage200 {\n      id\n      customers(first: $first, filter: { balance: { gt: \"0\" } }) {\n        nodes {\n          ...CustomerRow\n        }\n      }\n    }\n    xtremMasterData {\n      customer {\n        query(first: $first) {\n          totalCount\n          edges {\n            node {\n              _id\n              id\n              name\n            }\n          }\n        }\n      }\n    }\n  }\n": types.BothSystemsDocument,
    "\n  mutation CreateCustomer($site: ID!, $company: ID!, $reference: String!, $name: String!) {\n    sage200(site: $site, company: $company) {\n      createCustomer(input: { reference: $reference, name: $name }) {\n        customer {\n          ...CustomerRow\n        }\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n": types.CreateCustomerDocument,
    "\n  mutation RenameCustomer($site: ID!, $company: ID!, $id: ID!, $name: String!) {\n    sage200(site: $site, company: $company) {\n      updateCustomer(id: $id, input: { name: $name }) {\n        customer {\n          id\n          name\n        }\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n": types.RenameCustomerDocument,
    "\n  mutation DeleteCustomer($site: ID!, $company: ID!, $id: ID!) {\n    sage200(site: $site, company: $company) {\n      deleteCustomer(id: $id) {\n        deletedId\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n": types.DeleteCustomerDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 *
 *
 * @example
 * ```ts
 * const query = graphql(`query GetUser($id: ID!) { user(id: $id) { name } }`);
 * ```
 *
 * The query argument is unknown!
 * Please regenerate the types.
 */
export function graphql(source: string): unknown;

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment CustomerRow on Sage200Customer {\n    id\n    sageId\n    reference\n    name\n    balance\n  }\n"): (typeof documents)["\n  fragment CustomerRow on Sage200Customer {\n    id\n    sageId\n    reference\n    name\n    balance\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TwoCompanies($site: ID!, $first: ID!, $second: ID!, $sageId: ID!) {\n    first: sage200(site: $site, company: $first) {\n      id\n      customer(id: $sageId) {\n        ...CustomerRow\n      }\n    }\n    second: sage200(site: $site, company: $second) {\n      id\n      customer(id: $sageId) {\n        ...CustomerRow\n      }\n    }\n  }\n"): (typeof documents)["\n  query TwoCompanies($site: ID!, $first: ID!, $second: ID!, $sageId: ID!) {\n    first: sage200(site: $site, company: $first) {\n      id\n      customer(id: $sageId) {\n        ...CustomerRow\n      }\n    }\n    second: sage200(site: $site, company: $second) {\n      id\n      customer(id: $sageId) {\n        ...CustomerRow\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OneCustomer($site: ID!, $company: ID!, $id: ID!) {\n    sage200(site: $site, company: $company) {\n      id\n      customer(id: $id) {\n        ...CustomerRow\n        currency {\n          id\n          symbol\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query OneCustomer($site: ID!, $company: ID!, $id: ID!) {\n    sage200(site: $site, company: $company) {\n      id\n      customer(id: $id) {\n        ...CustomerRow\n        currency {\n          id\n          symbol\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query CustomerPage($first: Int!, $after: String) {\n    sage200 {\n      id\n      customers(first: $first, after: $after, orderBy: [{ reference: ASC }]) {\n        edges {\n          cursor\n          node {\n            ...CustomerRow\n          }\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query CustomerPage($first: Int!, $after: String) {\n    sage200 {\n      id\n      customers(first: $first, after: $after, orderBy: [{ reference: ASC }]) {\n        edges {\n          cursor\n          node {\n            ...CustomerRow\n          }\n        }\n        pageInfo {\n          hasNextPage\n          endCursor\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query BothSystems($first: Int!) {\n    sage200 {\n      id\n      customers(first: $first, filter: { balance: { gt: \"0\" } }) {\n        nodes {\n          ...CustomerRow\n        }\n      }\n    }\n    xtremMasterData {\n      customer {\n        query(first: $first) {\n          totalCount\n          edges {\n            node {\n              _id\n              id\n              name\n            }\n          }\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  query BothSystems($first: Int!) {\n    sage200 {\n      id\n      customers(first: $first, filter: { balance: { gt: \"0\" } }) {\n        nodes {\n          ...CustomerRow\n        }\n      }\n    }\n    xtremMasterData {\n      customer {\n        query(first: $first) {\n          totalCount\n          edges {\n            node {\n              _id\n              id\n              name\n            }\n          }\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateCustomer($site: ID!, $company: ID!, $reference: String!, $name: String!) {\n    sage200(site: $site, company: $company) {\n      createCustomer(input: { reference: $reference, name: $name }) {\n        customer {\n          ...CustomerRow\n        }\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation CreateCustomer($site: ID!, $company: ID!, $reference: String!, $name: String!) {\n    sage200(site: $site, company: $company) {\n      createCustomer(input: { reference: $reference, name: $name }) {\n        customer {\n          ...CustomerRow\n        }\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RenameCustomer($site: ID!, $company: ID!, $id: ID!, $name: String!) {\n    sage200(site: $site, company: $company) {\n      updateCustomer(id: $id, input: { name: $name }) {\n        customer {\n          id\n          name\n        }\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation RenameCustomer($site: ID!, $company: ID!, $id: ID!, $name: String!) {\n    sage200(site: $site, company: $company) {\n      updateCustomer(id: $id, input: { name: $name }) {\n        customer {\n          id\n          name\n        }\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n"];
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteCustomer($site: ID!, $company: ID!, $id: ID!) {\n    sage200(site: $site, company: $company) {\n      deleteCustomer(id: $id) {\n        deletedId\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n"): (typeof documents)["\n  mutation DeleteCustomer($site: ID!, $company: ID!, $id: ID!) {\n    sage200(site: $site, company: $company) {\n      deleteCustomer(id: $id) {\n        deletedId\n        userErrors {\n          code\n          message\n          path\n        }\n      }\n    }\n  }\n"];

export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}

export type DocumentType<TDocumentNode extends DocumentNode<any, any>> = TDocumentNode extends DocumentNode<  infer TType,  any>  ? TType  : never;