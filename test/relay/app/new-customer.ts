import { graphql } from './graphql.ts';

/** A new row that joins the lists on the page, and one that leaves the store. */
export const newCustomer = graphql`
  mutation newCustomerMutation($input: Sage200CreateCustomerInput!, $key: String, $connections: [ID!]!) {
    sage200 {
      createCustomer(input: $input, idempotencyKey: $key) {
        customer @prependNode(connections: $connections, edgeTypeName: "Sage200CustomerEdge") {
          id
          reference
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
`;

export const deleteCustomer = graphql`
  mutation newCustomerDeleteMutation($id: ID!) {
    sage200 {
      deleteCustomer(id: $id) {
        deletedId @deleteRecord
        userErrors {
          message
        }
      }
    }
  }
`;
