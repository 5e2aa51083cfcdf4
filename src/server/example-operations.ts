const BOTH_SYSTEMS = `# One answer from both systems. Press Ctrl-Enter to run it.
query BothSystems {
  sage200 {
    customers(first: 3, filter: { balance: { gt: "0" } }, orderBy: [{ balance: DESC }]) {
      nodes {
        reference
        name
        balance
        currency {
          symbol
          name
        }
        sopOrders(first: 2) {
          nodes {
            documentNo
            totalGrossValue
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
  xtremMasterData {
    customer {
      query(first: 2) {
        totalCount
        edges {
          node {
            _id
            id
            name
            currency {
              id
            }
          }
        }
      }
    }
  }
}
`;

const WHO_AM_I = `# Who you are to the gateway, and what it can reach. This works even if all systems are down.
query WhoAmI {
  gateway {
    me {
      id
      kind
      readOnly
      admin
      tenants
    }
    connections {
      name
      state
      refreshExpiresAt
    }
    tenants {
      name
      state
      schemaAge
    }
  }
}
`;

/** The operations that GraphiQL opens with. They work unchanged, also against the sandbox. */
export const exampleOperations = (ofSources: readonly string[] = []): readonly string[] => [
  BOTH_SYSTEMS,
  ...ofSources,
  WHO_AM_I,
];
