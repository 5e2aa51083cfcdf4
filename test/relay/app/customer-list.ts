import { graphql } from './graphql.ts';

/** A list that is read page by page, of whichever company is shown. */
export const customerList = graphql`
  fragment customerList_company on Sage200
  @argumentDefinitions(
    count: { type: "Int", defaultValue: 20 }
    cursor: { type: "String" }
    filter: { type: "Sage200CustomerFilter" }
  )
  @refetchable(queryName: "customerListPageQuery") {
    customers(first: $count, after: $cursor, filter: $filter, orderBy: [{ reference: ASC }])
      @connection(key: "customerList_customers", filters: ["filter"]) {
      edges {
        node {
          id
          ...customerCard_customer
        }
      }
    }
  }
`;

export const customerListQuery = graphql`
  query customerListQuery($site: ID, $company: ID, $filter: Sage200CustomerFilter) {
    sage200(site: $site, company: $company) {
      id
      ...customerList_company @arguments(filter: $filter)
    }
  }
`;
