import { getIntrospectionQuery } from 'graphql';

/** What GraphQL got with its edition of 2021. */
const OF_2021 = {
  inputValueDeprecation: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
};

/** Everything a tool may want to see; the next is asked when a server does not know what is newer. */
export const INTROSPECTIONS: readonly string[] = [
  getIntrospectionQuery({ ...OF_2021, oneOf: true }),
  getIntrospectionQuery(OF_2021),
  getIntrospectionQuery(),
];
