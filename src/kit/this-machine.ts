/** The parts of a request that are checked. */
export interface ArrivedRequest {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Undefined if it is not known, such as for a connection that has ended. */
  readonly remoteAddress?: string | undefined;
}

/**
 * Headers that proxies, load balancers and content networks add; `*` is any end. A request with any of them, even an empty
 * one, comes from somewhere else, no matter from which address it arrives.
 */
export const PROXY_HEADERS: readonly string[] = [
  ...['forwarded', 'forwarded-*', 'x-forwarded', 'x-forwarded-*', 'via', 'x-original-*', 'x-scheme'],
  ...['real-ip', 'x-real-ip', 'client-ip', 'x-client-ip', 'true-client-ip', 'x-cluster-client-ip', 'proxy-client-ip'],
  ...['wl-proxy-client-ip', 'incap-client-ip', 'x-proxyuser-ip', 'x-remote-ip', 'x-remote-addr', 'do-connecting-ip'],
  ...['front-end-https', 'x-nginx-proxy', 'x-varnish', 'cdn-loop', 'cf-*', 'fastly-*', 'x-envoy-*', 'x-amzn-*'],
  ...['x-amz-cf-id', 'x-azure-*', 'x-appengine-*', 'x-arr-*', 'fly-*', 'x-vercel-*', 'x-nf-*', 'akamai-*'],
  ...['x-akamai-*', 'x-sucuri-*', 'ngrok-*', 'tailscale-*', 'x-goog-iap-*', 'x-auth-request-*'],
];

const PROXY_HEADER = new RegExp(`^(${PROXY_HEADERS.map((name) => name.replace('*', '.*')).join('|')})$`);

/** Whether a host name or address, without a port, means this machine only. */
export function isLoopbackHost(host: string): boolean {
  const bare = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^::ffff:/, '');
  return bare === 'localhost' || bare.endsWith('.localhost') || bare === '::1' || /^127(\.\d{1,3}){3}$/.test(bare);
}

/** Whether the headers of a request show that it came through a proxy. */
export function wasForwarded({ headers }: ArrivedRequest): boolean {
  for (const name in headers) if (headers[name] !== undefined && PROXY_HEADER.test(name)) return true;
  return false;
}

/** Whether the sender is on this machine: sent to a loopback name, from a loopback address, through no proxy. */
export function isFromThisMachine(request: ArrivedRequest): boolean {
  const { headers, remoteAddress } = request;
  const host = headers['host'];
  if (typeof host !== 'string' || !isLoopbackHost(host.replace(/:\d+$/, ''))) return false;
  return remoteAddress !== undefined && isLoopbackHost(remoteAddress) && !wasForwarded(request);
}

export interface ReachSettings {
  /** Where the gateway listens. */
  readonly host: string;
  /** Where clients reach it. */
  readonly publicUrl: string;
}

/**
 * Whether a request may do what only people at this machine may. Never true for a gateway that others can reach: a proxy
 * in front of a loopback address need not add a header, but publicUrl then says where people come from.
 */
export function createHereCheck({ host, publicUrl }: ReachSettings): (request: ArrivedRequest) => boolean {
  const isLocal = isLoopbackHost(host) && isLoopbackHost(new URL(publicUrl).hostname);
  return (request) => isLocal && isFromThisMachine(request);
}
