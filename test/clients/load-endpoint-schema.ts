import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { startSandbox } from '../../src/sandbox/index.ts';
import { startTestGateway } from '../support/test-gateway.ts';

/** The schema that callers of a gateway in front of the sandbox see, asked over HTTP: the schema of `npm run codegen`. */
async function loadEndpointSchema(): Promise<GraphQLSchema> {
  await using sandbox = await startSandbox({ customers: 1 });
  await using gateway = await startTestGateway({ sandbox, logLevel: 'silent' });
  const { data } = await gateway.query(getIntrospectionQuery());
  return buildClientSchema(data as IntrospectionQuery);
}

// biome-ignore lint/style/noDefaultExport: codegen looks for its loaders nowhere else.
export default loadEndpointSchema;
