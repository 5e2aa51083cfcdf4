import { getIntrospectionQuery } from 'graphql';

/** Asked first: everything a tool may want to see. */
export const RICH_INTROSPECTION = getIntrospectionQuery({
  descriptions: true,
  inputValueDeprecation: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
});
/** Asked when a server does not know the members that came to GraphQL later. */
export const PLAIN_INTROSPECTION = getIntrospectionQuery({ descriptions: true, directiveIsRepeatable: false });
