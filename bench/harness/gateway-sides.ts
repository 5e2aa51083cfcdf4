import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { request } from 'undici';
import { type Operation, operationOf, operations } from '../operations.ts';
import {
  type GatewaySettings,
  type GatewaySetUp,
  type StartedGateway,
  setUpGateway,
  startGatewayProcess,
  untilOk,
} from './gateway.ts';
import { type LoadRequest, post } from './load.ts';
import { firstLine } from './processes.ts';
import type { Side, SideParts } from './sides.ts';

type StartSide = (parts: SideParts) => Promise<Side>;

/** The gateway, asked in other ways or set up in another way: each beside `ours` in the same rounds shows what that costs. */
export const GATEWAY_SIDES = {
  ours: async (parts) => gatewaySide(...(await plainGateway(parts))),
  // In the process of `ours`, so that nothing differs but the requests.
  'ours-hash': asked('ours-hash', 'this gateway, by hash', ({ query }) => ({
    extensions: { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } },
  })),
  'ours-apollo': asked('ours-apollo', 'this gateway, as Apollo Client asks', ({ query }) => ({
    variables: {},
    extensions: { clientLibrary: { name: '@apollo/client', version: '4.3.8' } },
    query,
  })),
  'ours-traced-1': traced('ours-traced-1', 'this gateway, traces at 1 %', 0.01),
  'ours-traced-100': traced('ours-traced-100', 'this gateway, traces at 100 %', 1),
} satisfies Readonly<Record<string, StartSide>>;

/** A running gateway as one of those that are measured. */
export function gatewaySide({ authorizations, names }: GatewaySetUp, started: StartedGateway): Side {
  return {
    ...started,
    id: 'ours',
    title: 'this gateway',
    connections: names,
    // A hundred callers in turn: what one of them reads is never another's, so nothing can be shared.
    requestsOf: ({ query }) => authorizations.map((authorization) => post({ query }, { authorization })),
    readAnswer: (answer) => answer,
  };
}

function asked(id: string, title: string, bodyOf: (operation: Operation) => object): StartSide {
  return async (parts) => {
    const [setUp, started] = await plainGateway(parts);
    const requestsOf = (operation: Operation): readonly LoadRequest[] =>
      setUp.authorizations.map((authorization) => post(bodyOf(operation), { authorization }));
    return { ...gatewaySide(setUp, started), id, title, requestsOf };
  };
}

function traced(id: string, title: string, sampling: number): StartSide {
  return async (parts) => {
    const url = await firstLine(parts.processes.start(['bench/collector.ts']));
    const [setUp, started] = await startOne(
      { ...parts, folder: join(parts.folder, id) },
      { telemetry: { url, sampling } },
    );
    return { ...gatewaySide(setUp, started), id, title };
  };
}

const plain = new WeakMap<object, Map<string, Promise<[GatewaySetUp, StartedGateway]>>>();

/** One for all sides of a run that only ask it in different ways. */
function plainGateway(parts: SideParts): Promise<[GatewaySetUp, StartedGateway]> {
  const started = plain.get(parts.processes) ?? new Map<string, Promise<[GatewaySetUp, StartedGateway]>>();
  plain.set(parts.processes, started);
  const found = started.get(parts.folder) ?? startOne(parts, {});
  started.set(parts.folder, found);
  return found;
}

async function startOne(
  { processes, stub, folder, gatewayFlags }: SideParts,
  settings: GatewaySettings,
): Promise<[GatewaySetUp, StartedGateway]> {
  await mkdir(folder, { recursive: true });
  const documents = join(folder, 'documents.json');
  await writeFile(documents, JSON.stringify(Object.fromEntries(operations.map(({ id, query }) => [id, query]))));
  const setUp = await setUpGateway(stub, folder, { ...settings, documents: { files: [documents] } });
  const started = await startGatewayProcess(processes, setUp, gatewayFlags);
  // What a link asks is not known before the tenant's schema is.
  const { query } = operationOf('link');
  const [authorization = ''] = setUp.authorizations;
  await untilOk(() => request(started.origin, { ...post({ query }, { authorization }) }));
  return [setUp, started];
}
