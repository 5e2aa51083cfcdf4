import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { isLoopbackHost } from '../this-machine.ts';

export interface MetricsListenerOptions {
  readonly host: string;
  /** 0 chooses a free one. */
  readonly port: number;
  /** Accepted host names with a dot, besides addresses and names of this machine. */
  readonly allowedHosts: readonly string[];
  readonly metrics: () => Promise<MetricsText>;
  /** As in `/readyz` of the gateway. */
  readonly ready: () => Promise<HealthAnswer>;
}

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

export interface HealthAnswer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
}

export interface MetricsListener {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Accepted methods, where another one was used. */
  readonly allow?: string;
}

const JSON_TYPE = 'application/json; charset=utf-8';

/**
 * `/metrics`, `/healthz` and `/readyz` on a separate port, without authentication: for a network that only its operator
 * uses.
 * @throws Error with a message for the operator if it cannot listen there
 */
export async function startMetricsListener(options: MetricsListenerOptions): Promise<MetricsListener> {
  const server = createServer((request, response) => {
    answerTo(request, options).then(
      (answer) => send(response, answer, request.method === 'HEAD'),
      () => send(response, problem(500, 'The metrics cannot be read just now.'), false),
    );
  });
  const { host, port } = options;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(new Error(whyNot(cause, host, port), { cause })));
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // a string or null only for pipes and closed servers
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answerTo(
  { method, url = '', headers }: IncomingMessage,
  options: MetricsListenerOptions,
): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD')
    return { ...problem(405, 'This listener only accepts GET and HEAD.'), allow: 'GET, HEAD' };
  if (!isKnownHost(headers.host ?? '', options.allowedHosts))
    return problem(
      403,
      'This listener does not accept the name in the Host header. Add that name to server.allowedHosts, or use an address.',
    );
  switch (url.split('?')[0]) {
    case '/metrics': {
      const { contentType, text } = await options.metrics();
      return { status: 200, contentType, body: text };
    }
    case '/healthz':
      return { status: 200, contentType: JSON_TYPE, body: JSON.stringify({ status: 'alive' }) };
    case '/readyz': {
      const { status, body } = await options.ready();
      return { status, contentType: JSON_TYPE, body };
    }
    default:
      return problem(404, 'There is nothing at this path. There is /metrics, /healthz, /readyz.');
  }
}

/**
 * Any web page can make a browser read from here under its own host name that resolves to this address (DNS rebinding). Such a
 * name has a dot; one without a dot belongs to the network of the listener.
 */
function isKnownHost(header: string, allowedHosts: readonly string[]): boolean {
  const name = header.toLowerCase().replace(/:\d{1,5}$/, '');
  const bare = name.replace(/^\[(.*)\]$/, '$1');
  if (isIP(bare) !== 0 || isLoopbackHost(bare)) return true;
  return (
    /^[a-z0-9_-]+$/.test(bare) || allowedHosts.some((host) => host.toLowerCase().replace(/:\d{1,5}$/, '') === name)
  );
}

const problem = (status: number, message: string): Answer => ({
  status,
  contentType: JSON_TYPE,
  body: JSON.stringify({ errors: [{ message }] }),
});

function send(response: ServerResponse, { status, contentType, body, allow }: Answer, withoutBody: boolean): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(allow !== undefined && { allow }),
  });
  response.end(withoutBody ? undefined : body);
}

function whyNot({ code }: NodeJS.ErrnoException, host: string, port: number): string {
  if (code === 'EADDRINUSE')
    return `Port ${port} on ${host} is in use by another program. Choose another in metrics.port of gateway.yaml.`;
  if (code === 'EACCES') return `This user may not listen on port ${port}. Choose one above 1023 in metrics.port.`;
  return `Metrics cannot be served on ${host}:${port}. Correct metrics.host and metrics.port in gateway.yaml.`;
}
