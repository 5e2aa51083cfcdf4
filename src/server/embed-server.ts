import { createFetch } from './answer-fetch.ts';
import { createHandler, createServerState, endOperations } from './create-handler.ts';
import type { RequestHandler } from './handle-request.ts';
import type { ServerOptions } from './server-options.ts';

export interface EmbeddedServer {
  readonly handle: RequestHandler;
  /** The same for a request of the Fetch API. */
  fetch(request: Request, peer: string | undefined): Promise<Response>;
  /** Lets operations finish within `shutdownTimeoutMs`, then ends them. Never rejects. */
  close(): Promise<void>;
}

/** Answers requests that another server has taken: it listens nowhere, and connections are that server's. */
export function embedServer(options: ServerOptions): EmbeddedServer {
  const state = createServerState(options);
  const handle = createHandler(options, state);
  return {
    handle,
    fetch: createFetch(handle),
    async close() {
      state.isReady = false;
      await endOperations(state, options);
    },
  };
}
