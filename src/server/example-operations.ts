import type { ExampleOperation } from './server-options.ts';

/** What GraphiQL opens with: they work as they stand, against the sandbox too. */
export const EXAMPLE_OPERATIONS: readonly ExampleOperation[] = [
  {
    name: 'BothSystems',
    query: `# One answer from both systems: run it with Ctrl-Enter.
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
`,
  },
  {
    name: 'SupplierPayments',
    query: `# Payments Out of the Sage Network Platform: who pays suppliers in Great Britain, and in which file formats.
query SupplierPayments {
  paymentsOut {
    consumerApi {
      providers(country: "GB") {
        name
        country
        maximumPaymentCount
        localInstruments
      }
      fileFormats(country: "GB") {
        fileFormatId
        name
      }
    }
  }
}
`,
  },
  {
    name: 'WhoAmI',
    query: `# Who the gateway takes you for, and what it can reach. It answers with every system down.
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
`,
  },
];
