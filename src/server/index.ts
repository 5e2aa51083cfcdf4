export type { Answer } from './answers/answer.ts';
export { jsonAnswer } from './answers/answer.ts';
export { type EmbeddedServer, embedServer } from './embed-server.ts';
export { EXAMPLE_OPERATIONS } from './example-operations.ts';
export { watchDocuments } from './graphql/documents/broken-documents.ts';
export type { GraphqlRequest, Operation } from './graphql/graphql-request.ts';
export type { Outcome, Phase } from './graphql/phase.ts';
export { createRefusalRecord, type Refusal, type RefusalRecord } from './refusal-record.ts';
export type { CallerExchange, CallerRoute, Exchange, OpenRoute, Route } from './routes/route.ts';
export type {
  ExampleOperation,
  Readiness,
  ReplaceableServer,
  RunningServer,
  ServerOptions,
  ServerSettings,
} from './server-options.ts';
export { startServer } from './start-server.ts';
