/**
 * What the whole Sage 200 schema costs a process: `idle` loads the same libraries and stops there, `schema` also builds
 * the schema as the gateway does at its start. Prints `{ rssMb, ms }` as JSON.
 * Give each a process of its own, with `--expose-gc`.
 */

import { readFileSync } from 'node:fs';
import { parse } from 'graphql';
import { CALLER_KINDS, callerKindsSdl } from '../src/callers/index.ts';
import { createOwnSchema, joinOwn } from '../src/graph/index.ts';
import { loadSdl } from '../src/kit/load-sdl.ts';
import { createGatewaySubschema } from '../src/subschemas/gateway/index.ts';
import { createSage200, createSage200Subschema } from '../src/subschemas/sage200/index.ts';

const kind = process.argv[2];
const startedAt = performance.now();
const kept = kind === 'schema' ? build() : undefined;
const ms = performance.now() - startedAt;
// As V8 does by itself when a process has been idle for a while: what building left behind is given back.
globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
const rssMb = process.memoryUsage.rss() / 2 ** 20;
process.stdout.write(`${JSON.stringify({ rssMb, ms, types: kept && Object.keys(kept.getTypeMap()).length })}\n`);

function build() {
  const folder = new URL('../schema/', import.meta.url);
  const sage200 = createSage200({
    sdl: loadSdl(new URL('sage200/', folder)),
    product: 'professional',
    baseUrl: 'http://sage200.invalid',
    deadlineMs: 1_000,
    maxFilterTerms: 60,
    maxUrlBytes: 2_000,
    send: () => Promise.reject(new Error('Nothing is asked here.')),
  });
  const root = parse(readFileSync(new URL('root.graphql', folder), 'utf8') + callerKindsSdl(CALLER_KINDS));
  const gateway = createGatewaySubschema({ typeDefs: root, listConnections: async () => [] });
  return createOwnSchema(joinOwn([gateway, createSage200Subschema(sage200)]));
}
