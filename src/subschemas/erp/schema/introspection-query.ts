import { getIntrospectionQuery } from 'graphql';

/** Added to GraphQL with its 2021 edition. */
const OF_2021 = {
  inputValueDeprecation: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
};

/** Everything that tools may need; the next query is used if a server does not know the newer parts. */
export const INTROSPECTIONS: readonly string[] = [
  getIntrospectionQuery({ ...OF_2021, oneOf: true }),
  getIntrospectionQuery(OF_2021),
  getIntrospectionQuery(),
];
