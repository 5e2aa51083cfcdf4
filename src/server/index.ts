export { type EmbeddedServer, embedServer } from './embed-server.ts';
export { watchDocuments } from './graphql/documents/broken-documents.ts';
export type { GraphqlRequest } from './graphql/graphql-request.ts';
export type { Phase } from './graphql/phase.ts';
export { createRefusalRecord, type RefusalRecord } from './refusal-record.ts';
export type { ReplaceableServer, RunningServer, ServerOptions } from './server-options.ts';
export { startServer } from './start-server.ts';
