import { createFetch } from './answer-fetch.ts';
import { createAnswering } from './create-handler.ts';
import type { RequestHandler } from './handle-request.ts';
import type { ReplaceableServer, ServerOptions } from './server-options.ts';

export interface EmbeddedServer extends ReplaceableServer {
  readonly handle: RequestHandler;
  /** The same for a Fetch API request. */
  fetch(request: Request, peer: string | undefined): Promise<Response>;
  /** Lets operations finish within `shutdownTimeoutMs`, then ends them. Never rejects. */
  close(): Promise<void>;
}

/** Answers requests that another server has accepted. It does not listen, and the connections belong to that server. */
export function embedServer(options: ServerOptions): EmbeddedServer {
  const { state, handle, replace, end } = createAnswering(options);
  return {
    handle,
    fetch: createFetch(handle),
    replace,
    async close() {
      state.isReady = false;
      await end();
      state.isClosed = true;
    },
  };
}
