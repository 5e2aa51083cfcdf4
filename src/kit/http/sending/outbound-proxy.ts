import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type Socket } from 'node:net';
import { buildConnector, type Client } from 'undici';
import type { Secret } from '../../errors/index.ts';
import { isLoopbackHost } from '../../this-machine.ts';

export interface ProxySettings {
  /** `http://user:password@host:port`, or https. */
  readonly url: Secret;
  /** Hosts that are called directly: names with their subdomains, with or without a port, addresses, networks, or `*`. */
  readonly except: readonly string[];
}

/** The proxy refused a connection. */
export class ProxyFailure extends Error {
  override readonly name = 'ProxyFailure';
  readonly code: 'ERR_PROXY_UNREACHABLE' | 'ERR_PROXY_TIMEOUT' | 'ERR_PROXY_REFUSED' | 'ERR_PROXY_CREDENTIALS';

  constructor(code: ProxyFailure['code'], options?: ErrorOptions) {
    super(`the outbound proxy failed (${code})`, options);
    this.code = code;
  }
}

/**
 * Whether requests to an origin use the proxy. Requests to this machine never do.
 * @param origin as the URL class writes it
 */
export function usesProxy(origin: string, except: ProxySettings['except']): boolean {
  const { hostname, port, protocol } = new URL(origin);
  const host = hostname.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (isLoopbackHost(host)) return false;
  const usedPort = port || (protocol === 'https:' ? '443' : '80');
  return !except.some((entry) => isExcepted(entry, host, usedPort));
}

/** As curl and most other programs read NO_PROXY. */
function isExcepted(entry: string, host: string, port: string): boolean {
  const written = entry.trim().toLowerCase();
  if (written === '*') return true;
  if (written.includes('/')) return isInNetwork(written, host);
  const [, name = '', onlyPort] =
    /^\[?([^\]]*?)\]?(?::(\d+))?$/.exec(isIP(written) === 6 ? `[${written}]` : written) ?? [];
  if (name === '' || (onlyPort !== undefined && onlyPort !== port)) return false;
  const domain = name.replace(/^\*?\./, '');
  return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`));
}

/** @param network such as `10.0.0.0/8` */
function isInNetwork(network: string, host: string): boolean {
  const [, address = '', bits] = /^(.+)\/(\d{1,3})$/.exec(network) ?? [];
  const version = isIP(address);
  if (version === 0 || isIP(host) !== version || Number(bits) > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const found = new BlockList();
  found.addSubnet(address, Number(bits), family);
  return found.check(host, family);
}

/** Options of connections through the proxy. They use a tunnel for http too, so that the proxy sees nothing of a request. */
export function throughProxy(options: Client.Options, { url }: ProxySettings, timeoutMs: number): Client.Options {
  const given = typeof options.connect === 'object' ? options.connect : {};
  const connector = buildConnector({ ...given, timeout: timeoutMs });
  const connect: buildConnector.connector = (target, done) => {
    openTunnel(url, target, timeoutMs).then(
      (httpSocket) => {
        if (target.protocol !== 'https:') return done(null, httpSocket);
        return connector({ ...target, httpSocket }, done);
      },
      (failure: Error) => done(failure, null),
    );
  };
  return { ...options, connect };
}

type Target = Pick<buildConnector.Options, 'hostname' | 'port' | 'protocol'>;

/** Asks the proxy for a connection. The gateway's own timer limits the wait. @throws ProxyFailure */
function openTunnel(proxy: Secret, { hostname, port, protocol }: Target, timeoutMs: number): Promise<Socket> {
  const { protocol: proxyProtocol, hostname: proxyHost, port: proxyPort, username, password } = new URL(proxy.reveal());
  const authority = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
  const credentials = `${decoded(username)}:${decoded(password)}`;
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const send = proxyProtocol === 'https:' ? requestHttps : requestHttp;
  const asked = send({
    method: 'CONNECT',
    host: proxyHost.replace(/^\[(.*)\]$/, '$1'),
    port: proxyPort || (proxyProtocol === 'https:' ? 443 : 80),
    path: authority,
    agent: false,
    headers: {
      host: authority,
      ...(username !== '' && { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
  });
  const timer = setTimeout(() => {
    reject(new ProxyFailure('ERR_PROXY_TIMEOUT'));
    asked.destroy();
  }, timeoutMs);
  asked.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
    clearTimeout(timer);
    if (statusCode >= 200 && statusCode < 300) {
      // Nothing has been sent to the other side yet.
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
      return;
    }
    socket.destroy();
    reject(new ProxyFailure(statusCode === 407 ? 'ERR_PROXY_CREDENTIALS' : 'ERR_PROXY_REFUSED'));
  });
  asked.once('response', (answer) => {
    clearTimeout(timer);
    answer.destroy();
    reject(new ProxyFailure(answer.statusCode === 407 ? 'ERR_PROXY_CREDENTIALS' : 'ERR_PROXY_REFUSED'));
  });
  asked.once('error', (cause) => {
    clearTimeout(timer);
    reject(new ProxyFailure('ERR_PROXY_UNREACHABLE', { cause }));
  });
  asked.end();
  return promise;
}

/** A user name or password may also contain a percent sign that nobody has encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
