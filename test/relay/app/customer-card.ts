import { graphql } from './graphql.ts';

/** One row that can be read again by its own id, with a list of its own below it. */
export const customerCard = graphql`
  fragment customerCard_customer on Sage200Customer
  @argumentDefinitions(orders: { type: "Int", defaultValue: 5 }, after: { type: "String" })
  @refetchable(queryName: "customerCardRefetchQuery") {
    reference
    name
    balance
    currency {
      symbol
    }
    sopOrders(first: $orders, after: $after) @connection(key: "customerCard_sopOrders") {
      edges {
        cursor
        node {
          documentNo
          totalGrossValue
          lines {
            id
            description
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

export const customerCardQuery = graphql`
  query customerCardQuery($id: ID!) {
    node(id: $id) {
      ...customerCard_customer @alias(as: "customer")
    }
  }
`;
