import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Config, loadConfig } from '../config/index.ts';
import { createLog } from '../kit/log/index.ts';
import { type Command, CommandFailure, parseOptions, UsageError } from './command.ts';
import { terminalCaller } from './terminal-caller.ts';
import { listenForStop } from './until-stopped.ts';

/** Where the browser is redirected if the registered URL is not on this machine. */
const DEFAULT_PORT = 4009;
const PATH = '/connect/sage200/callback';
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Signs in for a named connection from a terminal: prints a URL, waits for the browser to return to a port on this
 * machine, and stores the connection. The port is fixed, since Sage registers whole redirect URLs.
 */
export const connect: Command = async ({ args, env, stdout }) => {
  const { values, positionals } = parseOptions(args, { config: { type: 'string' }, port: { type: 'string' } }, [
    'NAME',
  ]);
  const [name = ''] = positionals;
  const path = values.config ?? env['GATEWAY_CONFIG'];
  if (!path) throw new UsageError('No vault to store the connection in. Use --config FILE, or set GATEWAY_CONFIG.');
  const config = loadConfig({ path, env });
  const redirectUri = redirectOf(config, values.port);
  const stop = listenForStop();
  const begun = await begin(config, name, redirectUri);
  try {
    const arrived = listen(redirectUri, begun.finish);
    await arrived.listening;
    stdout.write(`Open this URL in a browser on this machine and sign in to Sage:

  ${begun.url}

Sage sends the browser back to ${redirectUri}; that address must be registered with Sage. Waiting for ten minutes.\n`);
    const stopped = stop.asked.then(() => {
      throw new CommandFailure('Stopped; nothing was stored.');
    });
    await Promise.race([arrived.done, stopped]).finally(arrived.close);
    stdout.write(`Stored connection ${name}. Running gateways can use it now.\n`);
    return 0;
  } finally {
    await begun.close();
  }
};

/** The registered URL if it is on this machine, otherwise the default one on the given port. */
function redirectOf({ sage200 }: Config, port: string | undefined): string {
  if (!sage200?.clientId)
    throw new CommandFailure('Add the section sage200 with the clientId from Sage to the file first.');
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535))
    throw new UsageError('--port must be a number from 1 to 65535.');
  const registered = new URL(sage200.redirectUri);
  const isHere = registered.protocol === 'http:' && LOOPBACK.has(registered.hostname);
  if (port === undefined && isHere) return sage200.redirectUri;
  return `http://localhost:${port ?? DEFAULT_PORT}${PATH}`;
}

async function begin(config: Config, name: string, redirectUri: string) {
  const { sage200, sageId } = config;
  const { keyFile, ...settings } = config.vault;
  const tokens = await import('../tokens/index.ts');
  const { createHttp } = await import('../kit/http/index.ts');
  const http = createHttp();
  const application = tokens.createSageIdApplication({ sageId, sage200 }, http.send);
  if (!sage200 || !application) throw new CommandFailure('The section sage200 is missing.');
  const connection = tokens.parseConnectionName(name);
  if (tokens.isPersonalConnection(connection))
    throw new CommandFailure('Names that begin with person- belong to people who sign in with a browser.');
  const log = await createLog({ ...config.log, level: 'silent' });
  const vault = await tokens.openVault({ ...settings, makeKey: keyFile });
  const events = tokens.createConnectionEvents({ audit: vault.audit, log });
  const signIn = tokens.createSignIn({
    vault,
    ...application,
    refreshLifetimeMs: sage200.refreshLifetimeMs,
    log,
    onEvent: events.emit,
  });
  const begunBy = { id: terminalCaller(), admin: true };
  const { url, attempt } = await signIn.begin({ connection, returnTo: '/', redirectUri, begunBy });
  return {
    url,
    finish: (search: string) =>
      signIn.finish({
        search,
        redirectUri,
        // The terminal replaces the browser's cookie: the person who sees the URL there also uses the browser.
        attemptOf: () => attempt,
        mayConnect: () => true,
      }),
    async close() {
      await events.close();
      await http.close();
      await vault.close();
    },
  };
}

/** A small server for a single callback. */
function listen(redirectUri: string, finish: (search: string) => Promise<unknown>) {
  const { hostname, port, pathname } = new URL(redirectUri);
  const done = Promise.withResolvers<void>();
  const listening = Promise.withResolvers<void>();

  const visit = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = URL.parse(request.url ?? '', 'http://localhost');
    if (request.method !== 'GET' || url?.pathname !== pathname) return answer(response, 404, 'Not found.');
    try {
      await finish(url.search);
      answer(response, 200, 'Connected. You can close this page and return to the terminal.');
      done.resolve();
    } catch (error) {
      const { SignInFailure } = await import('../tokens/index.ts');
      const message = error instanceof SignInFailure ? error.message : 'The sign-in failed. The terminal says why.';
      answer(response, 400, message);
      // A callback with a wrong state is from somebody else or an old tab; the right one may still come.
      const isStranger = error instanceof SignInFailure && error.code === 'BAD_USER_INPUT';
      if (!isStranger) done.reject(error instanceof SignInFailure ? new CommandFailure(message) : error);
    }
  };

  const server = createServer((request, response) => void visit(request, response));
  server.once('error', (error) => {
    const advice =
      'If a gateway uses that port, sign in there: open /connect/sage200?connection=NAME. Or use --port with another registered port.';
    listening.reject(new CommandFailure(`Cannot listen on port ${port}. ${advice}`, { cause: error }));
  });
  server.listen(Number(port || 80), hostname.replace(/^\[(.*)\]$/, '$1'), () => listening.resolve());
  const timer = setTimeout(() => done.reject(new CommandFailure('Nobody signed in within ten minutes.')), 600_000);
  done.promise.catch(() => {});
  return {
    listening: listening.promise,
    done: done.promise,
    close() {
      clearTimeout(timer);
      server.close();
      server.closeIdleConnections();
    },
  };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    connection: 'close',
  });
  response.end(text);
}
