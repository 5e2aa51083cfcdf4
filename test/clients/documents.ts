import { graphql } from '../generated/index.ts';

/** A row as every document here asks for it, so that a cache sees one shape under one id. */
export const CustomerRow = graphql(`
  fragment CustomerRow on Sage200Customer {
    id
    sageId
    reference
    name
    balance
  }
`);

/** The customer with one Sage id, in two companies that both have it. */
export const TwoCompanies = graphql(`
  query TwoCompanies($site: ID!, $first: ID!, $second: ID!, $sageId: ID!) {
    first: sage200(site: $site, company: $first) {
      id
      customer(id: $sageId) {
        ...CustomerRow
      }
    }
    second: sage200(site: $site, company: $second) {
      id
      customer(id: $sageId) {
        ...CustomerRow
      }
    }
  }
`);

export const OneCustomer = graphql(`
  query OneCustomer($site: ID!, $company: ID!, $id: ID!) {
    sage200(site: $site, company: $company) {
      id
      customer(id: $id) {
        ...CustomerRow
        currency {
          id
          symbol
        }
      }
    }
  }
`);

export const CustomerPage = graphql(`
  query CustomerPage($first: Int!, $after: String) {
    sage200 {
      id
      customers(first: $first, after: $after, orderBy: [{ reference: ASC }]) {
        edges {
          cursor
          node {
            ...CustomerRow
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const BothSystems = graphql(`
  query BothSystems($first: Int!) {
    sage200 {
      id
      customers(first: $first, filter: { balance: { gt: "0" } }) {
        nodes {
          ...CustomerRow
        }
      }
    }
    xtremMasterData {
      customer {
        query(first: $first) {
          totalCount
          edges {
            node {
              _id
              id
              name
            }
          }
        }
      }
    }
  }
`);

// Its values as variables of their own, since the whole input type would be written out in test/generated.
export const CreateCustomer = graphql(`
  mutation CreateCustomer($site: ID!, $company: ID!, $reference: String!, $name: String!) {
    sage200(site: $site, company: $company) {
      createCustomer(input: { reference: $reference, name: $name }) {
        customer {
          ...CustomerRow
        }
        userErrors {
          code
          message
          path
        }
      }
    }
  }
`);

export const RenameCustomer = graphql(`
  mutation RenameCustomer($site: ID!, $company: ID!, $id: ID!, $name: String!) {
    sage200(site: $site, company: $company) {
      updateCustomer(id: $id, input: { name: $name }) {
        customer {
          id
          name
        }
        userErrors {
          code
          message
          path
        }
      }
    }
  }
`);

export const DeleteCustomer = graphql(`
  mutation DeleteCustomer($site: ID!, $company: ID!, $id: ID!) {
    sage200(site: $site, company: $company) {
      deleteCustomer(id: $id) {
        deletedId
        userErrors {
          code
          message
          path
        }
      }
    }
  }
`);
