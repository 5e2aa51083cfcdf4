/**
 * Where a request comes from. Behind a proxy (`server.trustProxy`) that is the last entry of `X-Forwarded-For`:
 * the one the proxy itself wrote. Those before it are whatever the client liked to send.
 */
export function remoteAddress(
  socketAddress: string | undefined,
  forwardedFor: string | readonly string[] | undefined,
  trustProxy: boolean,
): string | undefined {
  if (!trustProxy || forwardedFor === undefined) return socketAddress;
  const list = typeof forwardedFor === 'string' ? forwardedFor : forwardedFor.join(',');
  return list.split(',').at(-1)?.trim() || socketAddress;
}
