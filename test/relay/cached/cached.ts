import { graphql } from './graphql.ts';

export const customerQuery = graphql`
  query cachedCustomerQuery {
    sage200 {
      id
      customers(filter: { reference: { eq: "ABS001" } }) {
        nodes {
          id
          name
        }
      }
    }
    xtremMasterData {
      customer {
        query(first: 1, filter: "{id: 'ABS001'}") {
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
`;

export const entityQuery = graphql`
  query cachedEntityQuery {
    sage200 {
      id
      products(first: 1) {
        nodes {
          id
          code
        }
      }
    }
    xtremMasterData {
      businessEntity {
        query(first: 1, filter: "{id: 'ABS001'}") {
          edges {
            node {
              _id
              id
            }
          }
        }
      }
    }
  }
`;
