import { type Dispatcher, Pool } from 'undici';
import type { Operation, UpstreamCall } from './operations.ts';
import type { Upstreams } from './upstreams.ts';

export interface UpstreamHeaders {
  readonly sage200: Readonly<Record<string, string>>;
  readonly erp: Readonly<Record<string, string>>;
}

/**
 * Makes an operation's upstream calls, the fewest that the APIs allow, by undici's dispatch. One wave's answers are read only
 * where the next wave needs them; bytes are passed back as they came, several as a JSON array, and joined where the operation joins them.
 */
export function createUpstreamCaller(upstreams: Pick<Upstreams, 'sage200' | 'erp'>) {
  const sage200 = new URL(upstreams.sage200);
  const erp = new URL(upstreams.erp);
  const pools = {
    sage200: new Pool(sage200.origin, { connections: 128 }),
    erp: new Pool(erp.origin, { connections: 128 }),
  };

  const call = (upstream: UpstreamCall, headers: UpstreamHeaders): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const handler = collect(resolve, reject);
      if (upstream.to === 'sage200') {
        const path = `${sage200.pathname}/${upstream.path}`;
        pools.sage200.dispatch({ method: 'GET', path, headers: headers.sage200 }, handler);
      } else {
        const { body } = upstream;
        pools.erp.dispatch({ method: 'POST', path: erp.pathname, headers: headers.erp, body }, handler);
      }
    });

  return async (operation: Operation, headers: UpstreamHeaders): Promise<Buffer> => {
    const bodies: Buffer[] = [];
    for (const [index, wave] of operation.upstream.entries()) {
      const before = index === 0 ? [] : bodies.map(parsed);
      bodies.push(...(await Promise.all(wave(before).map((each) => call(each, headers)))));
    }
    if (operation.join) return Buffer.from(JSON.stringify(operation.join(bodies.map(parsed))));
    return bodies.length === 1 && bodies[0] ? bodies[0] : joined(bodies);
  };
}

/** What the calls carry for those who keep no tokens. */
export const headersOf = ({ sage200Headers, erpHeaders }: Upstreams): UpstreamHeaders => ({
  sage200: sage200Headers,
  erp: { ...erpHeaders, 'content-type': 'application/json' },
});

const parsed = (body: Buffer): unknown => JSON.parse(body.toString());

function joined(parts: readonly Buffer[]): Buffer {
  const pieces = parts.flatMap((part, index) => [Buffer.from(index === 0 ? '[' : ','), part]);
  return Buffer.concat([...pieces, Buffer.from(']')]);
}

function collect(resolve: (body: Buffer) => void, reject: (error: Error) => void): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  return {
    onRequestStart() {},
    onResponseStart() {},
    onResponseData: (_controller, chunk) => void chunks.push(chunk),
    onResponseEnd: () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    onResponseError: (_controller, error) => reject(error),
  };
}
