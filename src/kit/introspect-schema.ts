import { executeSync, type GraphQLSchema, getIntrospectionQuery, type IntrospectionSchema, parse } from 'graphql';
import { jsonInTurns } from './json-in-turns.ts';
import { createPace } from './turns.ts';

/** Types in one turn of the event loop, about a tenth of a millisecond each. */
const MOST_IN_TURN = 100;

const QUERY = getIntrospectionQuery({
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  experimentalDirectiveDeprecation: true,
  oneOf: true,
});
const FRAGMENTS = QUERY.slice(QUERY.indexOf('fragment '));
const WITHOUT_TYPES = parse(QUERY.replace(/ types \{[^}]*\}/, ''));
const OF_TYPE = parse(`query ($name: String!) { __type(name: $name) { ...FullType } } ${FRAGMENTS}`);

/** `introspectionFromSchema` of graphql-js as JSON, but others have their turn in between. */
export async function introspectionInTurns(schema: GraphQLSchema): Promise<Buffer<ArrayBuffer>> {
  const pace = createPace(MOST_IN_TURN);
  const types: unknown[] = [];
  for (const name of Object.keys(schema.getTypeMap())) {
    await pace(1);
    types.push(read(schema, OF_TYPE, { name })['__type']);
  }
  const { directives, ...others } = read(schema, WITHOUT_TYPES)['__schema'] as IntrospectionSchema;
  return jsonInTurns({ __schema: { ...others, types, directives } });
}

/** @throws GraphQLError if the schema cannot be shown */
function read(schema: GraphQLSchema, document: ReturnType<typeof parse>, variableValues = {}): Record<string, unknown> {
  const { data, errors: [fault] = [] } = executeSync({ schema, document, variableValues });
  if (fault || !data) throw fault;
  return data;
}
