import { buildSchema, type GraphQLSchema } from 'graphql';
import { CALLER_KINDS, callerKindsSdl } from '../src/callers/index.ts';

/** The enum that kinds of callers make, for `npm run codegen`: no file holds it. */
const loadCallerKinds = (): GraphQLSchema => buildSchema(callerKindsSdl(CALLER_KINDS));

// biome-ignore lint/style/noDefaultExport: codegen looks for its loaders nowhere else.
export default loadCallerKinds;
