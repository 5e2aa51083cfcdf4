import type { SandboxClock, SandboxRequest, SandboxResponse } from '../../sandbox-server.ts';
import type { ErpData } from '../../seed/index.ts';
import { Store } from '../data/store.ts';
import { createEndpoint, type Served } from '../endpoint.ts';
import type { ServedRelease } from '../model/build-release.ts';
import { Jobs } from '../operations/jobs.ts';
import type { ReadSwitches } from '../switches.ts';
import { buildX3 } from './build-x3.ts';
import { type ConnectedApplication, checkX3Request } from './check-token.ts';
import { loadX3Rows } from './load-x3-rows.ts';

/** Where X3 serves its GraphQL. Source: "Create a connected application". */
export const X3_PATH = '/xtrem/api';

export interface X3Options {
  readonly data: () => ErpData;
  readonly application: () => ConnectedApplication;
  readonly clock: () => SandboxClock;
  readonly switches: ReadSwitches;
}

/** A Sage X3 with one folder: on premises it answers at {@link X3_PATH}, and in the cloud it answers requests that already have access. */
export function createX3({ data, application, clock, switches }: X3Options) {
  let release: ServedRelease | undefined;
  const releaseOf = (): ServedRelease => (release ??= buildX3());
  const endpoint = createEndpoint({
    refusalOf: (_folder, request) =>
      request.path === X3_PATH ? checkX3Request(request, application(), clock().now()) : undefined,
    clock,
    switches,
    releaseOf,
  });
  const folder = createFolder(data, () => application().user);
  return (request: SandboxRequest): Promise<SandboxResponse> => endpoint(folder, request);
}

function createFolder(data: () => ErpData, user: () => string): Served {
  let filled: ReturnType<Served['records']> | undefined;
  return {
    jobs: new Jobs(),
    records({ model }) {
      if (filled) return filled;
      const store = new Store(model);
      filled = { store, user: loadX3Rows(store, data(), user()) };
      return filled;
    },
  };
}
