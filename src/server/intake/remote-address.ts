/**
 * The address that a request comes from. Behind a proxy (`server.trustProxy`), it is the last entry of `X-Forwarded-For`,
 * which the proxy itself wrote. The client may have forged the earlier ones.
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
